"""Units that begin as copies stay copies, and the measure of it is not blind."""

import numpy as np
import pytest
import torch

from initviz import Network
from initviz.statistics import Floats
from initviz.training import Training, train
from initviz.training import parameters as drawing

TRAINING = Training(steps=60, dtype="float64", learning_rate=0.05)
COPIES = [("zeros", None), ("constant", 0.01), ("constant", 0.05), ("ones", None)]


def distinct(network: Network, training: Training = TRAINING) -> Floats:
    """Return the share of different units, (steps, depth)."""
    steps = train([network], training, distinct=True)
    return np.array([s.layers.distinct_fraction[0] for s in steps if s.layers is not None])


@pytest.mark.parametrize("depth", [2, 5])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize(("initializer", "scale"), COPIES)
def test_copies_stay_copies(initializer: str, scale: float, activation: str, depth: int) -> None:
    gain = 0.03 if initializer == "ones" else 1.0
    network = Network(
        depth=depth, width=24, activation=activation, initializer=initializer, scale=scale,
        gain=gain,
    )  # fmt: skip
    found = distinct(network)
    assert found.shape == (TRAINING.steps, depth)
    np.testing.assert_allclose(found, 1 / 24)


def test_random_weights_are_all_different() -> None:
    assert distinct(Network(depth=5, width=24, activation="tanh")).min() == 1


@pytest.mark.parametrize("size", [1e-6, 1e-9])
def test_the_smallest_noise_tells_them_apart(monkeypatch, size: float) -> None:
    exact = drawing.drawn

    def noisy(*args: object) -> drawing.Parameters:
        made = exact(*args)
        noise = torch.randn(made.flat.shape, generator=torch.Generator().manual_seed(0))
        made.flat.add_(noise.double(), alpha=size)
        return made

    monkeypatch.setattr("initviz.training.run.drawn", noisy)
    network = Network(depth=3, width=24, activation="tanh", initializer="constant", scale=0.01)
    assert distinct(network).min() > 0.9


def test_symmetric_networks_do_learn_the_little_that_one_unit_can() -> None:
    network = Network(depth=2, width=24, initializer="constant", scale=0.05, activation="tanh")
    steps = list(train([network], TRAINING))
    assert steps[-1].loss[0] < steps[0].loss[0] - 0.1
