"""Each activation against its own module, its derivative and its record."""

import dataclasses

import numpy as np
import pytest
import torch

from initviz import ACTIVATIONS
from initviz.catalog.registry import index
from tests.reference import PHI

CONTRACT = [
    "linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "celu", "gelu",
    "silu", "mish", "softplus", "softsign", "hardtanh", "hardswish", "erf", "sin",
]  # fmt: skip

# Off every kink, where the derivative is one thing only.
GRID = torch.linspace(-8.03, 8.01, 1001, dtype=torch.float64)


def test_the_registry_holds_exactly_the_contract() -> None:
    assert list(ACTIVATIONS) == CONTRACT


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_function_and_derivative_equal_an_independent_one(name: str) -> None:
    phi, slope = PHI[name]
    record = ACTIVATIONS[name]
    np.testing.assert_allclose(record.function(GRID), phi(GRID.numpy()), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(record.derivative(GRID), slope(GRID.numpy()), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_what_is_put_elsewhere_is_the_function(name: str) -> None:
    out = torch.empty_like(GRID)
    ACTIVATIONS[name].apply(GRID, out)
    assert torch.equal(out, ACTIVATIONS[name].function(GRID))


@pytest.mark.parametrize("name", [n for n, a in ACTIVATIONS.items() if a.slope])
def test_a_slope_of_its_own_equals_autograd(name: str) -> None:
    autograd = dataclasses.replace(ACTIVATIONS[name], slope=None)
    torch.testing.assert_close(ACTIVATIONS[name].derivative(GRID), autograd.derivative(GRID))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_module_applies_the_function(name: str) -> None:
    record = ACTIVATIONS[name]
    assert torch.equal(record.build()(GRID), record.function(GRID))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_derivative_jumps_at_the_kinks_and_nowhere_else(name: str) -> None:
    record = ACTIVATIONS[name]
    fine = torch.linspace(-5, 5, 100_001, dtype=torch.float64)
    jumps = record.derivative(fine).diff().abs() > 0.004
    found = {round(float(z), 2) + 0.0 for z in fine[1:][jumps]}
    expected = {k for k in record.kinks if _jump(record, k) > 0.004}
    assert {round(k, 2) for k in expected} == {round(f, 1) + 0.0 for f in found}


def _jump(record, kink: float) -> float:
    sides = torch.tensor([kink - 1e-9, kink + 1e-9], dtype=torch.float64)
    return float(record.derivative(sides).diff().abs())


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_homogeneous_means_homogeneous(name: str) -> None:
    record = ACTIVATIONS[name]
    doubled = torch.allclose(record.function(2 * GRID), 2 * record.function(GRID))
    assert doubled == record.homogeneous


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_no_slope_is_steeper_than_the_steepest(name: str) -> None:
    record = ACTIVATIONS[name]
    wide = torch.linspace(-60, 60, 120_001, dtype=torch.float64)
    assert float(record.derivative(wide).abs().max()) <= record.steepest * (1 + 1e-7)


def test_a_duplicate_name_is_refused() -> None:
    record = ACTIVATIONS["relu"]
    with pytest.raises(ValueError, match="'relu'"):
        index((record, record))
