"""Moments and counts of activations and gradients, layer by layer.

Tensors come stacked, (layers, batch, units), so that a whole chunk of layers costs one
call. Sums run in the tensor's own precision, their results are float64. Norms and products
with a vector are many times cheaper than `var_mean` or counting, so everything is made
of them as far as it goes.

What overflows or is not a number shows in the results: the functions that the others are made
of leave it to their callers to silence NumPy, once instead of at every call.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from initviz.randomness import generator

Floats = NDArray[np.float64]
_SILENT = np.errstate(over="ignore", invalid="ignore", divide="ignore")

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


@_SILENT
def moments(x: Tensor, *, total: Floats | None = None, energy: Floats | None = None) -> Moments:
    """Return the moments of each layer of `x`, (…, layers, rows, columns).

    `total`, the sum of each layer's entries, and `energy`, the sum of their squares, spare a
    pass over `x` where they are known already.
    """
    total = sums(row_sums(x)) if total is None else total
    energy = sums(row_squares(x)) if energy is None else energy
    entries = x.shape[-2] * x.shape[-1]
    return described(total, energy, entries, lambda *place: x[place])


def described(
    total: Floats, energy: Floats, entries: int | Floats, layer: Callable[..., Tensor]
) -> Moments:
    """Return the moments of layers, given sums over their entries and their squares.

    `layer` returns the entries of one of them, by its place in `total` and `energy`.
    """
    mean, square = total / entries, energy / entries
    variance = square - mean * mean
    cancelled = variance < _CANCELLATION * square
    if cancelled.any():
        for place in map(tuple, np.argwhere(cancelled)):
            variance[place] = float(layer(*place).double().var(correction=0))
    return Moments(mean, square, variance)


def row_sums(x: Tensor) -> Tensor:
    """Return the sum of each row, (…, layers, rows)."""
    return x.sum(dim=-1)


def row_squares(x: Tensor) -> NDArray[np.floating]:
    """Return the sum of the squares of each row, (…, layers, rows).

    Row by row: over a large layer, a single float32 sum of squares loses digits.
    """
    values = x.numpy()
    squares: NDArray[np.floating] = np.vecdot(values, values)
    return squares


def sums(x: Tensor | NDArray[np.floating]) -> Floats:
    """Return the sum of each row of `x`, (…, layers, values), in float64."""
    total: Floats = np.add.reduce(np.asarray(x), axis=-1, dtype=np.float64)
    return total


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


@_SILENT
def outputs(h: Tensor) -> Outputs:
    """Return everything about activations, (layers, batch, units), in three passes over them."""
    rows, squares = row_sums(h), row_squares(h)
    dead_fraction, correlation = directions(h, squares)
    return Outputs(
        moments=moments(h, total=sums(rows), energy=sums(squares)),
        row_sums=rows,
        dead_fraction=dead_fraction,
        correlation=correlation,
    )


def directions(h: Tensor, squares: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """Return the dead fraction and the correlation, given `row_squares` of `h`.

    The dead fraction is the share of units that are exactly 0 for the whole batch.
    The correlation is the mean cosine similarity of two different inputs' activations: inputs
    whose activations are all zero have no direction and are left out; NaN where fewer than
    two remain.
    """
    directed = squares > 0
    # A sum so weighted is exactly 0 for a dead unit and, but by accident, for no other: no
    # weight is 0, not even of an input whose norm has overflowed, or underflowed to 0.
    weights = 1 / np.sqrt(np.where(directed, squares, 1))
    np.maximum(weights, np.finfo(weights.dtype).tiny, out=weights)
    resultant = torch.bmm(torch.from_numpy(weights).unsqueeze(1), h).squeeze(1)
    inputs = np.add.reduce(directed, axis=1)
    cosine: Floats = (_energy(resultant) - inputs) / (inputs * (inputs - 1))
    cosine[inputs < 2] = np.nan
    return _dead(h, resultant.numpy() == 0), cosine


def _energy(x: Tensor) -> Floats:
    exact = x.numpy().astype(np.float64)
    energy: Floats = np.vecdot(exact, exact)
    return energy


def _dead(h: Tensor, suspects: NDArray[np.bool_]) -> Floats:
    # Where nothing is negative nothing cancels by accident; elsewhere the accidents are
    # looked at.
    if suspects.any() and h.numpy().min() < 0:
        layer, unit = suspects.nonzero()
        suspects[layer, unit] = (h[layer, :, unit] == 0).all(dim=1).numpy()
    share: Floats = np.add.reduce(suspects, axis=1) / suspects.shape[1]
    return share


def share_below(x: Tensor, threshold: float) -> Floats:
    """Return the share of entries of each layer with |x| < threshold."""
    # NumPy compares several times faster than PyTorch does, and looks faster than it copies.
    values = x.numpy()
    positive = values.min(initial=0) >= 0
    below = np.less(values if positive else np.abs(values), values.dtype.type(threshold))
    return np.array([np.count_nonzero(layer) / layer.size for layer in below])


def projections(z: Tensor) -> Tensor:
    """Return the sum over the batch and two random projections of each unit.

    `z` is (layers, batch, units), the result (layers, 3, units).
    """
    return torch.matmul(_directions(z.shape[1], z.dtype), z)


def distinct(z: Tensor) -> Floats:
    """Return the share of different units of each layer, (layers, batch, units)."""
    # Of a whole layer NumPy's products would start threads.
    energy = _energy(torch.linalg.vector_norm(z, dim=2)) / z.shape[2]
    return distinct_fraction(projections(z), energy)


@_SILENT
def distinct_fraction(projected: Tensor, energy: Floats) -> Floats:
    """Return the number of different units over the number of units, from `projections`.

    `energy`, (layers,), is the mean over units of a unit's squares, summed over the batch. Two
    units are copies if they agree on the whole batch to rounding, relative to that: a projection
    may be small by chance, and its rounding is not. Half precision rounds copies to the same
    bits, so no more than float32's rounding is allowed for. NaN where the projections are not
    finite.
    """
    random = projected[:, 1:].numpy()
    units = random.shape[2]
    eps = min(torch.finfo(projected.dtype).eps, torch.finfo(torch.float32).eps)
    tolerance = 16 * math.sqrt(units) * eps * np.sqrt(energy)
    ordered = np.sort(random[:, 0], axis=1)
    close = (ordered[:, 1:] - ordered[:, :-1]).min(axis=1, initial=np.inf) <= tolerance
    share = np.ones(len(random))
    for layer in np.flatnonzero(close):
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


def sampled(x: Tensor) -> NDArray[np.float32]:
    """Return up to `SAMPLE_SIZE` values of each layer, evenly spaced over batch × units.

    `x` is (…, layers, batch, units), the result (…, layers, values).
    """
    flat = x.flatten(-2)
    step = math.ceil(flat.shape[-1] / SAMPLE_SIZE)
    # A step that shares no factor with the number of units visits all of them.
    while math.gcd(step, x.shape[-1]) > 1:
        step += 1
    spaced = flat[..., ::step][..., :SAMPLE_SIZE]
    # NumPy copies what lies apart twice as fast as PyTorch does, but knows no bfloat16.
    return spaced.to(torch.promote_types(x.dtype, torch.float32)).numpy().astype(np.float32)


@_SILENT
def samples(x: Tensor, exponents: NDArray[np.int64]) -> Samples:
    """Return the samples of layers, (layers, batch, …, units), that carry exponents."""
    return Samples(sampled(x.reshape(len(x), -1, x.shape[-1])), exponents)


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
    whole = finite.all()
    # A reduction under a mask takes several times as long as one without.
    low, high = _ranges(x, whole or finite) if span is None else np.array(span)[:, None, None]
    width = high - low
    with np.errstate(invalid="ignore", over="ignore"):
        place = x - low
        place *= bins / width
    np.minimum(place, bins - 1, out=place)
    if not whole:
        # One bin more a row takes in what is not finite.
        place[~finite] = bins
    bin_of = place.astype(np.int32)
    bin_of += np.arange(0, len(x) * (bins + 1), bins + 1, dtype=np.int32)[:, None]
    counts = np.bincount(bin_of.ravel(), minlength=len(x) * (bins + 1))
    edges = low + width / bins * np.arange(bins + 1)
    return counts.reshape(len(x), bins + 1)[:, :bins], edges


def _ranges(x: NDArray[np.floating], where: Any) -> tuple[Floats, Floats]:
    low = x.min(axis=1, where=where, initial=np.inf, keepdims=True).astype(np.float64)
    high = x.max(axis=1, where=where, initial=-np.inf, keepdims=True).astype(np.float64)
    nothing = high < low
    low[nothing], high[nothing] = 0, 1
    largest = np.maximum(-low, high)
    narrow = high - low <= 1e-6 * largest
    if narrow.any():
        reach = np.where(largest > 0, largest / 2, 0.5) * narrow
        low, high = low - reach, high + reach
    return low, high
