"""Mean field against checked values, laws and simulated networks."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from initviz import ACTIVATIONS, Batch, Network, predict, probe
from initviz.theory.gaussian import moments
from initviz.theory.meanfield import critical, edge, next_cosine, next_length, phase

EDGES = json.loads((Path(__file__).parent / "reference_values.json").read_text())["eoc"]


@pytest.mark.parametrize(
    ("weight_var", "expected"),
    [
        (1.0, (0.193593, 0.759032, 1, 1.748, 3.627)),
        (1.3, (0.315316, 0.880164, 1, 1.785, 7.834)),
        (1.5, (0.418037, 0.938636, 1, 1.683, 15.79)),
        (2.0, (0.721762, 1.047666, 0.744082, 1.388, 25.21)),
        (2.5, (1.063958, 1.133516, 0.446804, 1.180, 11.80)),
        (4.0, (2.195494, 1.342402, 0.165065, 0.8733, 6.980)),
    ],
)
def test_tanh_phases(weight_var: float, expected: tuple[float, ...]) -> None:
    q, chi, c, depth_q, depth_c = expected
    found = phase("tanh", weight_var, 0.05)
    assert found.q_star == pytest.approx(q, abs=1e-6)
    assert found.chi_1 == pytest.approx(chi, abs=1e-6)
    assert found.c_star == pytest.approx(c, abs=1e-6)
    assert found.depth_q == pytest.approx(depth_q, rel=5e-4)
    assert found.depth_c == pytest.approx(depth_c, rel=5e-4)


def test_on_the_edge_the_depth_scale_diverges() -> None:
    found = phase("tanh", 1.7609546396067368, 0.05)
    assert found.q_star == pytest.approx(0.570048, abs=1e-6)
    assert found.chi_1 == pytest.approx(1, abs=1e-9)
    assert found.c_star == 1
    assert found.depth_c is not None
    assert found.depth_c > 1e6


@pytest.mark.parametrize(
    ("name", "weight_var", "bias_var", "layers"),
    [("hardtanh", 1.3225, 0.1225, 2), ("hardtanh", 1.35, 0.1225, 2), ("erf", 2.25, 0.49, 1)],
)
def test_just_beyond_the_edge_the_depth_scale_follows_from_chi(
    name: str, weight_var: float, bias_var: float, layers: int
) -> None:
    # With a smooth slope the map is 1 − χ₁ε + O(ε²), so that its slope at the fixed point is
    # 2 − χ₁; where the slope jumps the next term is ε^(3/2), which leaves 1 − (χ₁ − 1)/2.
    found = phase(name, weight_var, bias_var)
    assert found.depth_c * (found.chi_1 - 1) == pytest.approx(layers, rel=0.03)


@pytest.mark.parametrize("name", EDGES)
def test_the_edge_of_chaos_equals_the_checked_values(name: str) -> None:
    for row in EDGES[name]:
        found = critical(name, row["sb2"])
        assert found.weight_var == pytest.approx(row["sw2"], rel=1e-8)
        assert found.q_star == pytest.approx(row["q"], rel=1e-7)
        stable = row["sw2"] * moments(name, math.sqrt(row["q"])).bend
        assert stable == pytest.approx(row["chi_par"], rel=1e-7)


@pytest.mark.parametrize(
    ("name", "bias_var", "weight_var", "q"),
    [
        ("linear", 0, 1, None), ("relu", 0, 2, None), ("leaky_relu", 0, 2 / (1 + 0.01**2), None),
        ("tanh", 0, 1, 0), ("tanh", 0.5, 2.843170, 1.971031), ("erf", 0, math.pi / 4, 0),
        ("erf", 0.5, 2.23366, 1.772061), ("hardtanh", 0.05, 1.16554, 0.463864),
        ("elu", 0.05, 1.533718, 1.300913), ("selu", 0.05, 0.901766, 0.827302),
        ("gelu", 0, 4, 0), ("silu", 0, 4, 0), ("mish", 0, 2.7778, 0),
        ("sigmoid", 0, 103.0076, 45.6243), ("softplus", 0, None, None), ("softplus", 1, None, None),
        ("relu", 0.1, 2, None), ("linear", 0.1, 1, None), ("leaky_relu", 4, 2 / 1.0001, None),
    ],
)  # fmt: skip
def test_critical_points(
    name: str, bias_var: float, weight_var: float | None, q: float | None
) -> None:
    found = critical(name, bias_var)
    assert found.weight_var == (None if weight_var is None else pytest.approx(weight_var, rel=1e-5))
    assert found.q_star == (None if q is None else pytest.approx(q, rel=1e-5))
    assert (found.reason is None) == (weight_var is not None and bool(q))


@pytest.mark.parametrize("name", ["linear", "relu", "leaky_relu"])
@pytest.mark.parametrize("bias_std", [0.02, 0.2, 1.0])
def test_biases_lengthen_signals_of_a_homogeneous_network_and_leave_its_gradients(
    name: str, bias_std: float
) -> None:
    found = critical(name, bias_std**2)
    assert found.document()["chi_1"] == 1
    assert "no fixed point" in found.reason
    point = phase(name, found.weight_var, bias_std**2)
    assert (point.chi_1, point.depth_c, point.q_star) == (1, math.inf, None)
    assert phase(name, 1.001 * found.weight_var, bias_std**2).chi_1 is None
    assert phase(name, 0.999 * found.weight_var, bias_std**2).chi_1 == pytest.approx(0.999)
    network = Network(
        depth=100, width=512, activation=name, initializer="lecun_normal", bias_std=bias_std,
        gain=math.sqrt(found.weight_var),
    )  # fmt: skip
    expected = predict(network, Batch())
    assert expected["grad_preact_var"].to_numpy() == pytest.approx(
        np.full(100, 1 / found.weight_var), rel=1e-6
    )
    grown = np.diff(expected["preact_ms"])
    assert grown == pytest.approx(np.full(99, bias_std**2), rel=1e-6)
    measured = probe(network).log10["grad_preact_var"]
    assert abs(measured[0] - measured[-1]) < 2 * math.sqrt(100 * 5 / 512) / math.log(10)


@pytest.mark.parametrize(
    ("name", "weight_var", "bias_var", "q"),
    [
        ("gelu", 1.983058, 0.172922, 3.5616),
        ("silu", 1.988005, 0.555143, 14.3202),
        ("mish", 2.013524, 0.094522, 1.6702),
    ],
)
def test_where_length_and_gradient_are_critical_together(
    name: str, weight_var: float, bias_var: float, q: float
) -> None:
    assert edge(name, q) == pytest.approx((weight_var, bias_var), rel=1e-4)
    assert weight_var * moments(name, math.sqrt(q)).bend == pytest.approx(1, abs=1e-4)


def test_pytorchs_tanh_and_selu_gains_are_on_the_exploding_side() -> None:
    tanh, selu = phase("tanh", 25 / 9, 0.0), phase("selu", 9 / 16, 0.0)
    assert (tanh.q_star, tanh.chi_1) == pytest.approx((1.178480, 1.209831), abs=1e-6)
    assert (selu.q_star, selu.chi_1) == pytest.approx((0.023034, 1.00367), abs=1e-6)


def test_where_lengths_shrink_to_nothing_the_slope_at_the_origin_decides() -> None:
    assert phase("tanh", 1.0, 0.0).chi_1 == pytest.approx(1)
    assert phase("tanh", 0.5, 0.0).chi_1 == pytest.approx(0.5)
    assert phase("relu", 1.0, 0.0).chi_1 == pytest.approx(0.5)
    assert phase("gelu", 2.0, 0.0).chi_1 == pytest.approx(0.5)
    assert phase("tanh", 0.5, 0.0).depth_c == pytest.approx(1 / math.log(2))


def test_a_variance_preserving_gelu_leaves_its_fixed_point() -> None:
    weight_var = 1 / moments("gelu", 1.0).square
    lengths = []
    for q in (0.9, 1.1):
        for _ in range(30):
            q = next_length("gelu", q, weight_var, 0.0)  # noqa: PLW2901 - the map is iterated
        lengths.append(q)
    assert lengths == pytest.approx([0.0012, 10.98], rel=0.03)


def test_relu_inputs_turn_parallel_at_the_known_rate() -> None:
    c, found = 0.0, {}
    for layer in range(1, 11):
        c = next_cosine("relu", 1.0, c, 2.0, 0.0)
        found[layer] = c
    assert [found[i] for i in (1, 5, 10)] == pytest.approx([0.318310, 0.735946, 0.871536], abs=1e-6)


def test_tanh_at_the_origin_slows_down_critically() -> None:
    q, layers = 1.0, 2000
    for _ in range(layers):
        q = next_length("tanh", q, 1.0, 0.0)
    assert q * 2 * layers == pytest.approx(1, rel=0.01)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("weight_var", [0.1, 1.0, 3.0, 50.0])
@pytest.mark.parametrize("bias_var", [0.0, 0.05, 4.0])
def test_every_point_of_the_plane_has_a_fixed_point_or_a_reason(
    name: str, weight_var: float, bias_var: float
) -> None:
    found = phase(name, weight_var, bias_var)
    if not found.q_star:
        assert found.reason
        return
    assert next_length(name, found.q_star, weight_var, bias_var) == pytest.approx(found.q_star)
    assert found.chi_1 is not None
    assert found.c_star is not None
    assert 0 <= found.c_star <= 1
    assert (found.c_star == 1) == (found.chi_1 <= 1 + 1e-5)
    c = next_cosine(name, found.q_star, found.c_star, weight_var, bias_var)
    assert c == pytest.approx(found.c_star, abs=1e-6)


def test_simulated_tanh_networks_reach_the_fixed_point() -> None:
    width, weight_var = 1000, 2.0
    network = Network(
        depth=15, width=width, activation="tanh", initializer="normal",
        scale=math.sqrt(weight_var / width), bias_std=math.sqrt(0.05),
    )  # fmt: skip
    tables = [probe(network, Batch(size=16, seed=s)).table for s in range(4)]
    q = np.mean([t["preact_ms"].iloc[-1] for t in tables])
    growth = np.mean([t["grad_preact_var"].iloc[7] / t["grad_preact_var"].iloc[13] for t in tables])
    found = phase("tanh", weight_var, 0.05)
    assert q == pytest.approx(found.q_star, rel=0.03)
    assert growth ** (1 / 6) == pytest.approx(found.chi_1, rel=0.02)
