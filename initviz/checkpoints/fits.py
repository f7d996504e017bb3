"""Whether numbers may have been drawn from a law, how likely it makes them, how far they are.

A law is dropped when the numbers contradict it in one of five ways, each of which drops the true
law about once in `ONE_IN` layers:

- their mean is off by more than z standard errors, √(variance / n), z the normal quantile;
- their mean square is off. Its relative variance is (κ − 1) / n, κ the kurtosis, so it is held
  against χ² of 2 n / (κ − 1) degrees of freedom over their number: for a normal law that is exact,
  for others its first two moments are right (Satterthwaite 1946, Biometrics Bulletin 2, 110);
- the largest size x is too large or too small for n draws, which stay below it with the
  probability (F(x) − F(−x))ⁿ;
- they are distributed otherwise: A² = n ∫ (Fₙ − F)² / (F (1 − F)) dF of Anderson and Darling 1954,
  Journal of the American Statistical Association 49, 765, which passes a with the probability
  √3 P(χ²₁ > 2a) (Zolotarev 1961, Theory of Probability 6, 201: its largest weight is ½, and
  Π (1 − 2 / j(j + 1)) over the others ⅓);
- for a normal law, their kurtosis is off (Anscombe and Glynn 1983, Biometrika 70, 227): training
  moves some weights far and most hardly, which leaves heavy tails long before it changes the size.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincc, gammainccinv, gammaincinv, ndtri
from scipy.stats import kurtosistest

from initviz.checkpoints.laws import LAWS, Law
from initviz.engine.statistics import Floats

# How seldom one test may drop the true law: once in so many layers.
ONE_IN = 1e5
# The standard errors that a normal variable passes, either way, once in so many.
DEVIATIONS = float(-ndtri(1 / (2 * ONE_IN)))
# Anscombe and Glynn's transformation is made for no fewer.
_FEWEST = 20
# What A² passes once in so many.
_FARTHEST = float(ndtri(1 / (2 * math.sqrt(3) * ONE_IN))) ** 2 / 2
# A probability below 1, for the logarithm.
_ALMOST = 1 - 2**-53
# How much likelier than another the best may be for both to be named.
LIKELIER = math.log(1000)
# Numbers that are looked at one by one; mean, variance and peak are always those of all.
_SAMPLE = 2**16


@dataclass(frozen=True)
class Values:
    """The finite values of a layer: some of them sorted, and what is known of all.

    `tails` is by how many standard errors the kurtosis is above a normal law's.
    """

    some: Floats
    tails: float
    count: int
    mean: float
    square: float
    peak: float
    resolution: float


@dataclass(frozen=True)
class Shape:
    """A law that values have at the size of their own, which multiplies it."""

    noise: str
    factor: float


def values_of(flat: Floats, resolution: float) -> Values:
    """Return what is looked at of finite values, (count,), rounded to a relative resolution."""
    step = math.ceil(flat.size / _SAMPLE)
    with np.errstate(over="ignore"):
        square = float(np.square(flat, dtype=np.float64).mean())
    some = np.sort(flat[::step].astype(np.float64))
    return Values(
        some,
        _tails(some),
        flat.size,
        float(flat.mean(dtype=np.float64)),
        square,
        float(np.abs(flat).max()),
        resolution,
    )


def _tails(some: Floats) -> float:
    peak = float(np.abs(some).max())
    varied = len(some) >= _FEWEST and 0 < peak < math.inf and some[0] < some[-1]
    return float(kurtosistest(some / peak).statistic) if varied else 0.0


def fits(values: Values, law: Law, factor: float) -> bool:
    """Say whether numbers may have been drawn from a law times a factor."""
    return (
        _mean_fits(values, law, factor)
        and _size_fits(values, law, factor)
        and _peak_fits(values, law, factor)
        and _discrepancy(values, law, factor) <= _FARTHEST
        and (law.bound < math.inf or abs(values.tails) <= DEVIATIONS)
    )


def _mean_fits(values: Values, law: Law, factor: float) -> bool:
    error = DEVIATIONS / math.sqrt(values.count) + values.resolution
    return abs(values.mean) <= error * factor * math.sqrt(law.variance)


def _size_fits(values: Values, law: Law, factor: float) -> bool:
    half, tail = values.count / (law.kurtosis - 1), 1 / (2 * ONE_IN)
    low, high = float(gammaincinv(half, tail)) / half, float(gammainccinv(half, tail)) / half
    rounding = 2 * values.resolution
    ratio = math.sqrt(values.square / law.variance) / factor
    return low - rounding <= ratio * ratio <= high + rounding


def _peak_fits(values: Values, law: Law, factor: float) -> bool:
    """Say whether the largest size is one that so many draws have."""
    below, above = (values.peak / factor * (1 + side * values.resolution) for side in (-1, 1))
    # 1 − (1 − p)ⁿ and (1 − p)ⁿ, where p is too small to be told from 0 beside 1.
    beyond = -math.expm1(values.count * math.log1p(-min(law.beyond(below), _ALMOST)))
    within = values.count * math.log1p(-min(law.beyond(above), _ALMOST))
    return beyond >= 1 / (2 * ONE_IN) and within >= -math.log(2 * ONE_IN)


def _discrepancy(values: Values, law: Law, factor: float) -> float:
    """Return A², in which a number that rounding moved to a law's edge counts as almost there."""
    n = len(values.some)
    nearest = 1 / (10 * n)
    ranks = law.cdf(values.some / factor).clip(nearest, 1 - nearest)
    weights = (2 * np.arange(n) + 1) / n
    return -n - float((weights * (np.log(ranks) + np.log1p(-ranks[::-1]))).sum())


def edged(values: Values) -> bool:
    """Say whether values end as sharply as uniform ones of a size of their own.

    1 − (k-th largest size) / (largest) of n uniform sizes is Beta(k − 1, n − k + 1), a sum of
    spacings. Training blurs the edge, and few are left near the largest.
    """
    sizes = np.sort(np.abs(values.some))
    n = len(sizes)
    ranks = 2 ** np.arange(1, n.bit_length() - 1)
    gaps = (1 - sizes[-ranks] / sizes[-1] - 2 * values.resolution).clip(0)
    return bool((betaincc(ranks - 1, n - ranks + 1, gaps) >= 1 / ONE_IN).all())


def log_likelihood(values: Values, law: Law, factor: float) -> float:
    """Return the logarithm of the density of `values.some` under a law times a factor."""
    return float((law.log_density(values.some / factor) - math.log(factor)).sum())


def displacement(values: Values, law: Law, factor: float) -> float:
    """Return how far values must move to be distributed as a law times a factor.

    That is the root mean square of the least moves, over the law's standard deviation σ: the
    2-Wasserstein distance, on the line √∫(F⁻¹(u) − G⁻¹(u))² du / σ (Panaretos and Zemel 2019,
    Annual Review of Statistics 6, equation 2.2). A rescaled law is |s / σ − 1| away, n draws of
    the law itself about √(2 / n) for a uniform one, 2 to 3 times 1 / √n for a normal one.
    """
    count = len(values.some)
    expected = factor * law.quantile((np.arange(count) + 0.5) / count)
    with np.errstate(over="ignore"):
        moved = float(np.square(values.some - expected).mean())
    return math.sqrt(moved / law.variance) / factor


def uncertainty(values: Values, law: Law) -> float:
    """Return how far, relative to itself, the size of a draw may be from its law's."""
    return DEVIATIONS * math.sqrt((law.kurtosis - 1) / (4 * values.count)) + values.resolution


def shapes_of(values: Values) -> list[Shape]:
    """Return the laws whose shape the numbers have at a size of their own, likeliest first.

    Those that are far less likely than the best are left out.
    """
    found = []
    for noise, law in LAWS.items():
        factor = _own_size(values, law)
        if 0 < factor < math.inf and fits(values, law, factor):
            found.append((log_likelihood(values, law, factor), Shape(noise, factor)))
    found.sort(key=lambda scored: -scored[0])
    return [shape for score, shape in found if found[0][0] - score < LIKELIER]


def _own_size(values: Values, law: Law) -> float:
    """Return the size that suits values best: by their edge where it is sharp, else by moments."""
    edge = values.peak / law.bound
    if law.sharp:
        return edge * (1 + 1 / values.count)
    return max(math.sqrt(values.square / law.variance), edge)
