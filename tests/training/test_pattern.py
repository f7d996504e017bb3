"""What literature reports of initializers, found again on digits in small: medians of five seeds.

He et al. 2015, figures 2 and 3: He's weights train ReLU networks where Glorot's stall. Half the
width and half the batch of the full table, `python -m benchmarks training`, tell them apart too.
"""

import math

import numpy as np
import pytest

from initviz import Network
from initviz.statistics import Floats
from initviz.training import History, Training, train

SEEDS = 5
NOTHING = math.log(10)


def medians(networks: list[Network]) -> tuple[Floats, Floats]:
    """Return each network's final loss and test accuracy."""
    runs = [
        History.of(networks, training, train(networks, training))
        for training in (Training(batch_size=64, seed=seed) for seed in range(SEEDS))
    ]
    return (
        np.median([run.final_loss for run in runs], axis=0),
        np.median([run.test_accuracy for run in runs], axis=0),
    )


def starts(depth: int, activation: str, *initializers: str, gain: float = 1.0) -> list[Network]:
    return [
        Network(depth=depth, width=64, activation=activation, initializer=i, gain=gain)
        for i in initializers
    ]


def test_five_relu_layers_forgive_nearly_everything() -> None:
    loss, right = medians(starts(5, "relu", "he_normal", "glorot_uniform", "normal"))
    assert loss[:2].max() < 0.1
    assert right[:2].min() > 0.8
    assert loss[2] == pytest.approx(NOTHING, abs=0.02)
    assert right[2] < 0.2


def test_he_trains_22_relu_layers_glorot_stalls_and_twice_the_variance_diverges() -> None:
    twice = starts(22, "relu", "he_normal", gain=math.sqrt(2))
    loss, right = medians(starts(22, "relu", "he_normal", "glorot_uniform") + twice)
    assert (loss[0] < 0.6, loss[1] > 1.5) == (True, True)
    assert (right[0] > 0.7, right[1] < 0.4) == (True, True)
    assert math.isnan(loss[2])


def test_he_is_well_on_its_way_with_30_relu_layers_where_glorot_knows_nothing() -> None:
    loss, right = medians(starts(30, "relu", "he_normal", "glorot_uniform"))
    assert loss[0] < 2
    assert loss[1] == pytest.approx(NOTHING, abs=0.02)
    assert (right[0] > 0.3, right[1] < 0.2) == (True, True)


def test_30_tanh_layers_train_from_glorot_and_orthogonal_but_not_from_small_weights() -> None:
    loss, right = medians(starts(30, "tanh", "glorot_uniform", "orthogonal", "normal"))
    assert loss[:2].max() < 0.2
    assert right[:2].min() > 0.8
    assert loss[2] == pytest.approx(NOTHING, abs=0.02)


def test_nothing_trains_eight_sigmoid_layers() -> None:
    loss, _ = medians(starts(8, "sigmoid", "he_normal", "glorot_uniform", "orthogonal"))
    assert loss == pytest.approx([NOTHING] * 3, abs=0.05)
