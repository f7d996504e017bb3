"""What batch normalization makes of a signal and of its gradient, at any size of the batch.

A unit's pre-activations over a batch of B, centred and divided by their standard deviation, are
a vector of mean 0 and length √B. Where inputs are equally alike, two by two, as they are after
one layer at large width, its direction is uniform: each entry is √(B − 1) times one coordinate
of a point on the sphere in B − 1 dimensions, and two entries have the cosine −1/(B − 1)
(Yang et al. 2019, arXiv:1902.08129, section 3). Backwards, 1/σ² is 1/χ² of B − 1 degrees of
freedom, on average B/(B − 3) over the variance that inputs do not share, and
δz = (1 − 11ᵀ/B − xxᵀ/B) φ'(x) δh/σ: what lies along 1 and x is taken out.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from initviz.catalog.activations import ACTIVATIONS
from initviz.theory.gaussian import Floats

_TERMS = 48
_ORDER = 16
# Where panels end, beside kinks; an entry beyond 12 has a density below 1e-31.
_ENDS = np.linspace(-12.0, 12.0, 49)
# In smaller batches 1/σ² has no average.
SMALLEST = 4


@dataclass(frozen=True)
class Normalized:
    """Averages over x, what φ sees: E[φ], E[φ²] and the part of E[φ²] that inputs do not share.

    `last` and `inner` are the average of (∂ℓ/∂z)² over that of (∂ℓ/∂h)², times the variance of z
    that inputs do not share: with gradients that are independent between inputs, as at the last
    layer, and with those that have been through a normalization.
    """

    mean: float
    square: float
    unshared: float
    last: float
    inner: float


@lru_cache(maxsize=256)
def normalized(activation: str, batch: int) -> Normalized:
    """Return the averages for a batch of at least 2; `last` and `inner` are ∞ below 4."""
    record, share = ACTIVATIONS[activation], 1 / batch
    x, weights, harmonics = _sphere(activation, batch)
    phi, slope = record.at(x), record.slope_at(x)
    apart = _at_right_angles(batch)

    def pair(values: Floats) -> float:
        """Return E[f(x₁) f(x₂)] over two entries (Funk 1916, Hecke 1918)."""
        return float((harmonics @ (weights * values)) ** 2 @ apart)

    square, slopes, along = (float(weights @ v**2) for v in (phi, slope, x * slope))
    alone = slopes - share * (slopes + along)
    others = (1 - share) * (pair(slope) + pair(x * slope))
    inverse = batch / (batch - 3) if batch >= SMALLEST else math.inf
    return Normalized(
        float(weights @ phi),
        square,
        square - pair(phi),
        inverse * alone,
        inverse * (alone - share * (alone - others)) / (1 - share),
    )


def _sphere(activation: str, batch: int) -> tuple[Floats, Floats, Floats]:
    """Return entries x, their weights, and normalized harmonics at them, (terms, points)."""
    size = batch - 1
    if size == 1:
        x = np.array([-1.0, 1.0])
        return x, np.full(2, 0.5), np.stack((np.ones(2), x))
    # In the angle with the equator the density is cos^(size − 2).
    fixed = np.concatenate((_ENDS, ACTIVATIONS[activation].kinks, [-12 - size, 12 + size]))
    edges = np.unique(np.arcsin(np.clip(fixed / math.sqrt(size), -1, 1)))
    nodes, widths = np.polynomial.legendre.leggauss(_ORDER)
    half = np.diff(edges)[:, None] / 2
    angle = (edges[:-1, None] + half * (nodes + 1)).ravel()
    weights = (half * widths).ravel() * np.cos(angle) ** (size - 2)
    return math.sqrt(size) * np.sin(angle), weights / weights.sum(), _harmonics(size, np.sin(angle))


def _harmonics(size: int, t: Floats) -> Floats:
    """Return Gegenbauer polynomials P_k √N_k of mean square 1 on the sphere, (terms, points)."""
    return _legendre(size, t) * np.sqrt(_numbers(size))[:, None]


def _legendre(size: int, t: Floats) -> Floats:
    """Return the Legendre polynomials of that dimension, P_k(1) = 1."""
    found = np.ones((_TERMS, len(t)))
    found[1] = t
    for k in range(1, _TERMS - 1):
        found[k + 1] = ((2 * k + size - 2) * t * found[k] - k * found[k - 1]) / (k + size - 2)
    return found


def _numbers(size: int) -> Floats:
    """Return how many harmonics of each degree are independent."""
    found = np.ones(_TERMS)
    found[1] = size
    for k in range(1, _TERMS - 1):
        ratio = (2 * k + size) * (k + size - 2) / ((2 * k + size - 2) * (k + 1))
        found[k + 1] = found[k] * ratio
    return found


def _at_right_angles(batch: int) -> Floats:
    """Return P_k at the cosine of two entries."""
    size = batch - 1
    if size == 1:
        return np.array([1.0, -1.0])
    return _legendre(size, np.array([-1 / size]))[:, 0]
