"""Units and networks that ReLU kills, and what batch normalization multiplies in small batches."""

import numpy as np
import pytest
import torch

from initviz import Batch, Network, probe
from initviz.setting.network import build


@torch.no_grad()
def test_narrow_networks_are_dead_at_birth_as_often_as_theory_says() -> None:
    # For one input each of nine layers of two units is dead with probability 1/4.
    draws = 800
    one = torch.tensor([[0.6, -0.8]])
    dead = [
        not build(Network(depth=9, width=2), Batch(seed=seed))(one).any() for seed in range(draws)
    ]
    expected = 1 - (1 - 2**-2) ** 9
    assert expected == pytest.approx(0.9249, abs=1e-4)
    deviation = (expected * (1 - expected) / draws) ** 0.5
    assert np.mean(dead) == pytest.approx(expected, abs=4 * deviation)


def test_half_of_the_units_of_a_deep_network_die_in_the_end() -> None:
    found = probe(Network(depth=100, width=512), Batch(size=256)).table["dead_fraction"]
    assert found[9] == pytest.approx(0.16, abs=0.03)
    assert found[99] == pytest.approx(0.45, abs=0.05)


@pytest.mark.parametrize(("size", "growth"), [(16, 1.60), (64, 1.487), (256, 1.457), (1024, 1.444)])
def test_batch_normalization_multiplies_the_more_in_a_smaller_batch(
    size: int, growth: float
) -> None:
    network = Network(depth=24, width=256, normalization="batch")
    rates = []
    for seed in range(3):
        log10 = probe(network, Batch(size=size, seed=seed)).log10["grad_preact_var"]
        # The first layer's inputs are not a layer's activations.
        rates.append((log10[1] - log10[22]) / 21)
    assert 10 ** np.mean(rates) == pytest.approx(growth, rel=0.03)
