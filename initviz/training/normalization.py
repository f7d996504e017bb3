"""Normalization of stacked pre-activations, (networks, batch, units), and its derivative.

x̂ = (z − μ) / √(σ² + ε), the moments being those of a unit over the batch (Ioffe and Szegedy
2015, arXiv:1502.03167), of an input over the layer (Ba, Kiros and Hinton 2016,
arXiv:1607.06450), or the layer's mean square alone (Zhang and Sennrich 2019,
arXiv:1910.07467). ε and the running averages are those of PyTorch's layers.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

_EPSILON = 1e-5
_MOMENTUM = 0.1


@dataclass(frozen=True)
class Normalized:
    """x̂, (networks, batch, units), and 1/√(σ² + ε), broadcast over one dimension."""

    unit: Tensor
    inverse: Tensor


class Normalization:
    """One layer's normalization; remembers the running moments that a test needs."""

    def __init__(self, kind: str, like: Tensor) -> None:
        """Take the kind, batch | layer | rms, and a tensor shaped (networks, 1, units)."""
        self._over_batch, self._centred = kind == "batch", kind != "rms"
        self._dim = 1 if self._over_batch else 2
        # PyTorch's RMSNorm takes the format's own rounding where it is given nothing.
        self._epsilon = _EPSILON if self._centred else torch.finfo(like.dtype).eps
        self._mean, self._variance = torch.zeros_like(like), torch.ones_like(like)

    def forward(self, z: Tensor) -> Normalized:
        """Normalize by the moments of z itself."""
        mean = z.mean(self._dim, keepdim=True) if self._centred else torch.zeros_like(z[:, :1, :1])
        centred = z - mean
        variance = centred.square().mean(self._dim, keepdim=True)
        if self._over_batch:
            self._mean.lerp_(mean, _MOMENTUM)
            self._variance.lerp_(variance * (len(z[0]) / (len(z[0]) - 1)), _MOMENTUM)
        inverse = (variance + self._epsilon).rsqrt()
        return Normalized(centred.mul_(inverse), inverse)

    def apply(self, z: Tensor) -> Tensor:
        """Return x̂ of a test: batch normalization uses what it remembers."""
        if not self._over_batch:
            return self.forward(z).unit
        return (z - self._mean) * (self._variance + self._epsilon).rsqrt()

    def backward(self, gradient: Tensor, found: Normalized) -> Tensor:
        """Return ∂ℓ/∂z, given ∂ℓ/∂x̂."""
        along = (gradient * found.unit).mean(self._dim, keepdim=True)
        left = torch.addcmul(gradient, found.unit, along, value=-1)
        if self._centred:
            left -= gradient.mean(self._dim, keepdim=True)
        return left.mul_(found.inverse)
