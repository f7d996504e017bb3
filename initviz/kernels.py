"""Loops over the numbers of a layer, compiled: each is read once or twice, all in one call.

Numbers are summed in the array's own precision a few thousand at a time, or in float64 where
that cannot hold their squares; everything else is float64.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.floating[Any]]
Given = ParamSpec("Given")
Found = TypeVar("Found")

# Sums may be taken in any order, so that several numbers are added at a time, and a division by
# zero gives what it does in NumPy.
_njit: Any = partial(njit, nogil=True, fastmath={"reassoc", "contract", "nsz"}, error_model="numpy")
_AT_A_TIME = 4096
# So many inputs, a power of two less one, are added up at a time.
_FEW = 63
# Between these, a sum of float32 squares has lost none of them.
_SMALL, _LARGE = 1e-25, 1e35
# Below this share of the mean square, subtracting the squared mean would cost digits.
_CANCELLATION = 0.1
# Where a histogram is concerned, a row without larger values is one of zeros.
_NOTHING = 1e-300
_GOLDEN = (5**0.5 - 1) / 2


def _inner(function: Callable[Given, Found]) -> Callable[Given, Found]:
    """Compile a function that only others here call, into each of them.

    Linked to them, it sums in one order where it was compiled and in another where it was kept.
    """
    made: Callable[Given, Found] = _njit(function, inline="always")
    return made


class _Loop(Generic[Given, Found]):
    """A function that is compiled for the types it is called with, and kept for other processes."""

    def __init__(self, function: Callable[Given, Found]) -> None:
        self._function = function
        try:
            self._run = _njit(function, cache=True)
        except RuntimeError:
            # There is no folder to keep it in.
            self._run = _njit(function)

    def __call__(self, *args: Given.args, **kwargs: Given.kwargs) -> Found:
        try:
            found: Found = self._run(*args, **kwargs)
        except Exception:  # noqa: BLE001 - whatever a damaged file or a full disk leads to
            self._run = _njit(self._function)
            found = self._run(*args, **kwargs)
        return found


@_inner
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


@_inner
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


@_Loop
def moments(x: Numbers) -> Floats:
    """Return mean, mean square and population variance of each row, (3, rows)."""
    found = np.empty((3, len(x)))
    for row in range(len(x)):
        total, energy = _sums(x[row])
        found[:, row] = _described(x[row], total, energy)
    return found


@_Loop
def outputs(h: Numbers) -> Floats:
    """Return moments, dead fraction and correlation of layers, (5, layers).

    `h` is (layers, batch, units).
    """
    found = np.empty((5, len(h)))
    shortest = np.finfo(h.dtype).tiny
    for index in range(len(h)):
        layer = h[index]
        inputs, units = layer.shape
        resultant, part = np.zeros(units), np.zeros(units, layer.dtype)
        total = energy = 0.0
        directed = 0
        for place in range(inputs):
            row = layer[place]
            s, q = _sums(row)
            total += s
            energy += q
            length = np.sqrt(q)
            # Of shorter ones too few digits are left to say where they point.
            if not length < shortest:
                directed += 1
                # Not a number where the square has overflowed.
                weight = layer.dtype.type(length / q)
                for unit in range(units):
                    part[unit] += weight * row[unit]
            if place & _FEW == _FEW or place == inputs - 1:
                resultant += part
                part[:] = 0
        energy_across, dead = 0.0, 0
        for unit in range(units):
            energy_across += resultant[unit] ** 2
            # Of a unit that is not dead, this sum is 0 by accident at most.
            if not abs(resultant[unit]) > 0 and np.all(layer[:, unit] == 0):
                dead += 1
        found[:3, index] = _described(layer.reshape(-1), total, energy)
        found[3, index] = dead / units
        found[4, index] = np.nan
        if directed > 1:
            found[4, index] = (energy_across - directed) / (directed * (directed - 1))
    return found


@_Loop
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


@_Loop
def spread(x: Numbers, blocks: int, size: int) -> NDArray[np.float32]:
    """Return blocks of so many neighbours, one from each of as many equal parts of each row."""
    part = x.shape[1] / blocks
    starts = np.empty(blocks, np.int64)
    for block in range(blocks):
        # Where in its part it lies goes on by the golden ratio, which meets all places alike.
        starts[block] = int(block * part + (block * _GOLDEN) % 1 * (part - size))
    found = np.empty((len(x), blocks * size), np.float32)
    for row in range(len(x)):
        for block in range(blocks):
            for i in range(size):
                found[row, block * size + i] = x[row, starts[block] + i]
    return found


@_Loop
def share_apart(numbers: Numbers, order: NDArray[np.intp], tolerance: Floats) -> Floats:
    """Return the share of units that two numbers tell apart by more than a tolerance, (layers,).

    `numbers` is (layers, 2, units), and `order` sorts the first of the two.
    """
    share = np.empty(len(numbers))
    for layer in range(len(numbers)):
        near = tolerance[layer]
        first, second = numbers[layer, 0][order[layer]], numbers[layer, 1][order[layer]]
        different, size = 0, 0.0
        for unit in range(len(first)):
            size += abs(first[unit]) + abs(second[unit])
            other = unit - 1
            while other >= 0 and first[unit] - first[other] <= near:
                if abs(second[unit] - second[other]) <= near:
                    break
                other -= 1
            if other < 0 or not first[unit] - first[other] <= near:
                different += 1
        share[layer] = different / len(first) if size + near < np.inf else np.nan
    return share


@_Loop
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
                reach = largest / 2 if largest > _NOTHING else 0.5
            low[row], high[row] = least - reach, most + reach
    return low, high


@_Loop
def counts(x: Numbers, low: Floats, high: Floats, bins: int) -> NDArray[np.int64]:
    """Count each row's values from `low` to `high` in equal bins, (rows, bins)."""
    found = np.zeros((len(x), bins), np.int64)
    for row in range(len(x)):
        scale = bins / (high[row] - low[row])
        for i in range(x.shape[1]):
            place = (x[row, i] - low[row]) * scale
            if place >= 0 and x[row, i] <= high[row]:
                found[row, min(int(place), bins - 1)] += 1
    return found
