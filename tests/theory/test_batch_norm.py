"""Batch normalization at a finite batch, against simulated units and whole networks."""

import math

import numpy as np
import pytest

from initviz import ACTIVATIONS, Batch, Network, predict, probe
from initviz.theory.batch_norm import normalized

UNITS = 200_000


@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "softplus"])
@pytest.mark.parametrize("batch", [4, 5, 8, 32])
def test_the_averages_are_those_of_simulated_units(activation: str, batch: int) -> None:
    source, record = np.random.default_rng(batch), ACTIVATIONS[activation]
    z = source.standard_normal((UNITS, batch))
    z -= z.mean(axis=1, keepdims=True)
    x = z / z.std(axis=1, keepdims=True)
    h, slope = record.at(x), record.slope_at(x)
    found = normalized(activation, batch)
    assert h.mean() == pytest.approx(found.mean, abs=0.005)
    assert np.mean(h**2) == pytest.approx(found.square, rel=0.01)
    assert np.mean(h[:, 0] ** 2 - h[:, 0] * h[:, 1]) == pytest.approx(found.unshared, rel=0.02)
    gradient = source.standard_normal((UNITS, batch))
    for given, expected in ((gradient, found.last), (_centred(gradient), found.inner)):
        passed = _centred(given * slope)
        passed -= x * np.mean(x * passed, axis=1, keepdims=True)
        growth = np.mean(passed**2) / np.mean(given**2) * batch / (batch - 3)
        assert growth == pytest.approx(expected, rel=0.02)


def _centred(values: np.ndarray) -> np.ndarray:
    return values - values.mean(axis=1, keepdims=True)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("size", [8, 16, 32, 128])
def test_a_layer_multiplies_the_gradient_as_predicted(activation: str, size: int) -> None:
    network = Network(depth=10, width=128, activation=activation, normalization="batch")
    off = []
    for seed in range(3):
        batch = Batch(size=size, seed=seed)
        measured = probe(network, batch).log10["grad_preact_var"]
        expected = np.log10(predict(network, batch)["grad_preact_var"].to_numpy())
        off.append((measured[0] - measured[-1] - expected[0] + expected[-1]) / 9)
    assert np.mean(off) == pytest.approx(0, abs=math.log10(1.15))


@pytest.mark.parametrize(("size", "factor"), [(8, 1.79), (16, 1.58), (128, 1.48)])
def test_small_batches_cost_more_a_layer(size: int, factor: float) -> None:
    network = Network(depth=6, activation="relu", normalization="batch")
    found = predict(network, Batch(size=size))["grad_preact_var"].to_numpy()
    assert found[1] / found[2] == pytest.approx(factor, rel=0.01)


@pytest.mark.parametrize("size", [2, 3])
def test_where_gradients_have_no_average_it_says_so(size: int) -> None:
    table = predict(Network(normalization="batch"), Batch(size=size))
    assert "have no average" in table.attrs["reasons"]["grad_preact_var"]
    assert table["grad_preact_var"].isna().all()
    measured = probe(Network(normalization="batch", width=512), Batch(size=size)).table["act_var"]
    assert table["act_var"].to_numpy() == pytest.approx(measured.to_numpy(), rel=0.15)
