"""The band of luck: how far a draw of a network of finite width strays from the average.

Given one layer's length, the next layer's squares are independent over n units, so their
average strays by a relative variance of (E[φ⁴]/E[φ²]² − 1)/n; for ReLU + He that is 5/n a
layer (Hanin 2018, arXiv:1801.03744; Hanin and Rolnick 2018, arXiv:1803.01719). Here it is
derived for any φ, and for the average over a batch: two inputs with cosine c share
(E[φ(u)²φ(v)²]/E[φ²]² − 1)/n of it, and all of it once they have become parallel. A
disturbance of a length is passed on as far as the length map passes it on. The backward pass
has the same law, with φ' for φ. Logarithms of products of many such factors are close to
normal.

The variance of h is the average of (φ − m)², smallest where m is the mean: what the mean strays
by changes it to second order alone, and it follows the law above with (φ − E[φ])² for φ².

To the next order averages move too: by half the second derivative of E[f²] in ln v times the
variance of v, and by what one W for both passes does (`both_ways`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from initviz.theory.both_ways import along, facing
from initviz.theory.gaussian import Floats
from initviz.theory.laws import Laws, laws_at
from initviz.theory.pairs import Layer, Pair, alikes, alone, followed

# By this factor.
_RUNS_AWAY = 1.25


@dataclass(frozen=True)
class Stray:
    """Numbers, (layers,), for the mean squares of z, h and both gradients; `spread` for Var h."""

    z: Floats
    h: Floats
    spread: Floats
    grad_z: Floats
    grad_h: Floats


@dataclass(frozen=True)
class _Forward:
    """Relative covariances of two inputs: of z², h², (h − E[h])² and the lengths v."""

    z: Floats
    h: Floats
    spread: Floats
    v: Floats


@dataclass(frozen=True)
class _Backward:
    """Relative covariances of the squares of two inputs' ∂ℓ/∂z and ∂ℓ/∂h.

    `lengths` is the part of the first that is due to what E[φ'²] makes of straying lengths.
    """

    z: Floats
    h: Floats
    lengths: Floats


@lru_cache(maxsize=256)
def stray(
    layers: tuple[Layer, ...], batch: int, cosine: float, alike: float
) -> tuple[Stray, Stray]:
    """Return the relative variance over draws of a batch's averages, and by how much they move.

    `cosine` is the root mean square cosine of two inputs of the batch, `alike` the mean squared
    cosine of the gradients of two outputs. Averages move relative to those at large width.
    """
    laws = [laws_at(x.activation, math.log(x.v)) for x in layers]
    single, pairs = [alone(x) for x in layers], followed(layers, laws, cosine)
    one, two = _forward(layers, laws, single), _forward(layers, laws, pairs)
    turns = alikes(layers, laws, pairs, alike)
    back_one = _backward(layers, laws, single, one, [1.0] * len(layers))
    back_two = _backward(layers, laws, pairs, two, turns)
    owns = (one.z, one.h, one.spread, back_one.z, back_one.h)
    tied = _tied(layers, laws, pairs)
    twos = (two.z, two.h, two.spread, back_two.z + tied, back_two.h + tied)
    over = [own / batch + both * (1 - 1 / batch) for own, both in zip(owns, twos, strict=True)]
    return Stray(*(np.maximum(x, 0) for x in over)), _moved(layers, laws, one, back_one)


@lru_cache(maxsize=256)
def unsteady(layers: tuple[Layer, ...]) -> bool:
    """Say whether a disturbance of a length grows on its way, beyond what a linear law can tell."""
    grown = 1.0
    for layer in layers:
        law = laws_at(layer.activation, math.log(layer.v))
        grown = max(1.0, grown * layer.fed * law.answers.first)
        if grown > _RUNS_AWAY:
            return True
    return False


def _forward(layers: Sequence[Layer], laws: Sequence[Laws], pairs: Sequence[Pair]) -> _Forward:
    z, h, spread, v = np.zeros((4, len(layers)))
    carried = 0.0
    for i, (layer, law, pair) in enumerate(zip(layers, laws, pairs, strict=True)):
        v[i] = layer.fed**2 * carried
        z[i] = v[i] + 2 * pair.square * pair.loose / layer.width
        carried = h[i] = law.answers.first**2 * v[i] + pair.covary(law.square) / layer.width
        fresh = pair.covary(law.spread) / layer.width
        spread[i] = law.spread_answers.first**2 * v[i] + fresh
    return _Forward(z, h, spread, v)


def _backward(
    layers: Sequence[Layer],
    laws: Sequence[Laws],
    pairs: Sequence[Pair],
    forward: _Forward,
    turns: Sequence[float],
) -> _Backward:
    """Return how the gradients stray; `turns` are the mean squared cosines of two of them.

    The gradient strays by what each layer's units add, and by what the lengths of the layers
    above do to E[φ'²]: these follow from the length here (`echo`) and from what was added to
    it since.
    """
    grad_z, grad_h, lengths = np.zeros((3, len(layers)))
    added, since, echo, above = 0.0, 0.0, 0.0, 0.0
    for i in reversed(range(len(layers))):
        layer, law, pair, top = layers[i], laws[i], pairs[i], i + 1 == len(layers)
        turn = 2 * turns[i]
        rounded = layer.orthogonal and not top
        grad_h[i] = above + (0 if rounded else turn / layer.width)
        masks = 1 + pair.covary(law.slope_square)
        added += (masks * (1 + turn) - 1 - turn * rounded) / layer.width
        if not top:
            fed = layers[i + 1].fed
            since += (echo * fed) ** 2 * pair.covary(law.square) / layer.width
            # The same units make the gradient's mask here and the length of the layer above.
            since += 2 * echo * fed * pair.covary(law.both) / layer.width
            echo *= fed * law.answers.first
        echo += law.slope_answers.first
        lengths[i] = since + echo**2 * forward.v[i]
        above = grad_z[i] = added + lengths[i]
    return _Backward(grad_z, grad_h, lengths)


def _tied(layers: Sequence[Layer], laws: Sequence[Laws], pairs: Sequence[Pair]) -> Floats:
    """Return what one W for both passes adds to the covariance of two inputs' gradients.

    ‖W h'‖² and ‖Wᵀ δ‖² covary by 2/n² relatively, and so do the lengths of the layers above as
    far as a signal keeps its direction. Where these lower E[φ'²], gradients stray less.
    """
    found = np.zeros(len(layers))
    echo, kept, total = 0.0, 0.0, 0.0
    for i in reversed(range(len(layers))):
        found[i] = total
        layer, law = layers[i], laws[i]
        if i + 1 < len(layers):
            echo *= layers[i + 1].fed * law.answers.first
        echo += law.slope_answers.first
        kept = echo + along(law, pairs[i]) * kept
        # A sphere's lengths do not stray together with anything.
        total += 0 if layer.orthogonal else 4 * layer.fed * kept / layer.width**2
    return found


def _moved(layers: Sequence[Layer], laws: Sequence[Laws], one: _Forward, back: _Backward) -> Stray:
    """Return by how much, relatively, averages move at finite width.

    What an orthogonal matrix puts out lies on a sphere: its lengths do not stray, so that
    E[φ²] lacks the share v² E''/n that straying lengths of relative variance 2/n bring.
    """
    z, h, spread, grad_z, grad_h = np.zeros((5, len(layers)))
    carried = 0.0
    for i, (layer, law) in enumerate(zip(layers, laws, strict=True)):
        z[i] = layer.fed * carried
        gained = one.v[i] / 2 - layer.missing
        carried = h[i] = law.answers.first * z[i] + law.answers.second * gained
        spread[i] = law.spread_answers.first * z[i] + law.spread_answers.second * gained
    by_weights, by_slopes = facing(layers, laws)
    # Of logarithms; half the variance of the logarithm is what the average's adds.
    moved, variance = 0.0, 0.0
    for i in reversed(range(len(layers))):
        slope, v = laws[i].slope_answers, one.v[i]
        moved += by_weights[i]
        grad_h[i] = moved + variance / 2
        moved += by_slopes[i] + slope.first * (z[i] - v / 2) + slope.bend * v / 2
        moved -= layers[i].missing * slope.second
        variance = back.lengths[i]
        grad_z[i] = moved + variance / 2
    return Stray(z, h, spread, grad_z, grad_h)
