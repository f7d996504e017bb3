"""Tensors with a power of two beside them: x · 2^exponent, far outside what the dtype holds."""

import math

import torch
from torch import Tensor

from initviz.catalog.activations import Activation
from initviz.engine.columns import Exponents

_COMFORTABLE = (1e-6, 1e6)
# Beyond 2^±400 every activation here is linear or constant, and squares still fit float64.
_LARGEST_EXPONENT = 400


def comfortable(x: Tensor, exponent: int) -> tuple[Tensor, int]:
    """Return the same true values with a root mean square in the comfortable range."""
    rms = float(torch.linalg.vector_norm(x)) / math.sqrt(x.numel())
    if rms == 0 or not math.isfinite(rms) or _COMFORTABLE[0] < rms < _COMFORTABLE[1]:
        return x, exponent
    shift = math.frexp(rms)[1]
    return ldexp(x, -shift), exponent + shift


def ldexp(x: Tensor, exponent: int) -> Tensor:
    """Return x · 2^exponent, in steps that are themselves within the dtype's range."""
    largest = 1000 if x.dtype == torch.float64 else 120
    while exponent:
        step = max(-largest, min(largest, exponent))
        x, exponent = x * 2.0**step, exponent - step
    return x


def activate(activation: Activation, z: Tensor, exponent: int, out: Tensor) -> int:
    """Put φ of the true z into `out`, and return the exponent that it is to carry."""
    if exponent == 0 or activation.homogeneous:
        activation.apply(z, out)
        return exponent
    within = _within(exponent)
    h, shift = comfortable(activation.function(ldexp(z.double(), within)), 0)
    out.copy_(h)
    return shift + exponent - within


def _within(exponent: int) -> int:
    return max(-_LARGEST_EXPONENT, min(_LARGEST_EXPONENT, exponent))


def slope(activation: Activation, z: Tensor, exponents: Exponents) -> Tensor:
    """Return φ'(z) of a chunk of layers, perhaps in the place of z."""
    if activation.homogeneous or not exponents.any():
        return activation.derivative(z, z)
    true = [ldexp(x.double(), _within(int(e))) for x, e in zip(z, exponents, strict=True)]
    return activation.derivative(torch.stack(true)).to(z.dtype)
