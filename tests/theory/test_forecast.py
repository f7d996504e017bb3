"""Predictions against probes of wide networks."""

import math

import numpy as np
import pytest

from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network, predict, probe
from initviz.engine.measurement import SIZES
from initviz.theory.forecast import COLUMNS, forecast

DRAWN = [
    name for name, record in INITIALIZERS.items()
    if record.noise.mean(8, 8) == 0 and record.noise.variance(8, 8) > 0
]  # fmt: skip


def compare(network: Network, batch: Batch, tolerance: float) -> None:
    """Compare a prediction with the mean logarithm over a few draws, in decades."""
    seeds = [batch.replace(seed=seed) for seed in range(3)]
    logs = [probe(network, b).log10 for b in seeds]
    found = [forecast(network, b).log10 for b in seeds]
    for column in found[0]:
        off = np.mean([f[column] - m[column] for f, m in zip(found, logs, strict=True)], axis=0)
        assert np.abs(off).max() < tolerance, (column, off)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("bias", [{}, {"bias_std": 0.2}, {"bias_mean": 0.5, "bias_std": 0.1}])
def test_wide_networks_do_what_is_predicted(activation: str, bias: dict[str, float]) -> None:
    network = Network(depth=5, width=512, activation=activation, initializer="lecun_normal", **bias)
    compare(network, Batch(size=64), 0.1)


@pytest.mark.parametrize("initializer", DRAWN)
@pytest.mark.parametrize("inputs", ["normal", "uniform", "digits"])
def test_every_random_initializer_is_predicted(initializer: str, inputs: str) -> None:
    network = Network(depth=4, width=384, activation="tanh", initializer=initializer)
    compare(network, Batch(size=64, inputs=inputs), 0.12)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("normalization", ["layer", "rms"])
def test_normalized_networks_are_predicted(activation: str, normalization: str) -> None:
    network = Network(
        depth=4, width=512, activation=activation, normalization=normalization, bias_mean=0.3
    )
    compare(network, Batch(size=64), 0.12)


@pytest.mark.parametrize(
    ("activation", "growth"), [("relu", math.pi / (math.pi - 1)), ("tanh", 1.1778)]
)
def test_batch_normalization_grows_the_gradient_as_known(activation: str, growth: float) -> None:
    # Yang et al. 2019, arXiv:1902.08129.
    network = Network(depth=8, width=64, activation=activation, normalization="batch")
    variances = predict(network, Batch(size=4096))["grad_preact_var"]
    factors = variances[:-1].to_numpy() / variances[1:].to_numpy()
    assert factors[1:-1] == pytest.approx(growth, rel=1e-3)
    compare(Network(**{**network.model_dump(), "width": 512, "depth": 4}), Batch(size=512), 0.08)


@pytest.mark.parametrize("inputs", ["normal", "digits"])
def test_cross_entropy_starts_where_predicted(inputs: str) -> None:
    network = Network(depth=4, width=512)
    compare(network, Batch(size=256, inputs=inputs, loss="cross_entropy"), 0.12)


def test_the_table_has_a_probes_rows_and_names() -> None:
    table = predict(Network(depth=7), Batch())
    measured = probe(Network(depth=7), Batch()).table
    assert list(table["layer"]) == list(measured["layer"])
    assert set(table.columns) <= set(measured.columns)
    assert set(SIZES) <= set(table.columns)
    assert table.attrs["reasons"] == {}
    assert not table.isna().any().any()


@pytest.mark.parametrize("initializer", sorted(INITIALIZERS.keys() - set(DRAWN)))
def test_without_randomness_it_says_so(initializer: str) -> None:
    table = predict(Network(initializer=initializer), Batch())
    assert table[list(COLUMNS)].isna().all().all()
    assert set(table.attrs["reasons"]) == set(COLUMNS)


@pytest.mark.parametrize("change", [{"bias_mean": 1e300}, {"bias_std": 1e200}, {"bias_mean": -1e4}])
def test_biases_beyond_the_tables_are_refused_with_a_reason(change: dict[str, float]) -> None:
    assert "1000" in predict(Network(**change), Batch()).attrs["reasons"]["act_var"]


@pytest.mark.parametrize("change", [{"bias_mean": 1000.0}, {"bias_std": 1000.0}])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_large_biases_are_predicted(change: dict[str, float], activation: str) -> None:
    network = Network(depth=3, width=256, activation=activation, **change)
    measured, found = probe(network, Batch(size=32)).log10, forecast(network, Batch(size=32)).log10
    for column in ("preact_ms", "act_ms"):
        assert found[column] == pytest.approx(measured[column], abs=0.2), column


@pytest.mark.parametrize("change", [{"gain": 0.0}, {"initializer": "normal", "scale": 0.0}])
def test_nothing_times_randomness_is_nothing(change: dict[str, object]) -> None:
    assert set(predict(Network(**change), Batch()).attrs["reasons"]) == set(COLUMNS)


@pytest.mark.parametrize("gain", [0.02, 100.0])
@pytest.mark.parametrize("activation", ["relu", "tanh", "gelu", "softplus"])
def test_deep_predictions_stay_finite_where_floats_end(gain: float, activation: str) -> None:
    if (activation, gain) == ("tanh", 100.0):
        # Hardly a unit is off its limits, so that averages say nothing about a draw.
        gain = 3.0
    network = Network(depth=200, width=64, activation=activation, gain=gain)
    found = forecast(network, Batch(size=8))
    measured = probe(network, Batch(size=8)).log10
    for column, values in found.log10.items():
        assert np.isfinite(values).all(), column
        off = np.abs(values - measured[column])
        assert off.max() < 0.15 * np.abs(measured[column]).max() + 2, column
