"""The band where lengths that stray run away, beyond a law that is linear in them.

Where χ_q > 1 the length map tears lengths apart, until it straightens out at small and at large
lengths. There the laws of `finite_width` act on many networks at once, each with a few inputs:
every length goes through the length map itself, and every layer adds to its logarithm what n
units stray by, in part alike for all inputs of a network.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from initviz.theory.both_ways import Shares, through_slopes, through_weights, turning
from initviz.theory.finite_width import Stray
from initviz.theory.gaussian import Floats
from initviz.theory.laws import Laws, laws_at
from initviz.theory.pairs import Layer, Pair, alikes, alone, followed
from initviz.theory.tables import STEP, table

Singles = NDArray[np.float32]

# Networks, and inputs of each.
_DRAWS, _INPUTS = 256, 16
_DEPTH = 200
# ln of the variances that sizes are known at; covariances change slowly.
_SIZES = np.arange(-14.0, 14.0 + STEP, STEP)
_FEW = np.arange(-14.0, 15.0)
# Where 95 % of draws lie between.
_ENDS = (0.025, 0.975)
# A standard deviation below this is as good as none.
_NONE = 1e-6


@dataclass(frozen=True)
class Start:
    """What the first layer is fed and what every layer multiplies by.

    `lengths` are ln of the mean squares of a few typical inputs, `grown` is ln of
    fan_in · Var(w), a layer, `noise` the variance of the biases.
    """

    lengths: tuple[float, ...]
    grown: tuple[float, ...]
    noise: float


def typical(lengths: Floats) -> tuple[float, ...]:
    """Return ln of a few lengths that stand for many."""
    shares = np.array_split(np.sort(np.resize(lengths, max(len(lengths), _INPUTS))), _INPUTS)
    return tuple(math.log(float(share.mean())) for share in shares)


@lru_cache(maxsize=64)
def runaway(
    layers: tuple[Layer, ...], start: Start, batch: int, cosine: float, alike: float
) -> tuple[Stray, Stray]:
    """Return the lower and the upper end of 95 % of draws, in ln.

    The gradients' ends are relative to the last ∂ℓ/∂h. Other arguments are those of
    `finite_width.stray`.
    """
    draws = _Draws(layers, start, batch, cosine, alike)
    found = np.sort(np.stack((*draws.forward(), *draws.backward())).astype(float), axis=2)
    low, high = (found[:, :, round(end * (_DRAWS - 1))] for end in _ENDS)
    return Stray(*low), Stray(*high)


class _Draws:
    """Draws of one network; sizes are in ln, (inputs, draws) each."""

    def __init__(
        self, layers: tuple[Layer, ...], start: Start, batch: int, cosine: float, alike: float
    ) -> None:
        laws = [laws_at(x.activation, math.log(x.v)) for x in layers]
        self._layers, self._start, self._batch = layers, start, batch
        self._pairs = followed(layers, laws, cosine)
        self._alikes = alikes(layers, laws, self._pairs, alike)
        # Layer by layer, what the way back needs: ln of φ'², and the typical length.
        self._slopes: list[Singles] = []
        self._middles: list[Singles] = []

    def forward(self) -> tuple[Singles, Singles, Singles]:
        """Return ln of the mean squares of z and h and of the variance of h, (layers, draws)."""
        z, h, spread = np.empty((3, len(self._layers), _DRAWS), np.float32)
        lengths = np.array(self._start.lengths, np.float32)
        square = np.repeat(lengths[:, None], _DRAWS, axis=1)
        for i, pair in enumerate(self._pairs):
            v = square + np.float32(self._start.grown[i])
            if self._start.noise:
                v = np.logaddexp(v, np.float32(math.log(self._start.noise)))
            normal = _normal()[i]
            z[i] = _mean(v) + self._weights(i, 2 * pair.square * pair.loose, normal[0])
            at = np.clip(v, _SIZES[0], _SIZES[-1]).astype(np.float32)
            straight = v - at
            square, slope, ratio, over, *units = _read(self._known(i), at)
            square += straight
            spread[i] = _varied(square, ratio) + _factor(over.mean(axis=0), normal[1])
            fresh, turned = _by_units(units, normal, _aside()[i])
            square += fresh
            h[i] = _mean(square)
            self._slopes.append(slope + turned)
            self._middles.append(at.mean(axis=0))
        return z, h, spread

    def backward(self) -> tuple[Singles, Singles]:
        """Return ln of the mean squares of ∂ℓ/∂z and ∂ℓ/∂h, (layers, draws)."""
        grad_z, grad_h = np.empty((2, len(self._layers), _DRAWS), np.float32)
        strayed: Shares = np.zeros((_INPUTS, _DRAWS), np.float32)
        share: Shares = np.full(_DRAWS, 1 / self._layers[-1].width, np.float32)
        for i in reversed(range(len(self._layers))):
            layer, top = self._layers[i], i + 1 == len(self._layers)
            if not top:
                strayed = strayed + np.float32(self._start.grown[i + 1])
            if top or not layer.orthogonal:
                strayed = strayed + self._weights(i, 2 * self._alikes[i], _normal()[i, 4])
            if not top and not layer.orthogonal:
                gained, share = through_weights(share, layer.width)
                strayed = strayed + gained
            grad_h[i] = _mean(strayed)
            turns = _read(_turning(layer.activation), self._middles[i])
            gained, share = through_slopes(share, layer.width, *turns)
            strayed = strayed + self._slopes[i] + gained
            grad_z[i] = _mean(strayed)
        return grad_z, grad_h

    def _weights(self, layer: int, two: float, normal: Singles) -> Singles:
        """Return what the weights of a layer add to ln of a batch's mean square."""
        over = 2 / self._batch + two * (1 - 1 / self._batch)
        return _factor(np.float32(over / self._layers[layer].width), normal)

    def _known(self, i: int) -> Singles:
        """Return, at each size: `_moments`, and how units stray, (kinds, sizes).

        That is the variance that they add to (h − E[h])² of a batch; the standard deviations of
        h² that a batch shares, and beside it of one input; how φ'² follows both, and the
        standard deviation of the rest of it.
        """
        layer = self._layers[i]
        own, two = (
            _added(layer.activation, pair) / layer.width for pair in (alone(layer), self._pairs[i])
        )
        square, slopes, both, spread = own / self._batch + two * (1 - 1 / self._batch)
        shared, aside = np.sqrt(square), np.sqrt(np.maximum(own[0] - two[0], 0))
        along_shared = both / np.maximum(shared, _NONE)
        along_aside = (own[2] - two[2]) / np.maximum(aside, _NONE)
        rest = np.sqrt(np.maximum(slopes - along_shared**2, 0))
        few = np.stack((spread, shared, aside, along_shared, along_aside, rest))
        return np.concatenate((_moments(layer.activation), few @ _between())).astype(np.float32)


def _by_units(sizes: list[Singles], normal: Singles, aside: Singles) -> tuple[Singles, Singles]:
    """Return what units add to ln of h², and to ln of φ'² with it."""
    shared, alone_, along_shared, along_aside, rest = sizes
    fresh = shared * normal[2] + alone_ * aside - (shared**2 + alone_**2) / 2
    turned = along_shared * normal[2] + along_aside * aside + rest * normal[3]
    return fresh, turned - (along_shared**2 + along_aside**2 + rest**2) / 2


def _factor(variance: Singles | np.float32, normal: Singles) -> Singles:
    """Return the logarithm of a factor whose average is 1."""
    return np.sqrt(variance) * normal - variance / 2


def _varied(square: Singles, ratio: Singles) -> Singles:
    """Return ln of the variance of h over a draw's inputs and units, (draws,)."""
    size = _mean(square)
    mean = (ratio * np.exp((square - size) / 2)).mean(axis=0)
    found: Singles = size + np.log(np.maximum(1 - mean**2, _NONE))
    return found


def _mean(logs: Shares) -> Shares:
    """Return ln of the mean over a draw's inputs, (draws,)."""
    largest = logs.max(axis=0)
    found: Shares = largest + np.log(np.exp(logs - largest).mean(axis=0))
    return found


def _read(rows: Singles, at: Singles) -> Singles:
    """Return rows of `_SIZES`, (kinds, sizes), at other sizes: (kinds, …)."""
    place = (at - np.float32(_SIZES[0])) / np.float32(STEP)
    left = np.minimum(place.astype(np.intp), len(_SIZES) - 2)
    low = rows.take(left, axis=1)
    found: Singles = low + (rows.take(left + 1, axis=1) - low) * (place - left).astype(np.float32)
    return found


def _added(activation: str, pair: Pair) -> Floats:
    """Return n times the relative covariances that units add, (kinds, sizes)."""
    energies = _energies(activation)
    weights = np.append(0, pair.powers[1:])
    weights[2] *= pair.loose
    found: Floats = energies @ weights / energies[..., 0]
    return found


def _few(activation: str) -> list[Laws]:
    return [laws_at(activation, x) for x in _FEW.tolist()]


@lru_cache(maxsize=16)
def _energies(activation: str) -> Floats:
    """Return the energies of φ², φ'², between both and of (φ − E[φ])², (kinds, sizes, terms)."""
    kinds = [[x.square, x.slope_square, x.both, x.spread] for x in _few(activation)]
    return np.array(kinds).swapaxes(0, 1)


@lru_cache(maxsize=16)
def _moments(activation: str) -> Floats:
    """Return ln of E[φ²] and E[φ'²], and E[φ]/√E[φ²], (kinds, sizes)."""
    return np.stack(table(activation).at(_SIZES))


@lru_cache(maxsize=16)
def _turning(activation: str) -> Singles:
    """Return what `through_slopes` asks for, (kinds, sizes)."""
    kinds = np.array([turning(x, 1.0) for x in _few(activation)]).T
    return (kinds @ _between()).astype(np.float32)


@lru_cache(maxsize=1)
def _between() -> Floats:
    """Return the matrix that takes values at `_FEW` sizes to all, in straight lines."""
    return np.array([np.interp(_SIZES, _FEW, one) for one in np.eye(len(_FEW))])


@lru_cache(maxsize=1)
def _normal() -> Singles:
    """Return standard normal numbers, (layers, kinds, draws), evenly spread over the draws."""
    return _spread_evenly((_DEPTH, 5, _DRAWS), axis=2)


@lru_cache(maxsize=1)
def _aside() -> Singles:
    """Return the same, (layers, inputs, draws), evenly spread over the inputs of a draw."""
    return _spread_evenly((_DEPTH, _INPUTS, _DRAWS), axis=1)


def _spread_evenly(shape: tuple[int, int, int], axis: int) -> Singles:
    even = ndtri((np.arange(shape[axis]) + 0.5) / shape[axis])
    repeated = np.broadcast_to(np.moveaxis((even / even.std())[:, None, None], 0, axis), shape)
    return np.random.default_rng(axis).permuted(repeated, axis=axis).astype(np.float32)
