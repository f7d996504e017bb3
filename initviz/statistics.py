"""Moments and counts of activations and gradients, layer by layer.

Tensors come stacked, (layers, batch, units), so that a whole chunk of layers costs one
call. Sums run in the tensor's own precision, their results are float64. Norms and products
with a vector are many times cheaper than `var_mean` or counting, so everything is made
of them as far as it goes.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from initviz.randomness import generator

Floats = NDArray[np.float64]

SAMPLE_SIZE = 1024
# An activation is flat where |φ'| is below this share of its largest value.
FLAT = 0.01
# Below this share of the mean square, subtracting the squared mean would cost digits.
_CANCELLATION = 0.1


@dataclass(frozen=True)
class Moments:
    """Mean, mean square and population variance of each layer."""

    mean: Floats
    square: Floats
    variance: Floats


def moments(x: Tensor, *, total: Floats | None = None, norm: Floats | None = None) -> Moments:
    """Return the moments of each layer of `x`, (layers, rows, columns).

    `total`, the sum of each layer's entries, and `norm`, its root of summed squares, spare a
    pass over `x` where they are known already.
    """
    flat = x.flatten(1)
    total = sums(row_sums(x)) if total is None else total
    if norm is None:
        # Row by row: over a large layer, a single float32 sum of squares loses digits.
        norm = np.sqrt(_energy(torch.linalg.vector_norm(x, dim=2).numpy()))
    with np.errstate(over="ignore", invalid="ignore"):
        mean = total / flat.shape[1]
        square: Floats = norm * norm / flat.shape[1]
        variance = square - mean * mean
    for layer in (variance < _CANCELLATION * square).nonzero()[0]:
        variance[layer] = float(flat[layer].double().var(correction=0))
    return Moments(mean, square, variance)


def row_sums(x: Tensor) -> Tensor:
    """Return the sum of each row, (layers, rows)."""
    return x @ _ones(x.shape[2], x.dtype)


@np.errstate(invalid="ignore", over="ignore")
def sums(x: Tensor) -> Floats:
    """Return the sum of each row of `x`, (layers, values), in float64."""
    total: Floats = x.numpy().sum(axis=1, dtype=np.float64)
    return total


@lru_cache(maxsize=16)
@torch.inference_mode(mode=False)
def _ones(size: int, dtype: torch.dtype) -> Tensor:
    return torch.ones(size, dtype=dtype)


@lru_cache(maxsize=16)
@torch.inference_mode(mode=False)
def _directions(batch: int, dtype: torch.dtype) -> Tensor:
    random = torch.empty(2, batch).normal_(generator=generator(0, "probe"))
    return torch.cat((torch.ones(1, batch), random)).to(dtype)


@dataclass(frozen=True)
class Outputs:
    """What a layer's activations say about its units and about the batch."""

    moments: Moments
    row_sums: Tensor
    dead_fraction: Floats
    correlation: Floats


def outputs(h: Tensor) -> Outputs:
    """Return everything about activations, (layers, batch, units), in three passes over them.

    `dead_fraction` is the share of units that are exactly 0 for the whole batch.
    `correlation` is the mean cosine similarity of two different inputs' activations: inputs
    whose activations are all zero have no direction and are left out; NaN where fewer than
    two remain.
    """
    rows, norms = row_sums(h), torch.linalg.vector_norm(h, dim=2).numpy()
    directed = norms > 0
    weights = np.empty((len(h), 2, h.shape[1]), norms.dtype)
    weights[:, 0] = np.divide(1, norms, out=np.zeros_like(norms), where=directed)
    # A sum so weighted is exactly 0 for a dead unit and, but by accident, for no other.
    weights[:, 1] = np.linspace(1, 2, h.shape[1])
    resultant, weighted = torch.bmm(torch.from_numpy(weights), h).unbind(1)
    inputs = directed.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine: Floats = (_energy(resultant.numpy()) - inputs) / (inputs * (inputs - 1))
    cosine[inputs < 2] = np.nan
    return Outputs(
        moments=moments(h, total=sums(rows), norm=np.sqrt(_energy(norms))),
        row_sums=rows,
        dead_fraction=_dead(h, weighted.numpy() == 0),
        correlation=cosine,
    )


@np.errstate(invalid="ignore", over="ignore")
def _energy(x: NDArray[np.floating]) -> Floats:
    energy: Floats = np.square(x, dtype=np.float64).sum(axis=1)
    return energy


def _dead(h: Tensor, suspects: NDArray[np.bool_]) -> Floats:
    # Where nothing is negative nothing cancels by accident; elsewhere the accidents are
    # looked at.
    if suspects.any() and h.min() < 0:
        layer, unit = suspects.nonzero()
        suspects[layer, unit] = (h[layer, :, unit] == 0).all(dim=1).numpy()
    share: Floats = suspects.mean(axis=1)
    return share


def share_below(x: Tensor, threshold: float) -> Floats:
    """Return the share of entries of each layer with |x| < threshold."""
    # NumPy compares several times faster than PyTorch does.
    below = np.less(np.abs(x.numpy()), x.numpy().dtype.type(threshold))
    return np.array([np.count_nonzero(layer) / layer.size for layer in below])


def projections(z: Tensor) -> Tensor:
    """Return the sum over the batch and two random projections of each unit.

    `z` is (layers, batch, units), the result (layers, 3, units).
    """
    return torch.matmul(_directions(z.shape[1], z.dtype), z)


def distinct(z: Tensor) -> Floats:
    """Return the share of different units of each layer, (layers, batch, units)."""
    energy = _energy(torch.linalg.vector_norm(z, dim=2).numpy())
    return distinct_fraction(projections(z), energy / z.shape[2])


@np.errstate(invalid="ignore", over="ignore")
def distinct_fraction(projected: Tensor, energy: Floats) -> Floats:
    """Return the number of different units over the number of units, from `projections`.

    `energy`, (layers,), is the mean over units of a unit's squares, summed over the batch. Two
    units are copies if they agree on the whole batch to rounding, relative to that: a projection
    may be small by chance, and its rounding is not. Half precision rounds copies to the same
    bits, so no more than float32's rounding is allowed for. NaN where the projections are not
    finite.
    """
    random = projected[:, 1:].double().numpy()
    units = random.shape[2]
    eps = min(torch.finfo(projected.dtype).eps, torch.finfo(torch.float32).eps)
    tolerance = 16 * math.sqrt(units) * eps * np.sqrt(energy)[:, None]
    close = np.diff(np.sort(random[:, 0], axis=1), axis=1) <= tolerance
    share = np.ones(len(random))
    for layer in np.flatnonzero(close.any(axis=1)):
        # Copies agree in every projection; strangers agree in two with probability ~1e-8.
        both = random[layer][:, random[layer, 0].argsort()]
        gaps = np.abs(np.diff(both, axis=1)).max(axis=0)
        share[layer] = (np.count_nonzero(gaps > tolerance[layer]) + 1) / units
    share[~(np.isfinite(random).all(axis=(1, 2)) & np.isfinite(energy))] = np.nan
    return share


@dataclass(frozen=True)
class Samples:
    """Some values of each layer: `mantissa` (layers, values) · 2^`exponents` (layers,).

    Where layers have different numbers of values, the short ones end in NaN.
    """

    mantissa: NDArray[np.float32]
    exponents: NDArray[np.int64]

    def first(self, layers: int) -> "Samples":
        """Return those of the first so many layers."""
        return Samples(self.mantissa[:layers], self.exponents[:layers])


def samples(x: Tensor, exponents: NDArray[np.int64]) -> Samples:
    """Return up to `SAMPLE_SIZE` values of each layer, evenly spaced over batch × units."""
    flat = x.flatten(1)
    step = math.ceil(flat.shape[1] / SAMPLE_SIZE)
    # A step that shares no factor with the number of units visits all of them.
    while math.gcd(step, x.shape[-1]) > 1:
        step += 1
    spaced = flat[:, ::step][:, :SAMPLE_SIZE]
    return Samples(spaced.to(torch.float32, copy=True).numpy(), exponents)


def stacked(parts: list[Samples]) -> Samples:
    """Put layers one after the other."""
    longest = max(part.mantissa.shape[1] for part in parts)
    mantissas = [
        np.pad(p.mantissa, ((0, 0), (0, longest - p.mantissa.shape[1])), constant_values=np.nan)
        if p.mantissa.shape[1] < longest
        else p.mantissa
        for p in parts
    ]
    return Samples(np.concatenate(mantissas), np.concatenate([p.exponents for p in parts]))


def histograms(
    x: NDArray[np.floating], bins: int, span: tuple[float, float] | None = None
) -> tuple[NDArray[np.int64], Floats]:
    """Count each row's finite values in equal bins over `span`, or over the row's own range.

    Returns counts (rows, bins) and edges, (rows, bins + 1) or for a span (1, bins + 1). Around
    a single value the row's range is half of it to either side.
    """
    finite = np.isfinite(x)
    low, high = _ranges(x, finite) if span is None else np.array(span)[:, None, None]
    with np.errstate(invalid="ignore", over="ignore"):
        place = (x - low) * (bins / (high - low))
    np.minimum(place, bins - 1, out=place)
    # One bin more a row takes in what is not finite.
    place[~finite] = bins
    place += np.arange(len(x))[:, None] * (bins + 1)
    counts = np.bincount(place.astype(np.intp).ravel(), minlength=len(x) * (bins + 1))
    edges = low + (high - low) / bins * np.arange(bins + 1)
    return counts.reshape(len(x), bins + 1)[:, :bins], edges


def _ranges(x: NDArray[np.floating], finite: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    low = x.min(axis=1, where=finite, initial=np.inf, keepdims=True).astype(np.float64)
    high = x.max(axis=1, where=finite, initial=-np.inf, keepdims=True).astype(np.float64)
    low, high = np.where(high < low, 0.0, low), np.where(high < low, 1.0, high)
    largest = np.maximum(np.abs(low), np.abs(high))
    reach = np.where(largest > 0, largest / 2, 0.5) * (high - low <= 1e-6 * largest)
    return low - reach, high + reach
