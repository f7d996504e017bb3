"""The probe against an independent NumPy pass, and against autograd."""

import numpy as np
import pytest
import torch

from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network, probe
from initviz.engine.measurement import COLUMNS
from initviz.setting.data import draw_cotangent, draw_inputs
from initviz.setting.network import build
from tests import reference

DENSE_COLUMNS = [c for c in COLUMNS if c.endswith(("_var", "_ms", "_mean", "_fraction"))]


def numpy_columns(network: Network, batch: Batch) -> dict[str, np.ndarray]:
    linears = [m.double() for m in build(network, batch) if isinstance(m, torch.nn.Linear)]
    weights = [m.weight.detach().numpy() for m in linears[: network.depth]]
    biases = [m.bias.detach().numpy() for m in linears[: network.depth]]
    inputs, _ = draw_inputs(batch, weights[0].shape[1])
    cotangent = draw_cotangent(batch.seed, torch.Size((batch.size, network.width))).double().numpy()
    run = reference.run(network.activation, weights, biases, inputs.double().numpy(), cotangent)
    return reference.columns(run, weights, network.activation)


@pytest.mark.parametrize("initializer", INITIALIZERS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("inputs", ["normal", "digits"])
def test_every_column_equals_an_independent_pass(
    activation: str, initializer: str, inputs: str
) -> None:
    network = Network(
        depth=6, width=24, activation=activation, initializer=initializer, gain=0.9, bias_std=0.1
    )
    batch = Batch(size=16, inputs=inputs, dtype="float64", seed=3)
    table = probe(network, batch).table
    for column, expected in numpy_columns(network, batch).items():
        # Weights that are all 1 and a sine make of a rounding twenty times as much in each layer.
        least = 1e-8 if column == "correlation" else 1e-13
        np.testing.assert_allclose(
            table[column], expected, rtol=1e-7, atol=least, err_msg=f"{column}"
        )


@pytest.mark.parametrize("loss", ["gaussian", "cross_entropy"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_fast_pass_equals_autograd(activation: str, dtype: str, loss: str) -> None:
    network = Network(depth=12, width=40, activation=activation, bias_std=0.05)
    batch = Batch(size=32, loss=loss, dtype=dtype, inputs="digits", seed=5)
    fast = probe(network, batch).table
    autograd = probe(build(network, batch), batch).table.head(network.depth)
    tolerance = 2e-4 if dtype == "float32" else 1e-9
    for column in COLUMNS[3:]:
        np.testing.assert_allclose(
            fast[column], autograd[column], rtol=tolerance, atol=tolerance / 100, err_msg=column
        )
