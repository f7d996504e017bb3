"""Weights that are not made of independent entries: constant, diagonal, orthogonal, sparse."""

import math
from dataclasses import dataclass

import numpy as np

from initviz.catalog.initializers import SPARSITY
from initviz.checkpoints.fits import DEVIATIONS, fits, values_of
from initviz.checkpoints.laws import LAWS
from initviz.engine.statistics import Floats

# Rows whose products are looked at, and how far from orthogonal float32 leaves them.
_ROWS = 64
_ROUNDING = 1e-4


@dataclass(frozen=True)
class Structure:
    """A structure that was recognised, by the origin's name.

    `scale` is a constant's value, `factor` what multiplies the structure, and `stray` how far the
    weights are from it, relative to its size: 0 where it is exact.
    """

    origin: str
    scale: float | None = None
    factor: float = 1.0
    stray: float = 0.0


def structure_of(weights: Floats, sparse_std: float, resolution: float) -> Structure | None:
    """Return the structure of finite weights (units, inputs), if they have one.

    `sparse_std` is the standard deviation of what a sparse matrix has beside its zeros,
    `resolution` the relative rounding.
    """
    return (
        constant(weights)
        or diagonal(weights)
        or _orthogonal(weights, resolution)
        or _sparse(weights, sparse_std, resolution)
    )


def constant(weights: Floats) -> Structure | None:
    """Return the structure of weights, of any shape, that are all equal."""
    first = float(weights.flat[0])
    if not (weights == first).all():
        return None
    name = {0.0: "zeros", 1.0: "ones"}.get(first, "constant")
    return Structure(name, scale=first if name == "constant" else None)


def diagonal(weights: Floats) -> Structure | None:
    """Return the structure of a matrix with one value on its diagonal and zeros beside it."""
    diagonal = np.diagonal(weights)
    alike = len(diagonal) > 1 and diagonal[0] != 0 and (diagonal == diagonal[0]).all()
    if not alike or np.count_nonzero(weights) != len(diagonal):
        return None
    return Structure("identity", factor=float(diagonal[0]))


def _orthogonal(weights: Floats, resolution: float) -> Structure | None:
    """Recognise orthonormal rows or columns, whichever are fewer, exact or moved since.

    Two rows of n independent entries have a squared cosine of 1 / n on average, n times which has
    the variance 2, like χ² of one degree of freedom. Where many pairs together have much less,
    the rows were made orthogonal; how far they are from the nearest multiple of orthonormal ones
    is √(Σ (σ − σ̄)² / count) / σ̄ by their singular values σ (Schönemann 1966, Psychometrika 31, 1).
    """
    wide = weights if weights.shape[0] <= weights.shape[1] else weights.T
    count, length = wide.shape
    some = wide[:: math.ceil(count / _ROWS)].astype(np.float64)
    peak = float(np.abs(some).max())
    some /= peak
    products = some @ some.T
    sizes = np.diagonal(products)
    square = float(sizes.mean())
    tolerance = _ROUNDING + 8 * resolution / math.sqrt(length)
    if np.abs(products / square - np.eye(len(some))).max() <= tolerance:
        stretch = peak * math.sqrt(square)
        exact = abs(stretch - 1) <= tolerance
        # A single row is a multiple of an orthonormal one whatever is in it.
        some_multiple = None if len(some) == 1 else Structure("orthogonal", factor=stretch)
        return Structure("orthogonal") if exact else some_multiple
    if len(some) < 2 or not sizes.all():
        return None
    return _once_orthogonal(some, products, peak)


def _once_orthogonal(rows: Floats, products: Floats, peak: float) -> Structure | None:
    sizes = np.sqrt(np.diagonal(products))
    cosines = (products / np.outer(sizes, sizes))[np.triu_indices(len(rows), 1)]
    alike = rows.shape[1] * float(np.square(cosines).mean())
    if not alike < 1 - DEVIATIONS * math.sqrt(2 / len(cosines)):
        return None
    singular = np.sqrt(np.maximum(np.linalg.eigvalsh(products), 0))
    middle = float(singular.mean())
    stray = float(singular.std()) / middle
    stretch = peak * middle
    return Structure(
        "orthogonal", factor=1.0 if abs(stretch - 1) <= stray else stretch, stray=stray
    )


def _sparse(weights: Floats, std: float, resolution: float) -> Structure | None:
    rows = len(weights)
    zeros = np.count_nonzero(weights == 0, axis=0)
    if rows < 2 or not (zeros == math.ceil(SPARSITY * rows)).all():
        return None
    rest = weights[weights != 0]
    matches = rest.size > 0 and fits(values_of(rest, resolution), LAWS["normal"], std)
    return Structure("sparse") if matches else None
