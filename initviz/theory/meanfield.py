"""Mean field: how lengths, angles and gradients travel through a wide random network.

For weights of variance σ_w²/n and biases of variance σ_b², in the limit of large width:
Poole et al. 2016, arXiv:1606.05340; Schoenholz et al. 2017, arXiv:1611.01232. Lengths q are
mean squares of the pre-activations.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq

from initviz.catalog.activations import ACTIVATIONS
from initviz.theory.angles import overlap, shortfall, slope_overlap
from initviz.theory.gaussian import moments

# Lengths looked at, in powers of e: beyond them a length counts as gone to 0 or to infinity.
_SHORTEST, _LONGEST = -30.0, 30.0
_STEPS = 241
_CLOSE = 1e-12
# What quadrature leaves of a factor that is 1.
_ROUNDING = 1e-9
_GROWS_STEADILY = (
    "The gradient keeps its size whatever the biases are; they add their variance to the length in "
    "every layer, so that it has no fixed point."
)
_NEARLY = 1 - 1e-6
# Cosines from which on series have to be exact in 1 − c.
_ALIKE = 0.99
# A network trains to a depth of about this many correlation depths (Schoenholz et al. 2017).
TRAINABLE = 6.0


@dataclass(frozen=True)
class Phase:
    """A point (σ_w², σ_b²) of the plane and where a deep network ends up there.

    `q_star` is the length's fixed point that inputs of length 1 reach, `chi_1` the factor by
    which the gradient's variance changes a layer, `chi_q` the factor by which a disturbed
    length returns, `c_star` the cosine that two inputs approach, `depth_q` and `depth_c` the
    depth scales of both. Without a fixed point all are None and `reason` says why; but where a
    length grows by the biases' variance alone, only `q_star` is.
    """

    weight_var: float
    bias_var: float
    q_star: float | None = None
    chi_1: float | None = None
    chi_q: float | None = None
    c_star: float | None = None
    depth_q: float | None = None
    depth_c: float | None = None
    reason: str | None = None


def next_length(activation: str, q: float, weight_var: float, bias_var: float) -> float:
    """Return the length one layer on: σ_w² E[φ(√q z)²] + σ_b²."""
    return weight_var * moments(activation, math.sqrt(q)).square + bias_var


@lru_cache(maxsize=4096)
def phase(activation: str, weight_var: float, bias_var: float) -> Phase:
    """Return where a deep network of this activation ends up."""
    if bias_var > 0 and abs(weight_var / _keeping(activation) - 1) < _ROUNDING:
        # Next to lengths that grow, inputs look ever more alike, slower than by any factor.
        steady = 1.0, 1.0, 1.0, math.inf, math.inf
        return Phase(weight_var, bias_var, None, *steady, _GROWS_STEADILY)
    q, reason = _fixed_length(activation, weight_var, bias_var)
    if q == 0:
        return _shrinking(activation, weight_var, reason)
    if q is None:
        return Phase(weight_var, bias_var, reason=reason)
    at = moments(activation, math.sqrt(q))
    chi_1, chi_q = weight_var * at.slope_square, weight_var * at.bend
    c = _fixed_cosine(activation, q, weight_var, bias_var, chi_1)
    steep = chi_1 if c == 1 else weight_var * slope_overlap(activation, q, c)
    return Phase(weight_var, bias_var, q, chi_1, chi_q, c, depth_scale(chi_q), depth_scale(steep))


def _keeping(activation: str) -> float:
    """Return the σ_w² at which a homogeneous φ keeps gradients of any length, ∞ for any other φ."""
    return edge(activation, 1.0)[0] if ACTIVATIONS[activation].homogeneous else math.inf


def depth_scale(factor: float) -> float:
    """Return −1/ln of the factor by which a deviation shrinks a layer; ∞ where it does not."""
    if factor <= 0:
        return 0.0
    return math.inf if factor >= 1 - _CLOSE else -1 / math.log(factor)


def _fixed_length(
    activation: str, weight_var: float, bias_var: float
) -> tuple[float | None, str | None]:
    """Follow lengths from that of the inputs, 1, to where they stay."""

    def growth(log_q: float) -> float:
        q = math.exp(log_q)
        return next_length(activation, q, weight_var, bias_var) / q - 1

    start = growth(0.0)
    if abs(start) < _CLOSE:
        return 1.0, None
    end = _LONGEST if start > 0 else _SHORTEST
    grid = np.linspace(0.0, end, _STEPS)
    for near, far in pairwise(grid):
        if growth(far) * start <= 0:
            root = brentq(growth, near, far, xtol=1e-14, rtol=1e-14)
            return math.exp(float(root)), None
    if start > 0:
        return None, "The length grows without end: there is no fixed point."
    return 0.0, "The length shrinks to 0."


def _shrinking(activation: str, weight_var: float, reason: str | None) -> Phase:
    """Return what becomes of networks whose length shrinks to 0, where φ is as good as linear."""
    at = moments(activation, math.exp(-30))
    chi_1, chi_q = weight_var * at.slope_square, weight_var * at.bend
    depths = depth_scale(chi_q), depth_scale(chi_1)
    return Phase(weight_var, 0.0, 0.0, chi_1, chi_q, 1.0, *depths, reason)


def _fixed_cosine(
    activation: str, q: float, weight_var: float, bias_var: float, chi_1: float
) -> float:
    """Return the cosine that two different inputs approach: 1 unless they are torn apart."""
    if chi_1 <= 1 + _CLOSE:
        return 1.0

    def gain(c: float) -> float:
        if c > _ALIKE:
            # The map is 1 at 1: what counts is how far it falls from there.
            return 1 - c - weight_var * shortfall(activation, q, c) / q
        return next_cosine(activation, q, c, weight_var, bias_var) - c

    if gain(0.0) <= 0:
        return 0.0
    # Just beyond the edge of chaos the cosine is as good as 1.
    return 1.0 if gain(_NEARLY) >= 0 else float(brentq(gain, 0.0, _NEARLY, xtol=1e-12))


def next_cosine(activation: str, q: float, c: float, weight_var: float, bias_var: float) -> float:
    """Return the cosine one layer on, of two inputs whose lengths are both q, a fixed point."""
    return (weight_var * overlap(activation, q, c) + bias_var) / q


@dataclass(frozen=True)
class Critical:
    """A point of the edge of chaos, where χ₁ = 1, or the reason why there is none.

    `q_star` is None where every length is a fixed point, and where none is: χ₁ of a homogeneous φ
    does not depend on the length.
    """

    bias_var: float
    weight_var: float | None = None
    q_star: float | None = None
    reason: str | None = None

    def document(self) -> dict[str, float | str | None]:
        """Return the point as JSON-ready data."""
        found = self.weight_var is not None
        return {
            "weight_std": math.sqrt(self.weight_var) if self.weight_var is not None else None,
            "weight_var": self.weight_var,
            "q_star": self.q_star,
            "chi_1": 1.0 if found else None,
            "reason": self.reason,
        }


def edge(activation: str, q: float) -> tuple[float, float]:
    """Return (σ_w², σ_b²) of the edge of chaos whose fixed length is q: σ_w² = 1/E[φ'²]."""
    at = moments(activation, math.sqrt(q))
    weight_var = 1 / at.slope_square
    return weight_var, q - weight_var * at.square


@lru_cache(maxsize=1024)
def critical(activation: str, bias_var: float) -> Critical:
    """Return the edge of chaos at a bias variance: the point of the smallest length."""
    if ACTIVATIONS[activation].homogeneous:
        reason = _GROWS_STEADILY if bias_var else "Every length is a fixed point."
        return Critical(bias_var, _keeping(activation), None, reason)
    grid = np.linspace(-16.0, 12.0, _STEPS)

    def excess(log_q: float) -> float:
        return edge(activation, math.exp(log_q))[1] - bias_var

    values = np.array([excess(log_q) for log_q in grid])
    if bias_var == 0 and 0 <= values[0] < 1e-3 * math.exp(grid[0]):
        reason = "The length shrinks to 0, ever more slowly."
        return Critical(bias_var, edge(activation, math.exp(-60))[0], 0.0, reason)
    for i in np.flatnonzero(values[:-1] * values[1:] < 0):
        q = math.exp(float(brentq(excess, grid[i], grid[i + 1], xtol=1e-14, rtol=1e-14)))
        return Critical(bias_var, edge(activation, q)[0], q)
    return Critical(bias_var, reason="No weight variance keeps the gradient at this bias.")
