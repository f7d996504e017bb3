"""Overlaps E[φ(u) φ(v)] of two normal variables with cosine c, by Hermite series.

With φ(√q z) = Σ a_k h_k(z) in normalized Hermite polynomials, E[φ(u) φ(v)] = Σ a_k² c^k
(Mehler): one quadrature serves every cosine.
"""

import math
from functools import lru_cache

import numpy as np

from initviz.activations import ACTIVATIONS
from initviz.theory.gaussian import Floats, nodes

_TERMS = 400
# Narrow enough for the highest polynomial, whose waves are about π/√k long.
_FINEST = 0.5


def overlap(activation: str, q: float, c: float) -> float:
    """Return E[φ(u) φ(v)] for u, v ~ N(0, q) with cosine −1 ≤ c ≤ 1."""
    return _series(_energies(activation, math.sqrt(q))[0], c)


def slope_overlap(activation: str, q: float, c: float) -> float:
    """Return E[φ'(u) φ'(v)] for u, v ~ N(0, q) with cosine −1 ≤ c ≤ 1."""
    return _series(_energies(activation, math.sqrt(q))[1], c)


def square_overlap(activation: str, q: float, c: float) -> float:
    """Return E[φ(u)² φ(v)²] for u, v ~ N(0, q) with cosine −1 ≤ c ≤ 1."""
    return _series(_energies(activation, math.sqrt(q))[2], c)


def slope_square_overlap(activation: str, q: float, c: float) -> float:
    """Return E[φ'(u)² φ'(v)²] for u, v ~ N(0, q) with cosine −1 ≤ c ≤ 1."""
    return _series(_energies(activation, math.sqrt(q))[3], c)


def _series(energies: Floats, c: float) -> float:
    powers = c ** np.arange(len(energies), dtype=np.float64)
    return float(energies @ powers)


@lru_cache(maxsize=512)
def _energies(activation: str, std: float) -> Floats:
    """Return a_k² of φ, φ', φ² and φ'², (4, terms); the last term holds all that is beyond."""
    record = ACTIVATIONS[activation]
    at = nodes(record, 0.0, np.array([std]), _FINEST)
    phi, slope = record.at(at.x), record.slope_at(at.x)
    functions = np.stack((phi, slope, phi * phi, slope * slope))
    energies = (functions * at.weights @ _hermite(at.z).T) ** 2
    beyond = functions**2 @ at.weights - energies.sum(axis=1)
    return np.concatenate((energies, np.maximum(beyond, 0)[:, None]), axis=1)


def _hermite(z: Floats) -> Floats:
    """Return normalized Hermite polynomials h_0 … of z, (terms, points)."""
    h = np.empty((_TERMS, len(z)))
    h[0], h[1] = 1, z
    for k in range(2, _TERMS):
        h[k] = (z * h[k - 1] - math.sqrt(k - 1) * h[k - 2]) / math.sqrt(k)
    return h
