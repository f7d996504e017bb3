"""Expectations over normal variables, E[f(m + s z)] with z ~ N(0, 1), by quadrature.

Gauss–Legendre on panels that end where an activation bends or has a kink: plain
Gauss–Hermite converges slowly there.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from initviz.activations import ACTIVATIONS

Floats = NDArray[np.float64]

_ORDER = 24
# Beyond this many standard deviations the density is below 1e-31.
_REACH = 12.0
# Activations change at scale 1 around the origin; far from it they are straight, or periodic.
_BENDS = np.array([0, 0.125, 0.25, 0.5, 1, 2, 3, 4, 6, 8.0])
_WIDEST = 8.0
_MOST_PANELS = 1024


@lru_cache(maxsize=1)
def _legendre() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(_ORDER)
    return (nodes + 1) / 2, weights / 2


@dataclass(frozen=True)
class Nodes:
    """Standard normal values `z`, the arguments `x` = mean + std · z, and their weights."""

    z: Floats
    x: Floats
    weights: Floats


def nodes(mean: float, std: float, kinks: tuple[float, ...], finest: float = 1.0) -> Nodes:
    """Return points and weights for expectations over N(mean, std²).

    No panel is wider than `finest` standard deviations.
    """
    low, high = mean - _REACH * std, mean + _REACH * std
    widest = max(_WIDEST, (high - low) / _MOST_PANELS)
    breaks = np.concatenate(
        [
            np.linspace(low, high, 1 + int(np.ceil(2 * _REACH / finest))),
            np.arange(low, high, widest) if high - low > widest else [],
            -_BENDS,
            _BENDS,
            kinks,
        ]
    )
    edges = np.unique(np.clip(breaks, low, high))
    points, weights = _legendre()
    widths = np.diff(edges)[:, None]
    z = ((edges[:-1, None] + widths * points).ravel() - mean) / std
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    return Nodes(z, mean + std * z, (widths / std * weights).ravel() * density)


@dataclass(frozen=True)
class Moments:
    """Moments of φ(x) and φ'(x) for x ~ N(mean, std²).

    `bend` is E[φ φ' z]/std = ½ dE[φ²]/d(std²); `fourth` and `slope_fourth` are E[φ⁴], E[φ'⁴].
    """

    mean: float
    square: float
    slope_square: float
    bend: float
    fourth: float
    slope_fourth: float


@lru_cache(maxsize=65536)
def moments(activation: str, std: float, mean: float = 0.0) -> Moments:
    """Return the moments of an activation, `std` > 0, to about twelve digits."""
    record = ACTIVATIONS[activation]
    at = nodes(mean, std, record.kinks)
    phi, slope = record.at(at.x), record.slope_at(at.x)
    squares, slopes = phi * phi, slope * slope
    averages = at.weights @ np.stack(
        (phi, squares, slopes, phi * slope * at.z, squares * squares, slopes * slopes), axis=1
    )
    first, second, third, fourth, fifth, sixth = map(float, averages)
    return Moments(first, second, third, fourth / std, fifth, sixth)
