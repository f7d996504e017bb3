"""Modules as people write them, for others to build on."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from initviz.setting.data import draw_cotangent

X = torch.randn(16, 6, generator=torch.Generator().manual_seed(0))


def gradient(module: nn.Module, x: Tensor, name: str) -> float:
    """The variance of ∂ℓ/∂W by autograd alone."""
    output = module(x)
    loss = (output * draw_cotangent(0, output.shape)).sum()
    return torch.autograd.grad(loss, module.get_parameter(name))[0].var(correction=0).item()


class Between(nn.Module):
    """Two layers, and whatever a subclass puts around them."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 6)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(F.relu(self.first(x)))


class Lambda(nn.Module):
    """Two layers and a function that says what becomes of them."""

    def __init__(self, function, **layers: nn.Module) -> None:
        super().__init__()
        self.function = function
        self.first, self.second = nn.Linear(6, 6), nn.Linear(6, 6)
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self, x)
