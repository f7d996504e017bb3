"""Loops over the numbers of a layer, compiled: each is read once or twice, all in one call.

Numbers are summed in the array's own precision a few thousand at a time, or in float64 where
that cannot hold their squares; everything else is float64.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.floating[Any]]
_Function = TypeVar("_Function", bound=Callable[..., Any])

# Sums may be taken in any order, so that several numbers are added at a time, and a division by
# zero gives what it does in NumPy.
_njit: Any = partial(njit, nogil=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
_AT_A_TIME = 4096
# Between these, a sum of float32 squares has lost none of them.
_SMALL, _LARGE = 1e-25, 1e35
# Below this share of the mean square, subtracting the squared mean would cost digits.
_CANCELLATION = 0.1


def _compiled(function: _Function) -> _Function:
    """Compile a function for the types that it is called with, if it can for later processes."""
    try:
        made: _Function = _njit(function, cache=True)
    except RuntimeError:
        # There is nowhere to keep what was compiled.
        made = _njit(function)
    return made


@_compiled
def _sums(x: Numbers) -> tuple[float, float]:
    """Return the sum of a vector's entries and the sum of their squares."""
    total = energy = 0.0
    for start in range(0, len(x), _AT_A_TIME):
        part = x[start : start + _AT_A_TIME]
        s, q = part.dtype.type(0), part.dtype.type(0)
        for i in range(len(part)):
            s += part[i]
            q += part[i] * part[i]
        if _SMALL < q < _LARGE:
            total += np.float64(s)
            energy += np.float64(q)
        else:
            for i in range(len(part)):
                total += np.float64(part[i])
                energy += np.float64(part[i]) ** 2
    return total, energy


@_compiled
def _described(x: Numbers, total: float, energy: float) -> tuple[float, float, float]:
    """Return mean, mean square and population variance, given a vector's sums."""
    mean, square = total / len(x), energy / len(x)
    variance = square - mean * mean
    if variance < _CANCELLATION * square:
        total = deviation = 0.0
        for i in range(len(x)):
            total += np.float64(x[i])
        mean = total / len(x)
        for i in range(len(x)):
            deviation += (x[i] - mean) ** 2
        variance = deviation / len(x)
    return mean, square, variance


@_compiled
def moments(x: Numbers) -> Floats:
    """Return mean, mean square and population variance of each row, (3, rows)."""
    found = np.empty((3, len(x)))
    for row in range(len(x)):
        total, energy = _sums(x[row])
        found[:, row] = _described(x[row], total, energy)
    return found


@_compiled
def outputs(h: Numbers) -> Floats:
    """Return moments, dead fraction and correlation of layers, (5, layers).

    `h` is (layers, batch, units).
    """
    found = np.empty((5, len(h)))
    for index in range(len(h)):
        layer = h[index]
        inputs, units = layer.shape
        resultant = np.zeros(units, layer.dtype)
        total = energy = 0.0
        directed = 0
        for place in range(inputs):
            row = layer[place]
            s, q = _sums(row)
            total += s
            energy += q
            # Of shorter ones too few digits are left to say where they point.
            if not np.sqrt(q) < np.finfo(layer.dtype).tiny:
                directed += 1
                weight = layer.dtype.type(1 / np.sqrt(q))
                for unit in range(units):
                    resultant[unit] += weight * row[unit]
        _, length = _sums(resultant)
        dead = 0
        for unit in range(units):
            # Of a unit that is not dead, this sum is 0 by accident at most.
            if resultant[unit] == 0 and np.all(layer[:, unit] == 0):
                dead += 1
        found[:3, index] = _described(layer.reshape(-1), total, energy)
        found[3, index] = dead / units
        found[4, index] = np.nan
        if directed > 1:
            found[4, index] = (length - directed) / (directed * (directed - 1))
    return found


@_compiled
def share_below(x: Numbers, threshold: float) -> Floats:
    """Return the share of entries of each row with |x| < threshold."""
    share = np.empty(len(x))
    limit = x.dtype.type(threshold)
    for row in range(len(x)):
        below = 0
        for i in range(x.shape[1]):
            below += abs(x[row, i]) < limit
        share[row] = below / x.shape[1]
    return share


@_compiled
def spaced(x: Numbers, blocks: int, size: int, step: int) -> NDArray[np.float32]:
    """Return blocks of so many neighbours from each row, which begin every `step` values."""
    found = np.empty((len(x), blocks * size), np.float32)
    for row in range(len(x)):
        for block in range(blocks):
            for i in range(size):
                found[row, block * size + i] = x[row, block * step + i]
    return found


@_compiled
def share_apart(numbers: Numbers, order: NDArray[np.intp], tolerance: Floats) -> Floats:
    """Return the share of units that two numbers tell apart by more than a tolerance, (layers,).

    `numbers` is (layers, 2, units), and `order` sorts the first of the two.
    """
    share = np.empty(len(numbers))
    for layer in range(len(numbers)):
        first, second = numbers[layer, 0], numbers[layer, 1]
        different, size = 1, 0.0
        for i in range(1, len(first)):
            unit, neighbour = order[layer, i], order[layer, i - 1]
            gap = abs(first[unit] - first[neighbour])
            if max(gap, abs(second[unit] - second[neighbour])) > tolerance[layer]:
                different += 1
        for i in range(len(first)):
            size += abs(first[i]) + abs(second[i])
        share[layer] = different / len(first) if size + tolerance[layer] < np.inf else np.nan
    return share


@_compiled
def ranges(x: Numbers) -> tuple[Floats, Floats]:
    """Return where histograms of rows begin and end: their range, or a little around one value."""
    low, high = np.zeros(len(x)), np.ones(len(x))
    for row in range(len(x)):
        least, most = np.inf, -np.inf
        for i in range(x.shape[1]):
            if abs(x[row, i]) < np.inf:
                least, most = min(least, x[row, i]), max(most, x[row, i])
        if least <= most:
            largest = max(-least, most)
            reach = 0.0
            if most - least <= 1e-6 * largest:
                reach = largest / 2 if largest > 0 else 0.5
            low[row], high[row] = least - reach, most + reach
    return low, high


@_compiled
def counts(x: Numbers, low: Floats, high: Floats, bins: int) -> NDArray[np.int64]:
    """Count each row's finite values in equal bins between `low` and `high`, (rows, bins)."""
    found = np.zeros((len(x), bins), np.int64)
    for row in range(len(x)):
        scale = bins / (high[row] - low[row])
        for i in range(x.shape[1]):
            if abs(x[row, i]) < np.inf:
                place = int((x[row, i] - low[row]) * scale)
                found[row, min(place, bins - 1)] += 1
    return found
