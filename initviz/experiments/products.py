"""Products of many matrices of which no singular value is lost, however far below the largest.

The product is kept as orthogonal × diagonal × well conditioned, by one pivoted QR decomposition
a factor, and the singular values come from one-sided Jacobi rotations: so the smallest keep the
digits that the product itself would lose (Stewart 1997, BIT 37, 151; Drmač and Veselić 2008,
SIAM J. Matrix Anal. Appl. 29, 1322).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack, qr

from initviz.engine.statistics import Floats

# Relative to the largest: what lies below counts as 0, for the sake of float64's own range.
_SMALLEST = 1e-290


@dataclass(frozen=True)
class Product:
    """J = left · diag(sizes) · right · 2^exponent, left (units, rank), right (rank, inputs).

    Columns of `left` are orthonormal, `sizes` fall from about 1, `right` is well conditioned.
    """

    left: Floats
    sizes: Floats
    right: Floats
    exponent: int = 0

    @classmethod
    def identity(cls, inputs: int) -> "Product":
        """Return the empty product."""
        return cls(np.eye(inputs), np.ones(inputs), np.eye(inputs))

    def after(self, slopes: Floats, weight: Floats, exponent: int) -> "Product":
        """Return diag(slopes) · weight · 2^exponent · J."""
        # Steep units first, so that rounding errors of large rows do not reach small ones.
        units = np.argsort(-np.abs(slopes), kind="stable")[: np.count_nonzero(slopes)]
        steep, shift = halved(slopes[units])
        layer = steep[:, None] * (weight[units] @ self.left) * self.sizes
        q, r, order = qr(layer, mode="economic", pivoting=True, check_finite=False)
        sizes = np.abs(r.diagonal())
        # What rounding leaves of a row that depends on the ones before is no direction.
        rounding = weight.size * np.finfo(np.float64).eps * np.abs(weight).max()
        noise = rounding * np.abs(steep[: len(sizes)]) * self.sizes[order[: len(sizes)]]
        real = sizes > np.maximum(noise, _SMALLEST * sizes.max(initial=0))
        left = np.zeros((len(slopes), int(real.sum())))
        left[units] = q[:, real]
        turned = np.empty((len(left.T), len(self.sizes)))
        turned[:, order] = r[real] / sizes[real, None]
        sizes, change = halved(sizes[real])
        return Product(left, sizes, turned @ self.right, self.exponent + exponent + shift + change)

    def log10(self, count: int) -> Floats:
        """Return log10 of the `count` singular values, −inf for those beyond the rank."""
        values = np.full(count, -np.inf)
        if self.sizes.size:
            found, _, _, work, _, _ = lapack.dgejsv(
                self.right.T * self.sizes, joba=0, jobu=3, jobv=3, jobr=0, jobp=0
            )
            values[: len(found)] = np.log10(found * (work[0] / work[1]))
        return values + self.exponent * math.log10(2)


def halved(values: Floats) -> tuple[Floats, int]:
    """Return values, the largest brought to between ½ and 1 by a power of two, and that power."""
    exponent = int(np.frexp(np.abs(values).max(initial=0))[1])
    return np.ldexp(values, -exponent), exponent
