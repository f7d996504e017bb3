"""Moments and counts of activations and gradients, layer by layer.

Tensors come stacked, (layers, batch, units), so that a whole chunk of layers costs one
call. Sums run in the tensor's own precision, their results are float64.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from initviz.randomness import generator

Floats = NDArray[np.float64]

SAMPLE_SIZE = 2048
# An activation is flat where |φ'| is below this share of its largest value.
FLAT = 0.01


@dataclass(frozen=True)
class Sample:
    """Some values of one layer: `mantissa` · 2^`exponent`."""

    mantissa: NDArray[np.float32]
    exponent: int


# Below this share of the mean square, subtracting the squared mean would cost digits.
_CANCELLATION = 0.1


def moments(x: Tensor) -> tuple[Floats, Floats, Floats]:
    """Return mean, mean square and population variance of each layer of `x`.

    `x` is (layers, batch, units).
    """
    layers, batch, units = x.shape
    flat = x.reshape(layers, batch * units)
    sums = x @ x.new_ones(units)
    mean = sums.sum(dim=1, dtype=torch.float64).numpy() / flat.shape[1]
    norm = torch.linalg.vector_norm(flat, dim=1).double().numpy()
    with np.errstate(over="ignore", invalid="ignore"):
        mean_square: Floats = norm * norm / flat.shape[1]
        variance = mean_square - mean * mean
    for layer in np.flatnonzero(variance < _CANCELLATION * mean_square):
        variance[layer] = float(flat[layer].double().var(correction=0))
    return mean, mean_square, variance


def correlation(h: Tensor) -> Floats:
    """Return the mean cosine similarity of two different inputs' activations.

    `h` is (layers, batch, units). Inputs whose activations are all zero have no direction
    and are left out; NaN where fewer than two remain.
    """
    norms = torch.linalg.vector_norm(h, dim=2)
    weights = torch.where(norms > 0, 1 / norms, 0)
    resultant = torch.bmm(weights.unsqueeze(1), h).squeeze(1).double().square().sum(dim=1).numpy()
    inputs = (norms > 0).sum(dim=1).double().numpy()
    with np.errstate(invalid="ignore", divide="ignore"):
        mean: Floats = (resultant - inputs) / (inputs * (inputs - 1))
    mean[inputs < 2] = np.nan
    return mean


def dead_fraction(h: Tensor) -> Floats:
    """Return the share of units whose activation is exactly 0 for the whole batch."""
    layers, batch, units = h.shape
    ramp = torch.linspace(1, 2, batch, dtype=h.dtype)
    # A weighted sum is exactly 0 for a dead unit and, but by accident, for no other; the
    # accidents are then looked at, since reading everything twice would cost more.
    suspects = (torch.matmul(ramp, h) == 0).numpy()
    dead = np.zeros(layers)
    for layer in np.flatnonzero(suspects.any(axis=1)):
        columns = torch.from_numpy(np.flatnonzero(suspects[layer]))
        dead[layer] = float((h[layer][:, columns] == 0).all(dim=0).sum()) / units
    return dead


def share_below(x: Tensor, threshold: float) -> Floats:
    """Return the share of entries of each layer with |x| < threshold."""
    below = (x.abs() < threshold).numpy()
    return np.array([np.count_nonzero(layer) / layer.size for layer in below])


def distinct_fraction(z: Tensor) -> Floats:
    """Return the number of different units over the number of units, from pre-activations.

    Two units are copies if they agree on the whole batch to rounding, relative to the
    layer's own scale. Half precision rounds copies to the same bits, so no more than
    float32's rounding is allowed for. NaN where `z`, (layers, batch, units), is not finite.
    """
    _, batch, units = z.shape
    probes = torch.empty(2, batch).normal_(generator=generator(0, "probe")).to(z.dtype)
    # Copies agree in every projection; strangers agree in two with probability ~1e-8.
    first, second = torch.matmul(probes, z).double().unbind(dim=1)
    order = first.argsort(dim=1)
    gaps = torch.maximum(
        first.gather(1, order).diff(dim=1).abs(), second.gather(1, order).diff(dim=1).abs()
    )
    scale = torch.linalg.vector_norm(torch.stack((first, second)), dim=(0, 2)) / math.sqrt(
        2 * units
    )
    eps = min(torch.finfo(z.dtype).eps, torch.finfo(torch.float32).eps)
    tolerance = 16 * math.sqrt(units) * eps * scale.unsqueeze(1)
    share: Floats = ((gaps > tolerance).sum(dim=1).double().numpy() + 1) / units
    share[~scale.isfinite().numpy()] = np.nan
    return share


def samples(x: Tensor, exponents: NDArray[np.int64]) -> list[Sample]:
    """Return up to `SAMPLE_SIZE` values of each layer, evenly spaced over batch × units."""
    return [Sample(_spaced(layer), int(e)) for layer, e in zip(x, exponents, strict=True)]


def _spaced(x: Tensor) -> NDArray[np.float32]:
    flat = x.reshape(-1)
    step = math.ceil(flat.numel() / SAMPLE_SIZE)
    # A step that shares no factor with the number of units visits all of them.
    while math.gcd(step, x.shape[-1]) > 1:
        step += 1
    return flat[::step][:SAMPLE_SIZE].float().numpy().copy()
