"""Expectations over normal variables, E[f(m + s z)] with z ~ N(0, 1), by quadrature.

Gauss–Legendre on panels that end where an activation bends or has a kink: plain
Gauss–Hermite converges slowly there.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from initviz.catalog.activations import ACTIVATIONS, Activation

Floats = NDArray[np.float64]

_ORDER = 16
# Beyond this many standard deviations the density is below 1e-31.
_REACH = 12.0
# Activations change at scale 1 around the origin; farther out they are ever smoother, or periodic.
_BENDS = np.concatenate([[0, 0.125, 0.25, 0.5, 1, 2, 3, 4, 6], 8 * 2.0 ** np.arange(24)])
_PERIOD_PANEL = 6.0
# A wider normal variable meets every phase of a period alike, to 1e-300.
_WIDEST_PERIODIC = 40.0
# In standard deviations; kinks that coincide with other ends leave nothing between them.
_NARROWEST = 1e-12


@lru_cache(maxsize=1)
def _legendre() -> tuple[Floats, Floats]:
    nodes, weights = np.polynomial.legendre.leggauss(_ORDER)
    return (nodes + 1) / 2, weights / 2


@dataclass(frozen=True)
class Nodes:
    """Standard normal values `z`, the arguments `x` = mean + std · z, and their weights.

    The nodes of several standard deviations follow each other; `starts` says where each begins.
    """

    z: Floats
    x: Floats
    weights: Floats
    starts: NDArray[np.intp]

    def averages(self, functions: Floats) -> Floats:
        """Return the expectations of functions given at the nodes: (…, points) to (…, stds)."""
        return np.add.reduceat(functions * self.weights, self.starts, axis=-1)


def nodes(record: Activation, mean: float, stds: Floats, finest: float = 1.0) -> Nodes:
    """Return points and weights for expectations over N(mean, std²), for each of `stds`.

    No panel is wider than `finest` standard deviations.
    """
    fixed = np.concatenate([-_BENDS, _BENDS, record.kinks])
    if record.periodic:
        stds = np.minimum(stds, _WIDEST_PERIODIC)
        far = abs(mean) + _REACH * float(stds.max())
        fixed = np.concatenate([fixed, np.arange(-far, far, _PERIOD_PANEL)])
    regular = np.linspace(-_REACH, _REACH, 1 + int(np.ceil(2 * _REACH / finest)))
    breaks = np.clip((fixed - mean) / stds[:, None], -_REACH, _REACH)
    everywhere = np.broadcast_to(regular, (len(stds), len(regular)))
    edges = np.sort(np.concatenate([everywhere, breaks], axis=1), axis=1)
    widths = np.diff(edges, axis=1)
    row, panel = np.nonzero(widths > _NARROWEST)
    points, weights = _legendre()
    width = widths[row, panel][:, None]
    z = edges[row, panel][:, None] + width * points
    weighted = width * weights * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
    x = mean + stds[row][:, None] * z
    starts = _ORDER * np.searchsorted(row, np.arange(len(stds)))
    return Nodes(z.ravel(), x.ravel(), weighted.ravel(), starts)


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
    at = nodes(record, mean, np.array([std]))
    phi, slope = record.at(at.x), record.slope_at(at.x)
    squares, slopes = phi * phi, slope * slope
    functions = (phi, squares, slopes, phi * slope * at.z, squares * squares, slopes * slopes)
    first, second, third, fourth, fifth, sixth = map(float, at.weights @ np.stack(functions, 1))
    return Moments(first, second, third, fourth / std, fifth, sixth)


def main_moments(activation: str, stds: Floats, mean: float = 0.0) -> tuple[Floats, Floats, Floats]:
    """Return E[φ], E[φ²] and E[φ'²] for each of many standard deviations at once."""
    record = ACTIVATIONS[activation]
    at = nodes(record, mean, stds)
    phi, slope = record.at(at.x), record.slope_at(at.x)
    return at.averages(phi), at.averages(phi * phi), at.averages(slope * slope)
