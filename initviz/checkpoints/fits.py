"""Whether numbers may have been drawn from a distribution, and how likely it makes them.

One that the numbers contradict is told by their largest size, their variance, or their
Kolmogorov-Smirnov distance from it (Massart 1990, Annals of Probability 18, 1269:
P(D > d) ≤ 2 exp(−2 n d²)).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from initviz.catalog.initializers import TRUNCATED_VARIANCE
from initviz.engine.statistics import Floats

# Numbers that are looked at one by one; the variance is always that of all.
_SAMPLE = 2**16
# How seldom the true initializer may be dropped for its distance: once in so many layers.
_ONE_IN = 1e5
# Standard deviations by which the variance may miss.
_DEVIATIONS = 5.0


@dataclass(frozen=True)
class Law:
    """A standard noise of independent entries: its variance, largest size, and distribution."""

    words: str
    variance: float
    bound: float
    cdf: Callable[[Floats], Floats]
    log_density: Callable[[Floats], Floats]


_INSIDE = math.erf(math.sqrt(2))
LAWS = {
    "normal": Law(
        "normal",
        1.0,
        math.inf,
        ndtr,
        lambda z: -(z**2) / 2 - math.log(2 * math.pi) / 2,
    ),
    "uniform": Law(
        "uniform",
        1 / 3,
        1.0,
        lambda z: np.clip((z + 1) / 2, 0, 1),
        lambda z: np.full_like(z, -math.log(2)),
    ),
    "truncated": Law(
        "truncated normal",
        TRUNCATED_VARIANCE,
        2.0,
        lambda z: np.clip((ndtr(z) - ndtr(-2.0)) / _INSIDE, 0, 1),
        lambda z: -(z**2) / 2 - math.log(2 * math.pi) / 2 - math.log(_INSIDE),
    ),
}


@dataclass(frozen=True)
class Values:
    """The finite values of a layer: some of them sorted, and what is known of all."""

    some: Floats
    count: int
    square: float
    peak: float
    resolution: float


def values_of(flat: Floats, resolution: float) -> Values:
    """Return what is looked at of finite values, (count,), rounded to a relative resolution."""
    step = math.ceil(flat.size / _SAMPLE)
    with np.errstate(over="ignore"):
        square = float(np.square(flat, dtype=np.float64).mean())
    return Values(
        np.sort(flat[::step].astype(np.float64)),
        flat.size,
        square,
        float(np.abs(flat).max()),
        resolution,
    )


def fits(values: Values, law: Law, factor: float, slack: float = 0.0) -> bool:
    """Say whether numbers may have been drawn from a law times a factor."""
    spread = math.sqrt(2 / values.count)
    if values.peak > law.bound * factor * (1 + values.resolution + slack):
        return False
    if not abs(values.square / (factor**2 * law.variance) - 1) <= (
        _DEVIATIONS * spread + 2 * values.resolution
    ):
        return False
    return _distance(values, law, factor) <= values.resolution + math.sqrt(
        math.log(2 * _ONE_IN) / (2 * len(values.some))
    )


def _distance(values: Values, law: Law, factor: float) -> float:
    """Return the Kolmogorov-Smirnov distance."""
    expected = law.cdf(values.some / factor)
    steps = np.arange(len(expected) + 1) / len(expected)
    return float(max((steps[1:] - expected).max(), (expected - steps[:-1]).max()))


def log_likelihood(values: Values, law: Law, factor: float) -> float:
    """Return the logarithm of the density of `values.some` under a law times a factor."""
    return float((law.log_density(values.some / factor) - math.log(factor)).sum())


def shape_of(values: Values) -> str:
    """Return the law whose shape the numbers have at the size that suits them best."""
    slack = _DEVIATIONS * math.sqrt(2 / values.count)
    found = []
    for law in LAWS.values():
        factor = math.sqrt(values.square / law.variance)
        if 0 < factor < math.inf and fits(values, law, factor, slack):
            found.append((log_likelihood(values, law, factor), law.words))
    return max(found)[1] if found else ""
