"""Batch normalization takes the gain out of the gradient, and leaves it in that of the weights."""

import numpy as np
import pytest

from initviz import Batch, Network, probe
from initviz.experiments.normalization import (
    ACTIVATIONS,
    DEPTHS,
    GAINS,
    NORMALIZATIONS,
    WIDTH,
    swept,
)
from initviz.training import History, Training, train
from initviz.verdict.thresholds import DECADES


def test_a_gain_of_one_is_among_them() -> None:
    assert GAINS[len(GAINS) // 2] == pytest.approx(1)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_gain_does_not_matter_with_normalization(activation: str) -> None:
    found = swept(activation, "glorot_uniform", 10)
    without, normalized = found.drift
    assert np.ptp(normalized) < 0.2
    assert np.ptp(without) > 10
    assert set(found.verdicts[1]) == {"stable"}
    assert {"vanishing", "exploding"} & set(found.verdicts[0])


def test_without_it_every_layer_of_relus_multiplies_by_the_gain_squared() -> None:
    drift = swept("relu", "glorot_uniform", 10).drift[0]
    np.testing.assert_allclose(np.diff(drift), 2 * 9 * np.diff(np.log10(GAINS)), rtol=1e-4)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_weights_gradient_falls_as_one_over_the_gain(activation: str) -> None:
    first = swept(activation, "glorot_uniform", 10).weight_gradient[1, :, 0]
    np.testing.assert_allclose(np.diff(first), -2 * np.diff(np.log10(GAINS)), atol=0.05)


def test_deep_relus_with_normalization_come_near_yangs_factor() -> None:
    found = swept("relu", "he_normal", 20).gradient[1, len(GAINS) // 2]
    # Of the layers in between, width and batch being far from infinite.
    factor = 10 ** ((found[1] - found[-1]) / (len(found) - 2))
    assert factor == pytest.approx(np.pi / (np.pi - 1), rel=0.1)


def test_numbers_are_the_probes() -> None:
    found = swept("tanh", "normal", 10)
    network = Network(
        depth=10, width=WIDTH, activation="tanh", initializer="normal", gain=float(GAINS[3])
    )
    for row, normalization in enumerate(("none", "batch")):
        signals = probe(network.replace(normalization=normalization), Batch(size=64))
        np.testing.assert_array_equal(found.gradient[row, 3], signals.log10["grad_preact_var"])
        assert found.verdicts[row][3] == signals.diagnosis.verdict


@pytest.mark.parametrize("depth", DEPTHS[:2])
def test_verdict_drift_and_threshold_are_one_definition(depth: int) -> None:
    found = swept("relu", "he_normal", depth)
    for row, normalization in enumerate(NORMALIZATIONS):
        for at in (4, 8, 9, 12):
            verdict = found.verdicts[row][at]
            assert (verdict == "stable") == (abs(found.drift[row, at]) <= DECADES)
            network = Network(depth=depth, width=WIDTH, gain=float(GAINS[at]))
            signals = probe(network.replace(normalization=normalization), Batch(size=64))
            assert verdict == signals.diagnosis.verdict


def test_around_the_limit_normalized_networks_still_learn_and_the_others_need_their_gain() -> None:
    gains = (0.1, 0.5, 1.0, 2.0)

    def learned(normalization: str) -> list[bool]:
        network = Network(depth=20, width=WIDTH, normalization=normalization)
        networks, training = [network.replace(gain=gain) for gain in gains], Training(steps=150)
        # What follows once a network has learned, relapses included, depends on how sums round.
        run = History.of(networks, training, train(networks, training))
        return (run.loss < 1.5).any(axis=0).tolist()

    assert swept("relu", "he_normal", 20).verdicts[1][8] == "exploding"
    assert learned("batch") == [True, True, True, True]
    assert learned("none") == [False, False, True, False]
