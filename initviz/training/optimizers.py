"""Optimizers of one flat tensor: a step is a handful of calls, however many the layers.

Both compute what `torch.optim` computes; importing that takes longer than a short run.
"""

from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor

MOMENTUM = 0.9
_BETAS, _EPSILON = (0.9, 0.999), 1e-8


class Optimizer(Protocol):
    """A rule for steps. `moved` holds the last step up to a factor, `size`, which is below 0."""

    moved: Tensor
    size: float

    def step(self, gradient: Tensor) -> None:
        """Change the parameters by size · moved."""


class Momentum:
    """Stochastic gradient descent: v ← 0.9 v + g, θ ← θ − η v (Polyak 1964)."""

    def __init__(self, parameters: Tensor, learning_rate: float) -> None:
        self._parameters = parameters
        self.moved, self.size = torch.zeros_like(parameters), -learning_rate

    def step(self, gradient: Tensor) -> None:
        """Change the parameters."""
        torch.add(gradient, self.moved, alpha=MOMENTUM, out=self.moved)
        self._parameters.add_(self.moved, alpha=self.size)


class Adam:
    """Kingma and Ba 2015, arXiv:1412.6980, algorithm 1."""

    def __init__(self, parameters: Tensor, learning_rate: float) -> None:
        self._parameters, self._rate, self._steps = parameters, learning_rate, 0
        self._mean, self._square = torch.zeros_like(parameters), torch.zeros_like(parameters)
        self.moved, self.size = torch.zeros_like(parameters), 0.0

    def step(self, gradient: Tensor) -> None:
        """Change the parameters."""
        self._steps += 1
        self._mean.lerp_(gradient, 1 - _BETAS[0])
        self._square.mul_(_BETAS[1]).addcmul_(gradient, gradient, value=1 - _BETAS[1])
        torch.sqrt(self._square, out=self.moved)
        self.moved.div_((1 - _BETAS[1] ** self._steps) ** 0.5).add_(_EPSILON)
        torch.div(self._mean, self.moved, out=self.moved)
        self.size = -self._rate / (1 - _BETAS[0] ** self._steps)
        self._parameters.add_(self.moved, alpha=self.size)


OPTIMIZERS: dict[str, Callable[[Tensor, float], Optimizer]] = {"sgd": Momentum, "adam": Adam}
