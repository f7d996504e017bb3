"""Stacked normalization is PyTorch's layers side by side, in training and in the test."""

import pytest
import torch
from torch import nn

from initviz.training.normalization import Normalization

LAYERS = {
    "batch": lambda: nn.BatchNorm1d(6, dtype=torch.float64),
    "layer": lambda: nn.LayerNorm(6, dtype=torch.float64),
    "rms": lambda: nn.RMSNorm(6, dtype=torch.float64),
}


@pytest.mark.parametrize("kind", LAYERS)
def test_it_is_pytorchs_layer_of_each_network(kind: str) -> None:
    source = torch.Generator().manual_seed(0)
    draws = 3 * torch.randn(4, 2, 9, 6, generator=source, dtype=torch.float64) + 1
    ours = Normalization(kind, torch.zeros(2, 1, 6, dtype=torch.float64))
    layers = [LAYERS[kind]() for _ in range(2)]
    for z, gradient in draws.view(2, 2, 2, 9, 6):
        found = ours.forward(z)
        back = ours.backward(gradient, found)
        for place, layer in enumerate(layers):
            leaf = z[place].clone().requires_grad_()
            out = layer(leaf)
            torch.testing.assert_close(found.unit[place], out.detach())
            torch.testing.assert_close(
                back[place], torch.autograd.grad(out, leaf, gradient[place])[0]
            )
    for place, layer in enumerate(layers):
        layer.eval()
        torch.testing.assert_close(ours.apply(draws[0])[place], layer(draws[0, place]).detach())
