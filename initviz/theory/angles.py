"""Overlaps E[φ(u) φ(v)] of two normal variables with cosine c, by Hermite series.

With φ(√q z) = Σ a_k h_k(z) in normalized Hermite polynomials, E[φ(u) φ(v)] = Σ a_k² c^k
(Mehler): one quadrature serves every cosine. The a_k² of a function with a jump fall like
k^(-3/2) on average, and with every further derivative that is continuous by one power of k
faster: what lies beyond the terms computed is spread by that law.
"""

import math
from functools import lru_cache

import numpy as np

from initviz.catalog.activations import ACTIVATIONS
from initviz.theory.gaussian import Floats, nodes

_TERMS = 400
# Narrow enough for the highest polynomial, whose waves are about π/√k long.
_FINEST = 0.5
# A tail's bins, each reaching √2 times as far as the one before: to cosines of 1 − 1e-7.
_BINS = 32
# How far from a kink its two sides are looked at.
_ASIDE = 1e-6


def overlap(activation: str, q: float, c: float) -> float:
    """Return E[φ(u) φ(v)] for u, v ~ N(0, q) with cosine −1 ≤ c ≤ 1."""
    return _series(_energies(activation, math.sqrt(q))[0], c)


def slope_overlap(activation: str, q: float, c: float) -> float:
    """Return E[φ'(u) φ'(v)] for u, v ~ N(0, q) with cosine −1 ≤ c ≤ 1."""
    return _series(_energies(activation, math.sqrt(q))[1], c)


def shortfall(activation: str, q: float, c: float) -> float:
    """Return E[φ(u)²] − E[φ(u) φ(v)] for u, v ~ N(0, q): exact to the last digits near c = 1.

    It is q times the integral of E[φ'(u) φ'(v)] over the cosine from c to 1 (Price 1958).
    """
    one_more = _powers() + 1
    return q * float(_energies(activation, math.sqrt(q))[1] @ ((1 - c**one_more) / one_more))


def square_overlap(activation: str, q: float, c: float) -> float:
    """Return E[φ(u)² φ(v)²] for u, v ~ N(0, q) with cosine −1 ≤ c ≤ 1."""
    return _series(_energies(activation, math.sqrt(q))[2], c)


def slope_square_overlap(activation: str, q: float, c: float) -> float:
    """Return E[φ'(u)² φ'(v)²] for u, v ~ N(0, q) with cosine −1 ≤ c ≤ 1."""
    return _series(_energies(activation, math.sqrt(q))[3], c)


def _series(energies: Floats, c: float) -> float:
    return float(energies @ c ** _powers())


@lru_cache(maxsize=512)
def _energies(activation: str, std: float) -> Floats:
    """Return a_k² of φ, φ', φ² and φ'², (4, terms), then what is beyond in growing bins."""
    record = ACTIVATIONS[activation]
    at = nodes(record, 0.0, np.array([std]), _FINEST)
    phi, slope = record.at(at.x), record.slope_at(at.x)
    functions = np.stack((phi, slope, phi * phi, slope * slope))
    energies = (functions * at.weights @ _hermite(at.z).T) ** 2
    beyond = functions**2 @ at.weights - energies.sum(axis=1)
    fall = slope_fall(activation)
    shares = np.stack([tail(_TERMS, f)[1] for f in (fall + 1, fall, fall + 1, fall)])
    return np.concatenate((energies, np.maximum(beyond, 0)[:, None] * shares), axis=1)


@lru_cache(maxsize=1)
def _powers() -> Floats:
    return np.concatenate((np.arange(_TERMS), tail(_TERMS, 1.0)[0]))


def slope_fall(activation: str) -> float:
    """Return how fast, as a power of k, the sum of the a_k² of φ' beyond k falls."""
    record = ACTIVATIONS[activation]
    kinks = np.array(record.kinks)
    jumps = record.slope_at(kinks + _ASIDE) - record.slope_at(kinks - _ASIDE)
    return 0.5 if np.any(np.abs(jumps) > 1e3 * _ASIDE) else 1.5


def tail(terms: int, fall: float) -> tuple[Floats, Floats]:
    """Return the powers of c, and their shares of a sum from k = `terms` on, (bins,) each.

    The sum beyond k falls like k^-`fall`. Powers are even, as for an even function.
    """
    edges = math.sqrt(2) ** np.arange(_BINS + 1)
    farther = edges**-fall
    farther[-1] = 0
    return 2 * np.round(terms / 2 * np.sqrt(edges[:-1] * edges[1:])), -np.diff(farther)


def _hermite(z: Floats) -> Floats:
    """Return normalized Hermite polynomials h_0 … of z, (terms, points)."""
    h = np.empty((_TERMS, len(z)))
    h[0], h[1] = 1, z
    for k in range(2, _TERMS):
        h[k] = (z * h[k - 1] - math.sqrt(k - 1) * h[k - 2]) / math.sqrt(k)
    return h
