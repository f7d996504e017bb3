"""The band of luck: how far a draw of a network of finite width strays from the average.

Given one layer's length, the next layer's squares are independent over n units, so their
average strays by a relative variance of (E[φ⁴]/E[φ²]² − 1)/n; for ReLU + He that is 5/n a
layer (Hanin 2018, arXiv:1801.03744; Hanin and Rolnick 2018, arXiv:1803.01719). Here it is
derived for any φ, and for the average over a batch: two inputs with cosine c share
(E[φ(u)²φ(v)²]/E[φ²]² − 1)/n of it, and all of it once they have become parallel. A
disturbance of a length is passed on as far as the length map passes it on. The backward pass
has the same law, with φ' for φ. Logarithms of products of many such factors are close to
normal.
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
# By this factor.
_RUNS_AWAY = 1.5


@dataclass(frozen=True)
class Layer:
    """What the laws need of a layer: sizes at its inputs' typical length, weights and widths.

    `v` is the variance of its pre-activations, `fed` the share of v that comes from weights
    and not from biases.
    """

    activation: str
    width: int
    v: float
    fed: float
    orthogonal: bool


@dataclass(frozen=True)
class Stray:
    """Relative variance, over draws, of a layer's mean squares, averaged over the batch."""

    z: Floats
    h: Floats
    grad_z: Floats
    grad_h: Floats


@dataclass(frozen=True)
class _Laws:
    """Hermite energies of φ, φ', φ², φ'² and between the last two, at one length.

    `answer` and `slope_answer` are d ln E[φ²]/d ln v and d ln E[φ'²]/d ln v, the curves the second
    derivatives v² d²E/dv² over E.
    """

    phi: Floats
    slope: Floats
    square: Floats
    slope_square: Floats
    both: Floats
    answer: float
    slope_answer: float
    curve: float
    slope_curve: float


@lru_cache(maxsize=256)
def stray(layers: tuple[Layer, ...], batch: int, cosine: float, alike: float) -> Stray:
    """Return how far mean squares stray from their averages over draws.

    `cosine` is the typical cosine of two inputs of the batch, `alike` the mean squared cosine
    of the gradients of two outputs.
    """
    laws = [_laws(x.activation, _rounded(math.log(x.v), 8)) for x in layers]
    cosines = _cosines(layers, laws, cosine)
    one, two = (_forward(layers, laws, c) for c in ([1.0] * len(layers), cosines))
    back_one = _backward(layers, laws, [1.0] * len(layers), one, 1.0)
    back_two = _backward(layers, laws, cosines, two, alike)
    z, h, grad_z, grad_h = (
        own / batch + shared * (1 - 1 / batch)
        for own, shared in zip((*one[:2], *back_one), (*two[:2], *back_two), strict=True)
    )
    return Stray(z, h, grad_z, grad_h)


@lru_cache(maxsize=256)
def shift(layers: tuple[Layer, ...]) -> Stray:
    """Return by how much, relatively, averages of orthogonal networks differ from Gaussian ones.

    What an orthogonal matrix puts out lies on a sphere: its lengths do not stray, so that
    E[φ²] lacks the share v² E''/n that straying lengths of relative variance 2/n bring.
    """
    laws = [_laws(x.activation, _rounded(math.log(x.v), 8)) for x in layers]
    z, h, grad_z, grad_h = np.zeros((4, len(layers)))
    carried = 0.0
    for i, (layer, law) in enumerate(zip(layers, laws, strict=True)):
        z[i] = layer.fed * carried
        carried = h[i] = law.answer * z[i] - _missing(layer) * law.curve
    carried = 0.0
    for i in reversed(range(len(layers))):
        grad_h[i] = carried
        carried += laws[i].slope_answer * z[i] - _missing(layers[i]) * laws[i].slope_curve
        grad_z[i] = carried
    return Stray(z, h, grad_z, grad_h)


def _missing(layer: Layer) -> float:
    return layer.fed**2 / layer.width if layer.orthogonal else 0.0


@lru_cache(maxsize=256)
def unsteady(layers: tuple[Layer, ...]) -> bool:
    """Say whether a disturbance of a length grows on its way, beyond what a linear law can tell."""
    grown = 1.0
    for layer in layers:
        law = _laws(layer.activation, _rounded(math.log(layer.v), 8))
        grown = max(1.0, grown * layer.fed * law.answer)
        if grown > _RUNS_AWAY:
            return True
    return False


def slope_series(activation: str, log_q: float) -> Floats:
    """Return the coefficients of E[φ'(u) φ'(v)] in the cosine; the last holds all beyond."""
    return _laws(activation, _rounded(log_q, 64)).slope


def coarse(activation: str, log_v: Floats) -> Floats:
    """Return the laws in short, for drawing, a row for each ln v.

    Five series in the cosine (of φ, φ', φ², φ'² and between the last two), each with its first
    seven coefficients and the sum of all others, then the four answers and curves.
    """
    rows = []
    for at in log_v.tolist():
        law = _laws(activation, at)
        series = (law.phi, law.slope, law.square, law.slope_square, law.both)
        short = [x for s in series for x in (*s[:_SHORT], s[_SHORT:].sum())]
        rows.append([*short, law.answer, law.slope_answer, law.curve, law.slope_curve])
    return np.array(rows)


def _cosines(layers: tuple[Layer, ...], laws: list[_Laws], cosine: float) -> list[float]:
    """Return the root mean square cosine of two inputs' pre-activations in every layer.

    What n units say about a cosine strays by itself, so even right angles do not stay right.
    """
    found = []
    for layer, law in zip(layers, laws, strict=True):
        found.append(layer.fed * cosine + 1 - layer.fed)
        kept = (_series(law.phi, found[-1]) / float(law.phi.sum())) ** 2
        stray = _series(law.square, found[-1]) / float(law.square[0]) / layer.width
        cosine = math.sqrt(min(1.0, kept + (1 - kept) * stray))
    return found


def _forward(
    layers: tuple[Layer, ...], laws: list[_Laws], cosines: list[float]
) -> tuple[Floats, Floats, Floats]:
    """Return the relative covariance of two inputs' squares z² and h², and of their lengths v."""
    z, h, v = (np.zeros(len(layers)) for _ in range(3))
    carried = 0.0
    for i, (layer, law, c) in enumerate(zip(layers, laws, cosines, strict=True)):
        v[i] = layer.fed**2 * carried
        z[i] = v[i] + 2 * c**2 * _loose(layer, c) / layer.width
        carried = h[i] = law.answer**2 * v[i] + _fresh(layer, law, c)
    return z, h, v


def _fresh(layer: Layer, law: _Laws, cosine: float) -> float:
    """Return what the n units of a layer add to the covariance of two inputs' squares h²."""
    return _shared(law.square, layer, cosine) / layer.width


def _shared(energies: Floats, layer: Layer, cosine: float) -> float:
    """Return the relative covariance of two units' squares, from the energies of the square."""
    straying = energies.copy()
    straying[0] = 0
    straying[2] *= _loose(layer, cosine)
    return _series(straying, cosine) / float(energies[0])


def _loose(layer: Layer, cosine: float) -> float:
    """Return the share of the second Hermite component that is free to stray.

    An orthogonal matrix keeps the sum of squares of what it is fed, and with it that component;
    what biases add is free.
    """
    if not layer.orthogonal or cosine == 0:
        return 1.0
    return 1 - ((cosine - 1 + layer.fed) / cosine) ** 2


def _backward(
    layers: tuple[Layer, ...],
    laws: list[_Laws],
    cosines: list[float],
    forward: tuple[Floats, Floats, Floats],
    alike: float,
) -> tuple[Floats, Floats]:
    """Return the relative covariance of the squares of two inputs' ∂ℓ/∂z and ∂ℓ/∂h.

    The gradient strays by what each layer's units add, and by what the lengths of the layers
    above do to E[φ'²]: these follow from the length here (`echo`) and from what was added to
    it since.
    """
    grad_z, grad_h = np.zeros(len(layers)), np.zeros(len(layers))
    added, since, echo, above = 0.0, 0.0, 0.0, 0.0
    for i in reversed(range(len(layers))):
        layer, law, c, top = layers[i], laws[i], cosines[i], i + 1 == len(layers)
        rounded = layer.orthogonal and not top
        grad_h[i] = above + (0 if rounded else 2 * alike / layer.width)
        masks = 1 + _shared(law.slope_square, layer, c)
        added += (masks * (1 + 2 * alike) - 1 - 2 * alike * rounded) / layer.width
        if not top:
            fed = layers[i + 1].fed
            since += (echo * fed) ** 2 * _fresh(layer, law, c)
            # The same units make the gradient's mask here and the length of the layer above.
            since += 2 * echo * fed * _shared(law.both, layer, c) / layer.width
            echo *= fed * law.answer
        echo += law.slope_answer
        above = grad_z[i] = added + since + echo**2 * forward[2][i]
        if alike < 1:
            kept = alike * (_series(law.slope, c) / float(law.slope.sum())) ** 2
            alike = min(1.0, kept + (1 - kept) * masks / layer.width)
    return grad_z, grad_h


def _rounded(value: float, parts: int) -> float:
    """Round to a part of one, so that lengths close by share their laws."""
    return round(value * parts) / parts


def _series(energies: Floats, cosine: float) -> float:
    return float(energies @ cosine ** np.arange(len(energies)))


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
def _laws(activation: str, log_v: float) -> _Laws:
    """Return the laws at a variance, given its logarithm."""
    record, (z, weights, hermite) = ACTIVATIONS[activation], _rule()
    v = math.exp(log_v)
    x = math.sqrt(v) * z
    phi, slope = record.at(x), record.slope_at(x)
    functions = np.stack((phi, slope, phi * phi, slope * slope))
    components = functions * weights @ hermite.T
    pairs = np.array([(0, 0), (1, 1), (2, 2), (3, 3), (2, 3)])
    energies = components[pairs[:, 0]] * components[pairs[:, 1]]
    beyond = (functions[pairs[:, 0]] * functions[pairs[:, 1]]) @ weights - energies.sum(axis=1)
    laws = np.concatenate((energies, beyond[:, None]), axis=1)
    # d ln E[f]/d ln v = E[f (z² − 1)]/(2 E[f]).
    averages = functions[2:] @ weights
    # A slope that is 0 but for a sliver around the origin shows at no node: it answers to nothing.
    averages = np.where(averages > 0, averages, np.inf)
    answers = functions[2:] @ (weights * (z * z - 1)) / (2 * averages)
    # v² d²E[f]/dv² over E[f].
    fourth = weights * (z**4 - 6 * z * z + 3)
    curves = functions[2:] @ fourth / (4 * averages)
    return _Laws(*laws, *map(float, (*answers, *curves)))
