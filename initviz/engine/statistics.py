"""Moments and counts of activations and gradients, layer by layer.

Tensors come stacked, (layers, batch, units), in float32 or float64, so that a whole chunk of
layers costs one call. Results are float64; what overflows or is not a number shows in them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from initviz.engine import kernels
from initviz.runtime.randomness import generator

Floats = kernels.Floats
_SILENT = np.errstate(over="ignore", invalid="ignore", divide="ignore")

SAMPLE_SIZE = 1024
# Samples are so many neighbours at a time.
_BLOCK = 8
# Where in its part of the layer each block lies: anything regular would, at some widths, meet the
# same units again and again.
_PLACES = np.random.default_rng(0).random(SAMPLE_SIZE // _BLOCK)
# An activation is flat where |φ'| is below this share of its largest value.
FLAT = 0.01


@dataclass(frozen=True)
class Moments:
    """Mean, mean square and population variance of each layer."""

    mean: Floats
    square: Floats
    variance: Floats


def moments(x: Tensor) -> Moments:
    """Return the moments of each layer of `x`, (layers, …)."""
    return Moments(*kernels.moments(_rows(x)))


def _rows(x: Tensor) -> NDArray[np.floating[Any]]:
    """Return one row a layer, side by side, which kernels are compiled for."""
    return np.ascontiguousarray(x.numpy().reshape(len(x), math.prod(x.shape[1:])))


@lru_cache(maxsize=16)
@torch.inference_mode(mode=False)
def _directions(batch: int, dtype: torch.dtype) -> Tensor:
    return torch.empty(2, batch).normal_(generator=generator(0, "probe")).to(dtype)


@dataclass(frozen=True)
class Outputs:
    """What a layer's activations say about its units and about the batch."""

    moments: Moments
    dead_fraction: Floats
    correlation: Floats


def outputs(h: Tensor) -> Outputs:
    """Return everything about activations, (layers, batch, units).

    The dead fraction is the share of units that are exactly 0 for the whole batch.
    The correlation is the mean cosine similarity of two different inputs' activations: inputs
    whose activations are all zero have no direction and are left out; NaN where fewer than
    two remain.
    """
    *found, dead_fraction, correlation = kernels.outputs(np.ascontiguousarray(h.numpy()))
    return Outputs(Moments(*found), dead_fraction, correlation)


def share_below(x: Tensor, threshold: float) -> Floats:
    """Return the share of entries of each layer, (layers, …), with |x| < threshold."""
    return kernels.share_below(_rows(x), threshold)


def projections(z: Tensor) -> Tensor:
    """Return two random projections of each unit over the batch.

    `z` is (layers, batch, units), the result (layers, 2, units).
    """
    return torch.matmul(_directions(z.shape[1], z.dtype), z)


@dataclass(frozen=True)
class Alike:
    """Units that compute the same thing: `share` of different ones, (layers,).

    Where it is below 1, `looks` holds two random projections of every unit, (2, units), in units
    of their root mean square.
    """

    share: Floats
    looks: dict[int, NDArray[np.floating[Any]]]


@_SILENT
def alike(z: Tensor, square: Floats | None = None) -> Alike:
    """Tell which units compute the same thing, given z (layers, batch, units).

    `square`, the mean of its squares, (layers,), spares a pass where it is known. Two units do if
    they agree on the whole batch to rounding, relative to that: what they are for one input may be
    small by chance, and its rounding is not. NaN where something is not finite.
    """
    if square is None:
        square = moments(z).square
    # Units that two inputs tell apart are different; only the others have to be looked at.
    share = _apart(np.ascontiguousarray(z[:, :: max(1, z.shape[1] - 1)].numpy()), square)
    looks = {}
    for layer in [layer for layer, told in enumerate(share.tolist()) if told < 1]:
        looks[layer] = _looks(z[layer], float(square[layer]))
        share[layer] = _apart(looks[layer][None], np.ones(1))[0]
    return Alike(share, looks)


def _looks(z: Tensor, square: float) -> NDArray[np.floating[Any]]:
    """Return two random projections of each unit, z (batch, units), over their size."""
    size = math.sqrt(square * len(z))
    found: NDArray[np.floating[Any]] = projections(z[None]).numpy()[0]
    return found / found.dtype.type(size) if size else found


@_SILENT
def copies(found: Alike, layer: int, rows: Tensor) -> float:
    """Return the share of a layer's units that are no copy of another.

    Copies compute the same thing and are moved alike: `rows`, (units, fan-in), are those of
    ∂ℓ/∂W. These agree to half of the digits: sums that nearly cancel round far above their size.
    """
    if layer not in found.looks or not found.share[layer] < 1:
        return float(found.share[layer])
    moved = _looks(rows.T, float(moments(rows[None]).square[0]))
    half = _rounding(moved) / math.sqrt(float(np.finfo(moved.dtype).eps))
    looks = np.concatenate([found.looks[layer], half * moved.astype(found.looks[layer].dtype)])
    return float(_apart(looks[None], np.ones(1))[0])


def distinct(z: Tensor, rows: Sequence[Tensor] | None = None) -> Floats:
    """Return the number of units that are no copies over that of all units, in each layer.

    `z` is (layers, batch, units), `rows` what `copies` takes, of each layer. Without them units
    that compute the same thing count as copies.
    """
    found = alike(z)
    if rows is None:
        return found.share
    return np.array([copies(found, layer, row) for layer, row in enumerate(rows)])


def _apart(numbers: NDArray[np.floating[Any]], square: Floats) -> Floats:
    """Return the share of units that some looks at each tell apart, (layers,).

    `numbers` is (layers, looks, units). Copies agree in all but for the rounding of values with
    that mean square, (layers,).
    """
    order = numbers[:, 0].argsort(axis=1)
    return kernels.share_apart(numbers, order, np.ascontiguousarray(square), _rounding(numbers))


def _rounding(numbers: NDArray[np.floating[Any]]) -> float:
    """Return how far rounding takes sums over units apart, (…, units), relative to their size."""
    return 16 * math.sqrt(numbers.shape[-1]) * float(np.finfo(numbers.dtype).eps)


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
    """Return up to `SAMPLE_SIZE` values of each layer, in blocks spread over batch × units.

    `x` is (layers, batch, units), the result (layers, values).
    """
    rows = _rows(x)
    if rows.shape[1] <= SAMPLE_SIZE:
        return rows.astype(np.float32)
    return kernels.spread(rows, _PLACES, _BLOCK)


@_SILENT
def samples(x: Tensor, exponents: NDArray[np.int64]) -> Samples:
    """Return the samples of layers, (layers, batch, …, units), that carry exponents."""
    layers = x.reshape(len(x), -1, x.shape[-1])
    return Samples(sampled(layers.to(torch.promote_types(x.dtype, torch.float32))), exponents)


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

    Returns counts (rows, bins) and edges (rows, bins + 1). Around a single value the row's range
    is half of it to either side. Values outside a span are not counted.
    """
    ends = np.array(span or (), np.float64)
    return kernels.histograms(np.ascontiguousarray(x), ends, bins)
