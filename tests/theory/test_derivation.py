"""The condition that a layer keeps the variance, against papers and against a wide probe."""

import math

import numpy as np
import pytest

from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network, probe
from initviz.theory.derivation import derive


@pytest.mark.parametrize(
    ("activation", "initializer"),
    [("relu", "he_normal"), ("relu", "he_uniform"), ("linear", "glorot_uniform")],
)
def test_the_classical_matches_keep_both_variances(activation: str, initializer: str) -> None:
    found = derive(Network(activation=activation, initializer=initializer))
    assert found.forward == pytest.approx(1)
    assert found.backward == pytest.approx(1)
    assert found.given == pytest.approx(found.needed)


def test_tanh_needs_the_published_gains() -> None:
    # Forward and backward gains for tanh: 1.592537 and 1.467414.
    found = derive(Network(activation="tanh", width=256))
    assert math.sqrt(256 * found.needed) == pytest.approx(1.592537, abs=1e-6)
    assert math.sqrt(256 * found.needed_back) == pytest.approx(1.467414, abs=1e-6)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_one_layer_of_a_wide_network_does_what_is_said(activation: str) -> None:
    # An orthogonal first layer hands on inputs of variance 1 as they are.
    network = Network(depth=2, width=512, activation=activation, initializer="orthogonal")
    log10 = probe(network, Batch(size=512)).log10
    found = derive(network)
    ahead = log10["preact_ms"][1] - log10["preact_ms"][0]
    assert ahead == pytest.approx(np.log10(found.forward), abs=0.02)


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_weights_with_a_mean_are_told_apart(initializer: str) -> None:
    assert (derive(Network(initializer=initializer)).mean != 0) == (
        initializer in ("ones", "constant", "identity")
    )
