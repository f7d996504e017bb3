"""The law of Marčenko and Pastur against matrices that were drawn."""

import numpy as np
import pytest

from initviz.theory.independent import density, edges

SIDES = [(300, 300), (300, 1200), (1200, 300), (40, 41)]


@pytest.mark.parametrize("sides", SIDES, ids=str)
def test_the_density_integrates_to_one(sides: tuple[int, int]) -> None:
    low, high = edges(*sides, 0.25)
    # Evenly in the angle, since the density has steep ends.
    values = (low + high) / 2 - (high - low) / 2 * np.cos(np.linspace(0, np.pi, 4001))
    assert np.trapezoid(density(values, *sides, 0.25), values) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("sides", SIDES[:3], ids=str)
def test_drawn_matrices_follow_it(sides: tuple[int, int]) -> None:
    drawn = np.random.default_rng(0).uniform(-1, 1, sides)
    found = np.linalg.svd(drawn, compute_uv=False)
    low, high = edges(*sides, 1 / 3)
    assert found.max() == pytest.approx(high, rel=0.03)
    assert found.min() == pytest.approx(low, abs=0.03 * high)
    values = np.linspace(low, high, 2001)
    below = np.cumsum(density(values, *sides, 1 / 3)) * (values[1] - values[0])
    share = np.searchsorted(np.sort(found), values) / len(found)
    assert np.abs(share - below).max() < 0.02


def test_a_square_matrix_has_a_finite_density_at_zero() -> None:
    near, at = density(np.array([1e-6, 0.0]), 100, 100, 1.0)
    assert at == pytest.approx(near, rel=1e-3)


def test_other_matrices_have_none_at_zero() -> None:
    assert density(np.array([0.0]), 100, 200, 1.0)[0] == 0
