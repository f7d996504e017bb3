"""Units that begin as copies stay copies, and the measure of it is not blind."""

import numpy as np
import pytest
import torch

from initviz import Network
from initviz.engine.statistics import Floats, projections
from initviz.engine.statistics import distinct as different
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


@pytest.mark.parametrize("normalization", ["none", "batch"])
@pytest.mark.parametrize("width", [17, 33])
def test_gradient_descent_keeps_copies_where_products_round_by_place(
    width: int, normalization: str
) -> None:
    network = Network(
        depth=3, width=width, activation="tanh", initializer="constant", scale=0.01,
        normalization=normalization,
    )  # fmt: skip
    np.testing.assert_allclose(distinct(network), 1 / width)


def test_copies_beside_others_are_trained_as_alone() -> None:
    network = Network(depth=3, width=17, activation="tanh", initializer="constant", scale=0.05)
    random = network.replace(initializer="glorot_uniform", scale=None)
    steps = list(train([random, network, random], TRAINING, distinct=True))
    found = np.array([s.layers.distinct_fraction for s in steps if s.layers is not None])
    np.testing.assert_allclose(found[:, 1], 1 / 17)
    assert found[:, [0, 2]].min() == 1
    expected = [s.loss[0] for s in train([random], TRAINING)]
    np.testing.assert_allclose([s.loss[0] for s in steps], expected, rtol=1e-10)


def test_a_projection_that_is_small_by_chance_tells_no_copies_apart() -> None:
    # Both projections nearly cancel over this batch, and their rounding stays.
    across = projections(torch.eye(20, dtype=torch.float64)[None])[0]
    values = torch.randn(20, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    values -= torch.linalg.pinv(across) @ (across @ values)
    copies = values[:, None] * torch.ones(10, dtype=torch.float64)
    copies[3, 7] *= 1 + 1e-15
    assert different(copies[None])[0] == 0.1
    copies[3, 7] *= 1 + 1e-11
    assert different(copies[None])[0] == 0.2


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
    network = Network(depth=3, width=17, activation="tanh", initializer="constant", scale=0.01)
    assert distinct(network).min() > 0.9


def test_symmetric_networks_do_learn_the_little_that_one_unit_can() -> None:
    network = Network(depth=2, width=24, initializer="constant", scale=0.05, activation="tanh")
    steps = list(train([network], TRAINING))
    assert steps[-1].loss[0] < steps[0].loss[0] - 0.1
