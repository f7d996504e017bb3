"""What a residual block adds to the trunk: two convolutions, and what stands around them."""

from collections import OrderedDict

import torch
from torch import Tensor, nn


class Shift(nn.Module):
    """Adds a scalar that starts at 0."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Return x + shift, shape of `x`."""
        return x + self.shift


class Multiply(nn.Module):
    """Multiplies by a scalar that starts at `start`."""

    def __init__(self, start: float) -> None:
        super().__init__()
        self.multiplier = nn.Parameter(torch.full((1,), start))

    def forward(self, x: Tensor) -> Tensor:
        """Return multiplier · x, shape of `x`."""
        return x * self.multiplier


class Block(nn.Module):
    """The trunk with what a branch adds to it."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, x: Tensor) -> Tensor:
        """Return x + branch(x), shape of `x`."""
        added: Tensor = x + self.branch(x)
        return added


def plain(channels: int, kernel: int, activation: nn.Module) -> nn.Sequential:
    """Return F = W₂ ∗ φ(W₁ ∗ x), with biases."""
    return _named(
        first=_conv(channels, kernel), activation=activation, last=_conv(channels, kernel)
    )


def normalized(channels: int, kernel: int, activation: nn.Module) -> nn.Sequential:
    """Return F with batch normalization, whose shift is the bias, after each convolution."""
    return _named(
        first=_conv(channels, kernel, bias=False),
        norm_1=nn.BatchNorm2d(channels),
        activation=activation,
        last=_conv(channels, kernel, bias=False),
        norm_2=nn.BatchNorm2d(channels),
    )


def fixup(channels: int, kernel: int, activation: nn.Module) -> nn.Sequential:
    """Return F among scalars: a shift before and after every layer, a multiplier at the end.

    Zhang, Dauphin and Ma 2019, arXiv:1901.09321, figure 1. The zeros of the last convolution are
    the recipe's.
    """
    return _named(
        shift_1=Shift(),
        first=_conv(channels, kernel, bias=False),
        shift_2=Shift(),
        activation=activation,
        shift_3=Shift(),
        last=_conv(channels, kernel, bias=False),
        multiplier=Multiply(1.0),
        shift_4=Shift(),
    )


def silenced(channels: int, kernel: int, activation: nn.Module) -> nn.Sequential:
    """Return α F with α = 0 at the start.

    De and Smith 2020, arXiv:2002.10444; Bachlechner et al. 2020, arXiv:2003.04887.
    """
    return _named(
        first=_conv(channels, kernel),
        activation=activation,
        last=_conv(channels, kernel),
        multiplier=Multiply(0.0),
    )


def _conv(channels: int, kernel: int, *, bias: bool = True) -> nn.Conv2d:
    return nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=bias)


def _named(**layers: nn.Module) -> nn.Sequential:
    return nn.Sequential(OrderedDict(layers))
