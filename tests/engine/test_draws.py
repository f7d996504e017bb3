"""Fluctuations between draws: Hanin 2018 (arXiv:1801.03744), Hanin and Rolnick 2018."""

import math

import numpy as np
import pytest
import torch

from initviz import INITIALIZERS, Batch, Network
from initviz.setting.data import draw_inputs
from initviz.setting.network import build
from initviz.setting.noise import layer_noise

DRAWS = 50


@torch.no_grad()
def log_growth(depth: int, width: int, seed: int) -> float:
    """ln(‖h_L‖² / ‖h_0‖²) of one input through ReLU layers with He weights."""
    batch = Batch(size=2, seed=seed)
    x = draw_inputs(batch, width)[0][:1]
    h = build(Network(depth=depth, width=width), batch)(x)
    return math.log(float(h.square().sum() / x.square().sum()))


@pytest.mark.parametrize(("depth", "width"), [(50, 512), (20, 64)])
def test_mean_and_variance_of_the_log_length(depth: int, width: int) -> None:
    found = [log_growth(depth, width, seed) for seed in range(DRAWS)]
    mean, variance = -5 * depth / (2 * width), 5 * depth / width
    assert np.mean(found) == pytest.approx(mean, abs=4 * math.sqrt(variance / DRAWS))
    # The law is asymptotic in the width: exactly, n·Var is 5.4 at n = 64 (REFERENCE: 5.408 at 50).
    assert np.var(found, ddof=1) == pytest.approx(variance, rel=4 * math.sqrt(2 / (DRAWS - 1)))


def test_noise_is_drawn_once_and_is_what_a_network_uses() -> None:
    noise = INITIALIZERS["he_normal"].noise
    first = layer_noise(noise, 32, 32, seed=7, layer=0)
    assert layer_noise(noise, 32, 32, seed=7, layer=0) is first
    assert not torch.equal(first.values, layer_noise(noise, 32, 32, seed=7, layer=1).values)
