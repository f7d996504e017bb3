"""A sweep is the probes that it stands for, around the gain that theory calls critical."""

import math

import numpy as np
import pytest

from initviz import Batch, Network, probe
from initviz.experiments.sweep import COLUMNS, SETTINGS, gain_range, sweep
from initviz.theory.meanfield import phase


def test_a_sweep_is_probes_with_the_same_noise() -> None:
    network, batch = Network(depth=6, width=32, activation="tanh"), Batch(size=32, seed=3)
    gains = gain_range(network).gains()
    found = sweep(network, batch)
    assert found.shape == (len(COLUMNS), SETTINGS, 6)
    for i in (0, 17, SETTINGS - 1):
        table = probe(network.replace(gain=float(gains[i])), batch).table
        for column, curves in zip(COLUMNS, found, strict=True):
            np.testing.assert_allclose(10 ** curves[i], table[column], rtol=1e-6)


def test_the_networks_own_gain_does_not_matter() -> None:
    network, batch = Network(depth=4, width=16, activation="erf"), Batch(size=8)
    np.testing.assert_array_equal(sweep(network, batch), sweep(network.replace(gain=7.0), batch))


@pytest.mark.parametrize(
    ("network", "critical"),
    [
        (Network(), 1.0),
        (Network(initializer="glorot_uniform"), math.sqrt(2)),
        (Network(initializer="normal", scale=0.05), math.sqrt(2 / 128) / 0.05),
        (Network(activation="tanh", initializer="glorot_normal"), 1.0),
        (Network(activation="tanh", initializer="glorot_normal", bias_std=0.05**0.5), 1.327010),
    ],
)
def test_the_critical_gain_stands_in_the_middle(network: Network, critical: float) -> None:
    found = gain_range(network)
    assert found.critical == pytest.approx(critical, rel=1e-5)
    assert found.low * found.high == pytest.approx(critical**2, rel=1e-5)


def test_the_critical_gain_keeps_the_gradient() -> None:
    found = gain_range(Network(activation="softsign", initializer="lecun_normal", bias_std=0.3))
    assert phase("softsign", found.critical**2, 0.09).chi_1 == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    "network",
    [
        Network(activation="softplus"),
        Network(initializer="zeros"),
        Network(bias_std=1e200),
        Network(activation="tanh", normalization="layer"),
        Network(activation="tanh", bias_mean=0.8),
        Network(initializer="normal", scale=1e200),
    ],
)
def test_without_a_critical_gain_one_is_the_middle(network: Network) -> None:
    found = gain_range(network)
    assert found.critical is None
    assert found.low * found.high == pytest.approx(1)


def test_biases_do_not_move_the_critical_gain_of_relu() -> None:
    assert gain_range(Network(bias_std=0.1, gain=0.0)).critical == pytest.approx(1)


@pytest.mark.parametrize("scale", [1e-12, 1e-3, 0.01, 9.5, 1e6])
@pytest.mark.parametrize("depth", [1, 8, 200])
def test_every_gain_of_a_sweep_is_allowed_and_another(scale: float, depth: int) -> None:
    network = Network(depth=depth, width=8, activation="tanh", initializer="normal", scale=scale)
    gains = gain_range(network).gains()
    assert (np.diff(gains) > 0).all()
    for gain in gains.tolist():
        network.replace(gain=gain)


def test_deep_networks_are_swept_in_small_steps() -> None:
    shallow, deep = (gain_range(Network(depth=depth)) for depth in (5, 200))
    assert deep.high / deep.low < 1.4 < shallow.high / shallow.low


@pytest.mark.parametrize(
    ("network", "batch"),
    [
        (Network(depth=200, width=2048), Batch()),
        (Network(depth=200, width=64, normalization="layer"), Batch()),
        (Network(depth=200, width=16), Batch(size=1024, dtype="bfloat16")),
    ],
)
def test_too_much_work_is_refused_with_numbers(network: Network, batch: Batch) -> None:
    with pytest.raises(
        ValueError,
        match=r"would take about \d+ seconds for a sweep of 40 gains; the most is 8 seconds",
    ):
        sweep(network, batch)
