"""The whole plane of weight and bias variances for one activation, point by point.

The same quantities as `meanfield.phase`, from tables instead of one quadrature a point.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from initviz.theory.angles import slope_fall, tail
from initviz.theory.gaussian import Floats
from initviz.theory.laws import slope_series
from initviz.theory.meanfield import edge
from initviz.theory.tables import HIGHEST, LOWEST, table

WEIGHT_STDS = np.linspace(0.05, 4.0, 80)
BIAS_STDS = np.linspace(0.0, 2.0, 41)
_LENGTHS = np.linspace(LOWEST, HIGHEST, 385)
_NEARLY = 1 - 1e-6
_HALVINGS = 30
# Logarithms of lengths whose series are worked out.
_APART = 1 / 16


@dataclass(frozen=True)
class Plane:
    """Arrays over (bias std, weight std); NaN where the length has no fixed point.

    `chi_1` is the gradient's factor a layer, `chi_q` that of a disturbed length, `depth` the
    depth scale ξ_c of the cosine, `grows` says that the length has no fixed point because it
    grows.
    """

    weight_stds: Floats
    bias_stds: Floats
    q_star: Floats
    chi_1: Floats
    chi_q: Floats
    depth: Floats
    grows: Floats


@lru_cache(maxsize=32)
def plane(activation: str) -> Plane:
    """Return the plane of an activation."""
    weights, biases = np.meshgrid(WEIGHT_STDS**2, BIAS_STDS**2)
    log_q, grows = _fixed_lengths(activation, weights.ravel(), biases.ravel())
    square, slope, _ = table(activation).at(np.nan_to_num(log_q))
    steep = _steepness(activation, log_q)
    chi_1 = np.where(np.isnan(log_q), np.nan, weights.ravel() * np.exp(slope))
    chi_q = np.where(
        np.isnan(log_q), np.nan, weights.ravel() * np.exp(square - np.nan_to_num(log_q)) * steep
    )
    depth = _depths(activation, log_q, chi_1)
    shape = weights.shape
    return Plane(
        WEIGHT_STDS,
        BIAS_STDS,
        *(x.reshape(shape) for x in (np.exp(log_q), chi_1, chi_q, depth, grows)),
    )


def _steepness(activation: str, log_q: Floats) -> Floats:
    """Return d ln E[φ²]/d ln q by a central difference."""
    step, known = 1e-3, np.nan_to_num(log_q)
    above, below = (table(activation).at(known + s)[0] for s in (step, -step))
    return (above - below) / (2 * step)


def _fixed_lengths(activation: str, weights: Floats, biases: Floats) -> tuple[Floats, Floats]:
    """Return ln q* where inputs of length 1 end up, NaN where nowhere, and whether they grow."""

    def growth(log_q: Floats) -> Floats:
        square = table(activation).at(log_q)[0]
        with np.errstate(over="ignore"):
            return weights * np.exp(square - log_q) + biases * np.exp(-log_q) - 1

    start = growth(np.zeros_like(weights))
    near, far = np.zeros_like(weights), np.full_like(weights, np.nan)
    for step in range(1, 193):
        at = np.sign(start) * step / 8
        crossed = np.isnan(far) & (growth(at) * start <= 0)
        far[crossed] = at[crossed]
        near[np.isnan(far)] = at[np.isnan(far)]
    for _ in range(_HALVINGS):
        middle = (near + np.nan_to_num(far)) / 2
        beyond = growth(middle) * start <= 0
        far = np.where(beyond & ~np.isnan(far), middle, far)
        near = np.where(beyond, near, middle)
    fixed = np.where(np.abs(start) < 1e-9, 0.0, far)
    return fixed, (np.isnan(fixed) & (start > 0)).astype(np.float64)


def _depths(activation: str, log_q: Floats, chi_1: Floats) -> Floats:
    """Return the depth scale of the cosine: of χ₁ in order, of its fixed point in chaos."""
    factor = chi_1.copy()
    chaotic = chi_1 > 1
    if chaotic.any():
        factor[chaotic] = _chaotic_factors(activation, log_q[chaotic], chi_1[chaotic])
    with np.errstate(divide="ignore", invalid="ignore"):
        depth: Floats = -1 / np.log(factor)
    return np.where(factor >= 1 - 1e-9, np.inf, depth)


def _chaotic_factors(activation: str, log_q: Floats, chi_1: Floats) -> Floats:
    """Return the correlation map's slope at its fixed point below 1, in chaos.

    The slope is a series s in the cosine that is χ₁ at 1, and the map is 1 less what s sums up
    to between the cosine and 1. So near the edge of chaos nothing is lost, although the series
    lie between those of lengths close by.
    """
    rows = _slope_rows(activation, log_q)
    powers, shares = tail(rows.shape[1] - 1, slope_fall(activation))
    powers = np.concatenate((np.arange(rows.shape[1] - 1), powers))
    series = np.concatenate((rows[:, :-1], np.maximum(rows[:, -1:], 0) * shares), axis=1)
    series *= (chi_1 / series.sum(axis=1))[:, None]

    def gain(c: Floats) -> Floats:
        risen = (1 - c[:, None] ** (powers + 1)) / (powers + 1)
        left: Floats = 1 - c - (series * risen).sum(axis=1)
        return left

    low, high = np.zeros_like(chi_1), np.full_like(chi_1, _NEARLY)
    merged = gain(high) >= 0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        rises = gain(middle) > 0
        low, high = np.where(rises, middle, low), np.where(rises, high, middle)
    return np.where(merged, 1.0, (series * low[:, None] ** powers).sum(axis=1))


def _slope_rows(activation: str, log_q: Floats) -> Floats:
    """Return each length's series of E[φ'(u) φ'(v)], (points, terms), on straight lines."""
    below = np.floor(log_q / _APART) * _APART
    at = np.array([slope_series(activation, x) for x in below])
    next_to = np.array([slope_series(activation, x) for x in below + _APART])
    between: Floats = at + (next_to - at) * ((log_q - below) / _APART)[:, None]
    return between


def edges(activation: str) -> Iterator[tuple[float, float]]:
    """Yield (σ_w, σ_b) along the edge of chaos, by growing length, where σ_b is real."""
    for log_q in np.linspace(-16, 8, 193):
        weight, bias = edge(activation, float(np.exp(log_q)))
        if bias >= -1e-9:
            yield float(np.sqrt(weight)), float(np.sqrt(max(bias, 0.0)))


@dataclass(frozen=True)
class Landmark:
    """A named point of the plane."""

    name: str
    weight_std: float
    bias_std: float = 0.0


# torch.nn.init.calculate_gain, in PyTorch's documentation.
PYTORCH_GAINS = {
    "linear": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": 2**0.5,
    "leaky_relu": (2 / (1 + 0.01**2)) ** 0.5,
    "selu": 0.75,
}


def landmarks(activation: str) -> list[Landmark]:
    """Return where libraries put a square layer of an activation."""
    found = [
        Landmark("PyTorch", 3**-0.5),
        Landmark("Glorot · LeCun", 1.0),
        Landmark("He", 2**0.5),
    ]
    gain = PYTORCH_GAINS.get(activation)
    if gain is not None and all(abs(gain - mark.weight_std) > 0.01 for mark in found):
        found.append(Landmark(f"gain {gain:.3g}", gain))
    return found
