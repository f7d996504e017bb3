"""What literature reports of initializers, found again on digits in small, over five seeds.

Thresholds come from other seeds than those that are tried here. The full table:
`python -m benchmarks training`.
"""

import math

import numpy as np
import pytest

from initviz import Network
from initviz.engine.statistics import Floats
from initviz.theory.meanfield import phase
from initviz.training import History, Training, train

SEEDS = 5
NOTHING = math.log(10)


def runs(networks: list[Network], seeds: int = SEEDS, **changes: float) -> list[History]:
    return [
        History.of(networks, training, train(networks, training))
        for training in (Training(seed=seed, **changes) for seed in range(seeds))
    ]


def medians(networks: list[Network], steps: int = 300) -> tuple[Floats, Floats]:
    """Return each network's final loss and test accuracy."""
    found = runs(networks, batch_size=64, steps=steps)
    return (
        np.median([run.final_loss for run in found], axis=0),
        np.median([run.test_accuracy for run in found], axis=0),
    )


def starts(depth: int, activation: str, *initializers: str, width: int = 64) -> list[Network]:
    network = Network(depth=depth, width=width, activation=activation)
    return [network.replace(initializer=initializer) for initializer in initializers]


def test_five_relu_layers_forgive_nearly_everything() -> None:
    loss, right = medians(starts(5, "relu", "he_normal", "glorot_uniform", "normal"))
    assert loss[:2].max() < 0.1
    assert right[:2].min() > 0.8
    assert loss[2] == pytest.approx(NOTHING, abs=0.02)
    assert right[2] < 0.2


@pytest.mark.parametrize("depth", [22, 30])
def test_he_trains_relu_layers_where_glorot_stalls(depth: int) -> None:
    # He et al. 2015, figures 2 and 3. Narrower networks blur it: variances then wander more.
    # He's loss falls below 1.5 in 18 to 68 steps; how far it gets depends on how sums round.
    he, glorot = starts(depth, "relu", "he_normal", "glorot_uniform", width=128)
    for seed in range(SEEDS):
        # What follows its first success is not asked for.
        assert any(step.loss[0] < 1.5 for step in train([he], Training(seed=seed, steps=150)))
    for run in runs([glorot], steps=150):
        assert not (run.loss < 1.5).any()
        assert run.final_loss[0] > 1.8


@pytest.mark.parametrize("depth", [22, 30])
def test_twice_the_variance_diverges(depth: int) -> None:
    [network] = starts(depth, "relu", "he_normal", width=128)
    for run in runs([network.replace(gain=math.sqrt(2))], steps=5):
        assert run.first_nonfinite_step[0] in range(2, 5)


def test_30_tanh_layers_train_from_glorot_and_orthogonal_but_not_from_small_weights() -> None:
    loss, right = medians(starts(30, "tanh", "glorot_uniform", "orthogonal", "normal"), steps=150)
    assert loss[:2].max() < 0.2
    assert right[:2].min() > 0.8
    assert loss[2] == pytest.approx(NOTHING, abs=0.02)


def test_nothing_trains_eight_sigmoid_layers() -> None:
    loss, _ = medians(starts(8, "sigmoid", "he_normal", "glorot_uniform", "orthogonal"), 150)
    assert loss == pytest.approx([NOTHING] * 3, abs=0.05)


@pytest.mark.parametrize(("weight_var", "trains", "does_not"), [(1.2, 15, 75), (3.0, 20, 90)])
def test_tanh_trains_to_some_correlation_depths_and_not_to_many(
    weight_var: float, trains: int, does_not: int
) -> None:
    # Schoenholz et al. 2017, figure 5; the whole of it: `python -m benchmarks frontier`.
    depth_c = phase("tanh", weight_var, 0.05).depth_c
    assert depth_c is not None
    assert (trains / depth_c < 3, does_not / depth_c > 8.5) == (True, True)
    near, far = (
        Network(
            depth=depth,
            activation="tanh",
            initializer="lecun_normal",
            gain=math.sqrt(weight_var),
            bias_std=math.sqrt(0.05),
        )
        for depth in (trains, does_not)
    )
    training = {"steps": 100, "learning_rate": 3e-3}
    assert min(run.test_accuracy[0] for run in runs([near], 2, **training)) > 0.6
    assert max(run.test_accuracy[0] for run in runs([far], 2, **training)) < 0.35
