"""What the band needs of an activation at one length: Hermite energies of φ and of its squares.

Two normal variables u, v of cosine c have E[f(u) g(v)] = Σ a_k b_k c^k, with the components a_k,
b_k of f and g in normalized Hermite polynomials (Mehler 1866).
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from initviz.catalog.activations import ACTIVATIONS
from initviz.theory.gaussian import Floats

_TERMS = 48
_SHORT = 7
_PANELS = np.linspace(-8, 8, 65)
_NODES = 8
# Of φ, φ', φ², φ'², (φ − E[φ])² and z φ.
_PAIRS = np.array([(0, 0), (1, 1), (2, 2), (3, 3), (2, 3), (4, 4), (1, 5)])
# Powers of the cosine that belong to energies; the last holds all beyond.
POWERS = np.arange(_TERMS + 1)


@dataclass(frozen=True)
class Answers:
    """How the average of a square f answers to the variance v of its argument.

    `first` is d ln E[f]/d ln v, `second` the second derivative v² d²E[f]/dv² over E[f].
    """

    first: float
    second: float

    @property
    def bend(self) -> float:
        """The second derivative of ln E[f] in ln v."""
        return self.second + self.first - self.first**2


@dataclass(frozen=True)
class Laws:
    """Hermite energies at one length: of φ, φ', φ², φ'² and between the last two (`both`).

    Then of (φ − E[φ])² (`spread`) and between φ' and z φ, z the argument over its standard
    deviation (`along`). Each is (terms + 1,), the last holding all beyond.
    """

    phi: Floats
    slope: Floats
    square: Floats
    slope_square: Floats
    both: Floats
    spread: Floats
    along: Floats
    answers: Answers
    slope_answers: Answers
    spread_answers: Answers


def laws_at(activation: str, log_v: float) -> Laws:
    """Return the laws near a variance, given its logarithm: lengths close by share theirs."""
    return _laws(activation, rounded(log_v, 8))


def slope_series(activation: str, log_q: float) -> Floats:
    """Return the coefficients of E[φ'(u) φ'(v)] in the cosine; the last holds all beyond."""
    return _laws(activation, rounded(log_q, 64)).slope


def coarse(activation: str, log_v: Floats) -> Floats:
    """Return the laws in short, for drawing, a row for each ln v.

    Seven series in the cosine, in the order of `Laws`, each with its first seven coefficients and
    the sum of all others, then the three answers, first and second.
    """
    rows = []
    for at in log_v.tolist():
        law = _laws(activation, at)
        series = (
            law.phi, law.slope, law.square, law.slope_square, law.both, law.spread, law.along,
        )  # fmt: skip
        short = [x for s in series for x in (*s[:_SHORT], s[_SHORT:].sum())]
        answers = (law.answers, law.slope_answers, law.spread_answers)
        rows.append([*short, *(x for a in answers for x in (a.first, a.second))])
    return np.array(rows)


def rounded(value: float, parts: int) -> float:
    """Round to a part of one."""
    return round(value * parts) / parts


@lru_cache(maxsize=1)
def _rule() -> tuple[Floats, Floats, Floats]:
    """Return standard normal nodes, their weights and normalized Hermite polynomials at them."""
    points, weights = np.polynomial.legendre.leggauss(_NODES)
    widths = np.diff(_PANELS)[:, None] / 2
    z = (_PANELS[:-1, None] + widths * (points + 1)).ravel()
    h = np.ones((_TERMS, len(z)))
    h[1] = z
    for k in range(2, _TERMS):
        h[k] = (z * h[k - 1] - math.sqrt(k - 1) * h[k - 2]) / math.sqrt(k)
    return z, (widths * weights).ravel() * np.exp(-z * z / 2) / math.sqrt(2 * math.pi), h


@lru_cache(maxsize=4096)
def _laws(activation: str, log_v: float) -> Laws:
    record, (z, weights, hermite) = ACTIVATIONS[activation], _rule()
    v = math.exp(log_v)
    x = math.sqrt(v) * z
    phi, slope = record.at(x), record.slope_at(x)
    squares = (phi * phi, slope * slope, (phi - phi @ weights) ** 2)
    functions = np.stack((phi, slope, *squares, phi * z))
    components = functions * weights @ hermite.T
    energies = components[_PAIRS[:, 0]] * components[_PAIRS[:, 1]]
    beyond = (functions[_PAIRS[:, 0]] * functions[_PAIRS[:, 1]]) @ weights - energies.sum(axis=1)
    series = np.concatenate((energies, beyond[:, None]), axis=1)
    averages = functions[2:5] @ weights
    # A slope that is 0 but for a sliver around the origin shows at no node: it answers to nothing.
    averages = np.where(averages > 0, averages, np.inf)
    # v^k d^kE[f]/dv^k = E[f He_2k(z)]/2^k.
    first = functions[2:5] @ (weights * (z * z - 1)) / (2 * averages)
    second = functions[2:5] @ (weights * (z**4 - 6 * z * z + 3)) / (4 * averages)
    answers = [Answers(float(a), float(b)) for a, b in zip(first, second, strict=True)]
    return Laws(*series, *answers)
