"""The singular values of a matrix of independent entries.

Marčenko and Pastur 1967, Mathematics of the USSR-Sbornik 1, 457. What training adds to random
weights stands out beyond the edge: Martin and Mahoney 2021, JMLR 22, 165.
"""

import math

import numpy as np

from initviz.engine.statistics import Floats


def edges(rows: int, columns: int, variance: float) -> tuple[float, float]:
    """Return the smallest and the largest singular value, at large size.

    The entries of the (rows, columns) matrix have mean 0 and the given variance.
    """
    short, long = sorted((rows, columns))
    scale = math.sqrt(variance)
    return scale * (math.sqrt(long) - math.sqrt(short)), scale * (
        math.sqrt(long) + math.sqrt(short)
    )


def density(values: Floats, rows: int, columns: int, variance: float) -> Floats:
    """Return the density of the singular values at `values`, which integrates to 1."""
    low, high = edges(rows, columns, variance)
    inside = np.clip((high**2 - values**2) * (values**2 - low**2), 0, None)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.sqrt(inside) / (math.pi * variance * min(rows, columns) * values)
    # A square matrix has a finite density at 0, where the formula divides 0 by 0.
    found[values == 0] = (
        2
        * math.sqrt(max(rows, columns))
        / (math.pi * math.sqrt(variance) * min(rows, columns))
        * (low == 0)
    )
    return found
