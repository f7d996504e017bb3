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
# Comparisons wait for each other unless so many go side by side.
_LANES = 32


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
def _squared_length(x: Numbers) -> float:
    """Return the sum of squares of a vector, in fewer steps than `_sums` if it is short."""
    if len(x) > _AT_A_TIME:
        return _sums(x)[1]
    q = x.dtype.type(0)
    for i in range(len(x)):
        q += x[i] * x[i]
    if _SMALL < q < _LARGE:
        return float(q)
    exact = 0.0
    for i in range(len(x)):
        exact += np.float64(x[i]) ** 2
    return exact


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
        directed = 0
        for place in range(inputs):
            row = layer[place]
            q = _squared_length(row)
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
        whole = layer.reshape(-1)
        total, energy = _sums(whole)
        found[:3, index] = _described(whole, total, energy)
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
def spread(x: Numbers, places: Floats, size: int) -> NDArray[np.float32]:
    """Return blocks of so many neighbours, one from each of as many equal parts of each row.

    `places`, (blocks,), from 0 to 1, say where in its part each block lies.
    """
    blocks = len(places)
    part = x.shape[1] / blocks
    starts = np.empty(blocks, np.int64)
    for block in range(blocks):
        starts[block] = int(block * part + places[block] * (part - size))
    found = np.empty((len(x), blocks * size), np.float32)
    for row in range(len(x)):
        for block in range(blocks):
            for i in range(size):
                found[row, block * size + i] = x[row, starts[block] + i]
    return found


@_inner
def _near(seen: Numbers, unit: int, other: int, near: float) -> bool:
    """Say whether two units agree in every look, (looks, units), but the first."""
    for look in range(1, len(seen)):  # noqa: SIM110 - numba compiles no generator
        if not abs(seen[look, unit] - seen[look, other]) <= near:
            return False
    return True


@_Loop
def share_apart(
    numbers: Numbers, order: NDArray[np.intp], square: Floats, tolerance: float
) -> Floats:
    """Return the share of units that one of a few looks at each tells apart, (layers,).

    `numbers` are (layers, looks, units), and `order` sorts the units by the first look. The
    tolerance is relative to the root of `square`, (layers,).
    """
    share = np.empty(len(numbers))
    for layer in range(len(numbers)):
        near = tolerance * np.sqrt(square[layer])
        seen = numbers[layer][:, order[layer]]
        different, size = 0, 0.0
        for unit in range(seen.shape[1]):
            for look in range(len(seen)):
                size += abs(seen[look, unit])
            other = unit - 1
            while other >= 0 and seen[0, unit] - seen[0, other] <= near:
                if _near(seen, unit, other, near):
                    break
                other -= 1
            if other < 0 or not seen[0, unit] - seen[0, other] <= near:
                different += 1
        share[layer] = different / seen.shape[1] if size + near < np.inf else np.nan
    return share


@_inner
def _range(x: Numbers) -> tuple[float, float]:
    """Return where a row's histogram begins and ends: its range, or a little around one value."""
    least, most = np.full(_LANES, np.inf, x.dtype), np.full(_LANES, -np.inf, x.dtype)
    for start in range(0, len(x), _LANES):
        part = x[start : start + _LANES]
        for lane in range(len(part)):
            value = part[lane]
            least[lane] = value if -np.inf < value < least[lane] else least[lane]
            most[lane] = value if most[lane] < value < np.inf else most[lane]
    low, high = np.float64(least.min()), np.float64(most.max())
    if not low <= high:
        return 0.0, 1.0
    largest, reach = max(-low, high), 0.0
    if high - low <= 1e-6 * largest:
        reach = largest / 2 if largest > _NOTHING else 0.5
    return low - reach, high + reach


@_Loop
def histograms(x: Numbers, span: Floats, bins: int) -> tuple[NDArray[np.int64], Floats]:
    """Count each row's values in equal bins over `span`, (2,), or over its own range if (0,).

    Returns counts (rows, bins) and edges (rows, bins + 1).
    """
    found, edges = np.zeros((len(x), bins), np.int64), np.empty((len(x), bins + 1))
    places = np.empty(x.shape[1], np.int64)
    for row in range(len(x)):
        low, high = (span[0], span[1]) if len(span) else _range(x[row])
        for edge in range(bins + 1):
            edges[row, edge] = low + (high - low) / bins * edge
        scale = bins / (high - low)
        for i in range(x.shape[1]):
            place = (x[row, i] - low) * scale
            inside = place >= 0 and x[row, i] <= high
            places[i] = min(int(place), bins - 1) if inside else -1
        for i in range(x.shape[1]):
            if places[i] >= 0:
                found[row, places[i]] += 1
    return found, edges
