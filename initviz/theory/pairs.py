"""Two inputs of a batch on their way: how alike they, and their gradients, are in every layer.

What a batch's average does over draws follows from what one input does and from what two
inputs do together.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from initviz.theory.gaussian import Floats
from initviz.theory.laws import POWERS, Laws

_ODD = POWERS % 2 == 1


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

    @property
    def missing(self) -> float:
        """Half the relative variance of a length that an orthogonal matrix does not let stray."""
        return self.fed**2 / self.width if self.orthogonal else 0.0


@dataclass(frozen=True)
class Pair:
    """Two inputs at a layer: the averages of c^k, c their pre-activations' cosine, (terms + 1,).

    `loose` is the share of the second Hermite component that is free to stray. An orthogonal
    matrix keeps the sum of squares of what it is fed, and with it that component; what biases
    add is free.
    """

    powers: Floats
    loose: float

    @property
    def mean(self) -> float:
        """The mean cosine."""
        return float(self.powers[1])

    @property
    def square(self) -> float:
        """The mean squared cosine."""
        return float(self.powers[2])

    def covary(self, energies: Floats) -> float:
        """Return the relative covariance of two units' squares, from the energies of the square."""
        straying = energies * self.powers
        loose = straying.sum() - straying[0] - (1 - self.loose) * straying[2]
        return float(loose) / float(energies[0])

    def series(self, energies: Floats) -> tuple[float, float]:
        """Return the mean and the mean square of Σ e_k c^k / Σ e_k, where c is ±r."""
        whole = float(energies.sum())
        terms = energies * self.powers
        even, odd = float(terms[~_ODD].sum()), float(terms[_ODD].sum())
        root = math.sqrt(self.square)
        rough = float(energies[_ODD] @ root ** POWERS[_ODD])
        return (even + odd) / whole, (even**2 + rough**2 + 2 * even * odd) / whole**2


def alone(layer: Layer) -> Pair:
    """Return the pair of an input and itself."""
    return Pair(np.ones(len(POWERS)), 1 - layer.fed**2 if layer.orthogonal else 1.0)


def followed(layers: Sequence[Layer], laws: Sequence[Laws], cosine: float) -> list[Pair]:
    """Follow the mean and the mean square of two inputs' cosine through the layers.

    `cosine` is its root mean square at the inputs, where its mean is 0. Between mean and mean
    square the cosine counts as ±r, r its root mean square. What n units say about a cosine
    strays by itself, so even right angles do not stay right.
    """
    found, mean, square = [], 0.0, cosine**2
    for layer, law in zip(layers, laws, strict=True):
        fed, rest = layer.fed, 1 - layer.fed
        from_weights = fed**2 * square
        mean, square = fed * mean + rest, from_weights + 2 * fed * rest * mean + rest**2
        free = 1 - from_weights / square if layer.orthogonal and square else 1.0
        pair = Pair(_powers(mean, square), free)
        found.append(pair)
        mean, kept = pair.series(law.phi)
        strays = float(law.square @ pair.powers) / float(law.square[0]) / layer.width
        square = min(1.0, kept + (1 - kept) * strays)
        mean = min(mean, math.sqrt(square))
    return found


def _powers(mean: float, square: float) -> Floats:
    root = math.sqrt(square)
    powers: Floats = np.power(root, POWERS, dtype=np.float64)
    powers[_ODD] *= min(1.0, mean / root) if root else 0.0
    return powers


def alikes(
    layers: Sequence[Layer], laws: Sequence[Laws], pairs: Sequence[Pair], alike: float
) -> list[float]:
    """Return the mean squared cosine of two inputs' ∂ℓ/∂h in every layer; `alike` at the last."""
    found = []
    for layer, law, pair in reversed(list(zip(layers, laws, pairs, strict=True))):
        found.append(alike)
        kept = alike * pair.series(law.slope)[1]
        strays = (1 + pair.covary(law.slope_square)) / layer.width
        alike = min(1.0, kept + (1 - kept) * strays)
    return found[::-1]
