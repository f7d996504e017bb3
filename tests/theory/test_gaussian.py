"""Gaussian expectations against checked values, closed forms and Monte Carlo."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from initviz import ACTIVATIONS
from initviz.theory.angles import overlap, slope_overlap
from initviz.theory.gaussian import moments
from initviz.theory.tables import table

REFERENCE = json.loads((Path(__file__).parent / "reference_values.json").read_text())
NAMES = {"leaky0.01": "leaky_relu"}
CHECKED = {NAMES.get(n, n): v for n, v in REFERENCE["gains"].items()}
DRAWS = 400_000


@pytest.mark.parametrize("name", sorted(CHECKED.keys() & ACTIVATIONS.keys()))
def test_moments_equal_the_checked_values(name: str) -> None:
    found, checked = moments(name, 1.0), CHECKED[name]
    assert found.mean == pytest.approx(checked["mean"], abs=1e-8)
    assert found.square == pytest.approx(checked["m2"], rel=1e-8)
    assert found.slope_square == pytest.approx(checked["dphi2"], rel=1e-8)
    gain = 1 / math.sqrt(found.square)
    assert gain == pytest.approx(checked["gain_fwd"], rel=1e-8)
    assert 1 / math.sqrt(found.slope_square) == pytest.approx(checked["gain_bwd"], rel=1e-8)
    assert gain**2 * found.slope_square == pytest.approx(checked["chi1_at_gain"], rel=1e-8)
    assert gain**2 * found.bend == pytest.approx(checked["chi_par_at_gain"], rel=1e-8)


def test_every_activation_is_checked_by_someone() -> None:
    # celu with α = 1 is elu.
    assert ACTIVATIONS.keys() - CHECKED.keys() == {"celu"}
    assert vars(moments("celu", 1.3)) == pytest.approx(vars(moments("elu", 1.3)))


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize(("std", "mean"), [(0.3, 0.0), (1.0, 0.5), (4.0, -1.0)])
def test_moments_agree_with_monte_carlo(name: str, std: float, mean: float) -> None:
    record, found = ACTIVATIONS[name], moments(name, std, mean)
    x = mean + std * np.random.default_rng(1).standard_normal(DRAWS)
    phi, slope = record.at(x), record.slope_at(x)
    for values, expected in (
        (phi, found.mean),
        (phi**2, found.square),
        (slope**2, found.slope_square),
        (phi**4, found.fourth),
        (slope**4, found.slope_fourth),
    ):
        assert abs(values.mean() - expected) < 5 * values.std() / math.sqrt(DRAWS) + 1e-12


@given(st.floats(1e-8, 300))
def test_sine_and_relu_have_closed_forms(std: float) -> None:
    sine = -math.expm1(-2 * std * std) / 2
    assert moments("sin", std).square == pytest.approx(sine, rel=1e-9)
    assert moments("relu", std).square == pytest.approx(std * std / 2, rel=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(std=st.floats(1e-3, 1e3))
def test_bend_is_the_derivative_of_the_square(name: str, std: float) -> None:
    step = 1e-4
    above, below = (moments(name, std * math.sqrt(1 + s)).square for s in (step, -step))
    slope = (above - below) / (2 * step * std * std)
    scale = moments(name, std).square / std**2
    assert moments(name, std).bend == pytest.approx(slope, rel=1e-3, abs=1e-3 * scale)


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(log_v=st.floats(-30, 30))
def test_tables_agree_with_the_quadrature(name: str, log_v: float) -> None:
    # No sum of waves of size 1 gets longer than this.
    log_v = min(log_v, 10.0) if name == "sin" else log_v
    square, slope, ratio = (float(x[0]) for x in table(name).at(np.array([log_v])))
    exact = moments(name, math.exp(log_v / 2))
    assert square == pytest.approx(math.log(exact.square), abs=2e-3)
    assert slope == pytest.approx(math.log(exact.slope_square), abs=2e-3)
    assert ratio == pytest.approx(exact.mean / math.sqrt(exact.square), abs=2e-3)


def test_relu_overlaps_are_the_arc_cosine_kernels() -> None:
    # Cho and Saul 2009, equations 3 to 6.
    for c in np.linspace(-0.95, 0.95, 9):
        angle = math.acos(c)
        first = (math.sin(angle) + (math.pi - angle) * c) / (2 * math.pi)
        assert overlap("relu", 1.0, c) == pytest.approx(first, abs=1e-6)
        zeroth = (math.pi - angle) / (2 * math.pi)
        assert slope_overlap("relu", 1.0, c) == pytest.approx(zeroth, abs=1e-4)


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("c", [-0.6, 0.3, 0.9])
def test_overlaps_agree_with_monte_carlo(name: str, c: float) -> None:
    u, w = np.random.default_rng(2).standard_normal((2, DRAWS))
    record, v = ACTIVATIONS[name], c * u + math.sqrt(1 - c * c) * w
    for function, found in (
        (record.at, overlap(name, 1.0, c)),
        (record.slope_at, slope_overlap(name, 1.0, c)),
    ):
        products = function(u) * function(v)
        assert abs(products.mean() - found) < 5 * products.std() / math.sqrt(DRAWS) + 1e-3
