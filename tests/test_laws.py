"""Laws that hold whatever the numbers are."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network, probe
from initviz.engine.measurement import COLUMNS
from initviz.setting.data import draw_inputs
from initviz.setting.network import build

NUMERIC = list(COLUMNS[3:])
FEW = settings(max_examples=25, deadline=None)


@FEW
@given(gain=st.floats(0.01, 60), depth=st.integers(1, 60), seed=st.integers(0, 99))
def test_gain_scales_relu_preactivation_variance_by_its_power(
    gain: float, depth: int, seed: int
) -> None:
    plain, scaled = (
        probe(Network(depth=depth, width=16, gain=g), Batch(size=16, seed=seed)).log10["preact_var"]
        for g in (1.0, gain)
    )
    layers = np.arange(1, depth + 1)
    np.testing.assert_allclose(scaled - plain, 2 * layers * math.log10(gain), atol=1e-3)


def _random_net(seed: int) -> nn.Sequential:
    return build(Network(depth=4, width=12, activation="gelu", bias_std=0.3), Batch(seed=seed))


@FEW
@given(seed=st.integers(0, 999))
def test_permuting_hidden_units_changes_nothing(seed: int) -> None:
    net = _random_net(seed).double()
    x = draw_inputs(Batch(size=16, seed=seed), 12)[0].double()
    before = probe(net, x).table[NUMERIC]
    order = torch.randperm(12, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        net.linear_2.weight.copy_(net.linear_2.weight[order])
        net.linear_2.bias.copy_(net.linear_2.bias[order])
        net.linear_3.weight.copy_(net.linear_3.weight[:, order])
    after = probe(net, x).table[NUMERIC]
    np.testing.assert_allclose(after, before, rtol=1e-9, atol=1e-12)


@FEW
@given(seed=st.integers(0, 999))
def test_the_order_of_the_batch_changes_nothing(seed: int) -> None:
    net = _random_net(seed).double()
    x = draw_inputs(Batch(size=16, seed=seed), 12)[0].double()
    order = torch.randperm(16, generator=torch.Generator().manual_seed(seed))
    # The cotangent of the last layer stays where it is, so only forward columns are compared.
    forward = [c for c in NUMERIC if "grad" not in c]
    before, after = (probe(net, inputs).table[forward] for inputs in (x, x[order]))
    np.testing.assert_allclose(after, before, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("initializer", ["zeros", "ones", "constant"])
@pytest.mark.parametrize("width", [2, 37, 128])
def test_equal_weights_leave_one_different_unit(
    initializer: str, width: int, dtype: str, activation: str
) -> None:
    network = Network(depth=5, width=width, activation=activation, initializer=initializer)
    signals = probe(network, Batch(size=16, dtype=dtype))
    assert (signals.table["distinct_fraction"] == 1 / width).all()
    assert signals.diagnosis.verdict in ("symmetric", "overflow")


def test_a_vanishing_network_does_not_look_symmetric() -> None:
    table = probe(Network(depth=60, initializer="normal", activation="tanh")).table
    assert table["act_var"].iloc[-1] < 1e-50
    assert (table["distinct_fraction"] == 1).all()


@FEW
@given(
    st.sampled_from(list(ACTIVATIONS)),
    st.sampled_from([n for n, i in INITIALIZERS.items() if i.noise.name == "normal"]),
    st.integers(0, 99),
)
def test_float32_and_float64_see_the_same_network(
    activation: str, initializer: str, seed: int
) -> None:
    network = Network(depth=12, width=24, activation=activation, initializer=initializer)
    single, double = (
        probe(network, Batch(size=16, dtype=d, seed=seed)).log10["grad_preact_var"]
        for d in ("float32", "float64")
    )
    np.testing.assert_allclose(single, double, atol=2e-3)
