"""Exported dense networks are run in Keras and Flax, where those are installed."""

import math

import numpy as np
import pytest
import torch

from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network
from initviz.catalog.initializers import NORMAL
from initviz.export import network
from initviz.setting.network import NORMALIZATIONS
from initviz.setting.network import build as build_ours
from tests.export.cases import run
from tests.libraries import exported

# Keras's own arrays do not know NumPy 2's protocol.
pytestmark = pytest.mark.filterwarnings("default", "ignore:__array__ impl:DeprecationWarning")
EXPORTS = {"keras": network.keras, "flax": network.flax}


@pytest.fixture(params=EXPORTS)
def framework(request: pytest.FixtureRequest) -> str:
    pytest.importorskip(request.param)
    return str(request.param)


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_weights_and_biases_have_the_same_statistics(initializer: str, framework: str) -> None:
    network = Network(depth=2, width=96, initializer=initializer, gain=1.5, bias_mean=0.2,
                      bias_std=0.1)  # fmt: skip
    scope = run(EXPORTS[framework](network, Batch(inputs="digits")))
    for name, values in exported.parameters(exported.build(scope, framework), framework).items():
        if name.endswith("bias"):
            assert values.mean() == pytest.approx(0.2, abs=5 * 0.1 / math.sqrt(96))
            assert values.std() == pytest.approx(0.1, rel=5 * math.sqrt(1 / 2 / 96))
        else:
            expected = INITIALIZERS[initializer].variance(*values.shape[::-1], gain=1.5)
            tolerance = 5 * math.sqrt(2 / values.size)
            assert values.var() == pytest.approx(expected, rel=tolerance, abs=1e-12)
            if INITIALIZERS[initializer].noise is NORMAL:
                # Cut at two of its own deviations and rescaled, as HeNormal is, it ends at 2.274.
                assert np.abs(values).max() > 2.5 * math.sqrt(expected)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_the_same_weights_give_the_same_outputs(normalization: str, framework: str) -> None:
    assert_same_outputs(Network(depth=3, width=8, normalization=normalization), framework)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_so_do_all_activations(activation: str, framework: str) -> None:
    assert_same_outputs(Network(depth=2, width=8, activation=activation, bias_std=0.3), framework)


def assert_same_outputs(network: Network, framework: str) -> None:
    model = exported.build(run(EXPORTS[framework](network, Batch())), framework)
    mine = build_ours(network, Batch())
    weights = exported.parameters(model, framework)
    for name, parameter in mine.named_parameters():
        if name.startswith("linear"):
            parameter.data = torch.from_numpy(weights[name])
    x = np.random.default_rng(0).normal(size=(16, network.width)).astype(np.float32)
    ours = mine(torch.from_numpy(x)).detach()
    np.testing.assert_allclose(exported.outputs(model, x, framework), ours, rtol=1e-3, atol=1e-4)
