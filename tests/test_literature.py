"""Figures of papers that a probe of seconds shows again."""

import numpy as np
import pytest

from initviz import Batch, Network, Signals, probe
from initviz.engine.statistics import Floats


def five_layers(initializer: str) -> Signals:
    """Return signals of Glorot and Bengio's networks, on Gaussian inputs instead of images."""
    network = Network(depth=5, width=1000, activation="tanh", initializer=initializer)
    return probe(network, Batch(size=256))


def stds(signals: Signals, column: str) -> Floats:
    return np.sqrt(signals.table[column].to_numpy())


@pytest.mark.parametrize(
    ("initializer", "expected"),
    [
        ("torch_default", [0.4603, 0.2495, 0.1412, 0.0810, 0.0467]),
        ("glorot_uniform", [0.6279, 0.4863, 0.4082, 0.3576, 0.3216]),
    ],
)
def test_activations_fade_in_layers_of_tanh(initializer: str, expected: list[float]) -> None:
    # Glorot and Bengio 2010, figure 6: U(±1/√n), which they call standard, and their own.
    assert stds(five_layers(initializer), "act_var") == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(
    ("initializer", "first_over_last", "flat"),
    [("torch_default", 0.083, 0.05), ("glorot_uniform", 0.41, 0.15)],
)
def test_gradients_fade_while_those_of_weights_do_not(
    initializer: str, first_over_last: float, flat: float
) -> None:
    # Glorot and Bengio 2010, figures 7 and 8, and their equation 14.
    signals = five_layers(initializer)
    gradients, weights = stds(signals, "grad_preact_var"), stds(signals, "grad_weight_var")
    assert gradients[0] / gradients[-1] == pytest.approx(first_over_last, rel=0.1)
    assert weights / weights.mean() == pytest.approx(1, abs=flat)
