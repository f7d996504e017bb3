"""The plane against the point-by-point theory and PyTorch's own gains."""

import math

import numpy as np
import pytest
from torch import nn

from initviz import ACTIVATIONS
from initviz.theory.meanfield import phase
from initviz.theory.plane import PYTORCH_GAINS, edges, landmarks, plane


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_plane_agrees_with_its_points(activation: str) -> None:
    whole = plane(activation)
    rng = np.random.default_rng(0)
    for _ in range(25):
        i, j = rng.integers(len(whole.bias_stds)), rng.integers(len(whole.weight_stds))
        weight_var, bias_var = whole.weight_stds[j] ** 2, whole.bias_stds[i] ** 2
        exact = phase(activation, float(weight_var), float(bias_var))
        if not exact.q_star:
            assert np.isnan(whole.q_star[i, j])
            continue
        assert exact.chi_1 is not None
        if not 1e-9 < exact.q_star < 1e9:
            continue
        assert whole.q_star[i, j] == pytest.approx(exact.q_star, rel=0.02)
        assert whole.chi_1[i, j] == pytest.approx(exact.chi_1, rel=1e-3)
        assert whole.chi_q[i, j] == pytest.approx(exact.chi_q, rel=0.05, abs=5e-4)
        if abs(exact.chi_1 - 1) > 0.05:
            assert whole.depth[i, j] == pytest.approx(exact.depth_c, rel=0.1)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_depths_near_the_edge_agree_with_the_points(activation: str) -> None:
    whole = plane(activation)
    near = np.argwhere((np.abs(whole.chi_1 - 1) > 3e-4) & (np.abs(whole.chi_1 - 1) < 0.05))
    for i, j in np.random.default_rng(0).permutation(near)[:30]:
        exact = phase(activation, whole.weight_stds[j] ** 2, whole.bias_stds[i] ** 2)
        if exact.q_star:
            assert whole.depth[i, j] == pytest.approx(exact.depth_c, rel=0.3)


@pytest.mark.parametrize("activation", sorted(PYTORCH_GAINS))
def test_pytorchs_gains_are_pytorchs(activation: str) -> None:
    theirs = nn.init.calculate_gain(activation)
    assert PYTORCH_GAINS[activation] == pytest.approx(theirs)
    assert any(mark.weight_std == pytest.approx(theirs, abs=0.01) for mark in landmarks(activation))


def test_the_edge_passes_through_known_points() -> None:
    points = np.array(list(edges("tanh")))
    distance = np.hypot(points[:, 0] - math.sqrt(1.760955), points[:, 1] - math.sqrt(0.05))
    assert distance.min() < 0.02
    assert list(edges("softplus")) == []
