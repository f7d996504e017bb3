"""Layers whose outputs have variance 1 on the data at hand."""

import numpy as np
import pytest
import torch
from torch import nn

from initviz import probe, reinitialize

X = 3 + 5 * torch.randn(256, 64, generator=torch.Generator().manual_seed(0))


def deep(activation: type[nn.Module]) -> nn.Sequential:
    layers = [layer for _ in range(20) for layer in (nn.Linear(64, 64), activation())]
    return nn.Sequential(*layers)


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh, nn.Sigmoid, nn.GELU])
def test_twenty_layers_have_variance_one_after_one_pass(activation: type[nn.Module]) -> None:
    module = deep(activation)
    reinitialize(module, "lsuv", inputs=X)
    np.testing.assert_allclose(probe(module, X).table["preact_var"], 1, rtol=1e-3)


def test_convolutions_and_normalization_too_and_buffers_stay() -> None:
    module = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 4, 3), nn.Flatten()
    )
    images = torch.rand(16, 1, 8, 8)
    mean = module[1].running_mean.clone()
    before = torch.get_rng_state()
    reinitialize(module, "lsuv", inputs=images)
    np.testing.assert_allclose(probe(module, images).table["preact_var"], 1, rtol=1e-3)
    assert torch.equal(module[1].running_mean, mean)
    assert torch.equal(torch.get_rng_state(), before)
    assert not any(m._forward_hooks for m in module.modules())


def test_a_layer_that_is_used_twice_is_scaled_for_its_first_use() -> None:
    layer = nn.Linear(64, 64)
    reinitialize(nn.Sequential(layer, nn.ReLU(), layer), "lsuv", inputs=X)
    assert layer(X).var(correction=0).item() == pytest.approx(1, rel=1e-3)


def test_it_wants_inputs_and_says_so_before_anything_is_drawn() -> None:
    module = deep(nn.ReLU)
    before = module[0].weight.clone()
    with pytest.raises(ValueError, match="inputs must be given for the recipe 'lsuv'; got None"):
        reinitialize(module, "lsuv")
    assert torch.equal(module[0].weight, before)


def test_equal_outputs_are_left() -> None:
    module = nn.Linear(64, 8)
    reinitialize(module, "lsuv", inputs=torch.ones(4, 64))
    assert torch.isfinite(module.weight).all()
