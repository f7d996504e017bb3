"""The correlation map and the walk along it."""

import math

import numpy as np
import pytest

from initviz import ACTIVATIONS
from initviz.theory.cobweb import cobweb
from initviz.theory.meanfield import phase

UNITS = 400_000


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("weight_var", "bias_var"), [(1.0, 0.0), (2.0, 0.0), (1.5, 0.3)])
def test_the_walk_goes_along_the_map_towards_its_end(
    activation: str, weight_var: float, bias_var: float
) -> None:
    drawn = cobweb(activation, weight_var, bias_var, start=0.6, steps=200)
    if drawn is None:
        return
    assert np.all((drawn.mapped >= 0) & (drawn.mapped <= 1))
    # On a grid of 61 points, the straight pieces of a smooth map miss it by less than this.
    expected = np.interp(drawn.walk[:-1], drawn.cosines, drawn.mapped)
    np.testing.assert_allclose(drawn.walk[1:], expected, atol=2e-3)
    distances = np.abs(drawn.walk - drawn.c_star)
    assert np.all(np.diff(distances) <= 1e-6)
    assert drawn.mapped[-1] == pytest.approx(1, abs=1e-6)


def test_relu_inputs_merge_at_the_known_rate() -> None:
    walk = cobweb("relu", 2.0, 0.0, start=0.0, steps=10).walk
    assert walk[[1, 5, 10]] == pytest.approx([0.318310, 0.735946, 0.871536], abs=1e-6)


def test_chaos_ends_where_the_reference_says() -> None:
    drawn = cobweb("tanh", 2.5, 0.05, start=0.6, steps=200)
    assert drawn.c_star == pytest.approx(0.446804, abs=1e-6)
    assert drawn.walk[-1] == pytest.approx(0.446804, abs=1e-5)


@pytest.mark.parametrize("activation", ["tanh", "gelu", "erf"])
def test_a_wide_layer_does_what_the_map_says(activation: str) -> None:
    weight_var, bias_var = 1.8, 0.3
    q = phase(activation, weight_var, bias_var).q_star
    u, w = math.sqrt(q) * np.random.default_rng(0).standard_normal((2, UNITS))
    at = ACTIVATIONS[activation].at
    products = at(u) * at(0.6 * u + 0.8 * w)
    found = cobweb(activation, weight_var, bias_var, start=0.6, steps=1).walk[1]
    error = weight_var * products.std() / q / math.sqrt(UNITS)
    assert (weight_var * products.mean() + bias_var) / q == pytest.approx(found, abs=4 * error)


@pytest.mark.parametrize(
    ("activation", "weight_var", "bias_var"), [("relu", 2.0, 0.05), ("tanh", 0.5, 0.0)]
)
def test_without_a_length_there_is_no_map(
    activation: str, weight_var: float, bias_var: float
) -> None:
    assert cobweb(activation, weight_var, bias_var, start=0.6, steps=5) is None
