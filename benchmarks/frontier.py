"""How deep a tanh network trains, beside six correlation depths of theory.

Schoenholz, Gilmer, Ganguli and Sohl-Dickstein 2017, arXiv:1611.01232, figure 5, in small.
"""

import math

import numpy as np
import torch

from benchmarks.report import Row
from initviz import Network
from initviz.engine.statistics import Floats
from initviz.theory.meanfield import TRAINABLE, phase
from initviz.training import History, Training, train

WEIGHT_VARS = (1.2, 1.3, 1.4, 1.6, 1.76, 2.0, 2.25, 2.5, 3.0)
BIAS_VAR = 0.05
DEPTHS = (5, 10, 15, 20, 30, 40, 55, 75, 100)
# The paper's learning rate: at three times as much, it is the steps that end what is deep.
TRAINING = Training(steps=200, learning_rate=1e-3)
SEEDS = 3
# Halfway between guessing, a tenth, and what every network reaches that trains, nine tenths.
TRAINED = 0.5
_AT_ONCE = 5


def run() -> list[Row]:
    """Return one row a weight variance: accuracies by depth, and both frontiers."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    reached = accuracies()
    torch.set_num_threads(before)
    return [_row(variance, reached[:, place]) for place, variance in enumerate(WEIGHT_VARS)]


def accuracies(seeds: int = SEEDS) -> Floats:
    """Return the median test accuracy of each depth and weight variance."""
    return np.array(
        [[x for part in _parts() for x in _median(depth, part, seeds)] for depth in DEPTHS]
    )


def _parts() -> list[tuple[float, ...]]:
    return [WEIGHT_VARS[i : i + _AT_ONCE] for i in range(0, len(WEIGHT_VARS), _AT_ONCE)]


def _median(depth: int, variances: tuple[float, ...], seeds: int) -> list[float]:
    networks = [
        Network(
            depth=depth,
            activation="tanh",
            initializer="lecun_normal",
            gain=math.sqrt(variance),
            bias_std=math.sqrt(BIAS_VAR),
        )
        for variance in variances
    ]
    runs = [
        History.of(networks, training, train(networks, training)).test_accuracy
        for training in (TRAINING.replace(seed=seed) for seed in range(seeds))
    ]
    medians: list[float] = np.median(runs, axis=0).tolist()
    return medians


def frontier(reached: Floats) -> float:
    """Return the depth at which accuracy, (depths,), first falls below `TRAINED`, on a log scale.

    Infinite where it never does: the frontier lies deeper than was looked.
    """
    below = np.flatnonzero(reached < TRAINED)
    if not len(below):
        return math.inf
    first = int(below[0])
    if first == 0:
        return float(DEPTHS[0])
    share = (reached[first - 1] - TRAINED) / (reached[first - 1] - reached[first])
    return float(DEPTHS[first - 1] * (DEPTHS[first] / DEPTHS[first - 1]) ** share)


def _row(variance: float, reached: Floats) -> Row:
    depth_c = phase("tanh", variance, BIAS_VAR).depth_c
    theory = math.inf if depth_c is None else TRAINABLE * depth_c
    found = frontier(reached)
    return {
        "σ_w²": variance,
        **{f"depth {d}": float(a) for d, a in zip(DEPTHS, reached, strict=True)},
        "trains to depth": found if math.isfinite(found) else None,
        "6 ξ": theory if math.isfinite(theory) else None,
        "ours ÷ 6 ξ": found / theory if math.isfinite(found) and math.isfinite(theory) else None,
    }
