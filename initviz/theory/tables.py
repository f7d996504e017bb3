"""An activation's moments as smooth functions of ln v, for x ~ N(mean, v): made once, read often.

Beyond the grid every activation is a power of its argument, or constant, so logarithms go on
as straight lines.
"""

from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from initviz.catalog.activations import ACTIVATIONS
from initviz.theory.gaussian import Floats, main_moments

LOWEST, HIGHEST = -24.0, 24.0
STEP = 0.25
_SMALLEST = 1e-300


class Table:
    """ln E[φ²], ln E[φ'²] and E[φ]/√E[φ²] of one activation around one mean.

    `rows` holds the three on the grid from `LOWEST` to `HIGHEST`; a homogeneous activation, a
    power law all the way, has one row, at ln v = 0.
    """

    def __init__(self, activation: str, mean: float) -> None:
        self._law = ACTIVATIONS[activation].homogeneous and mean == 0
        grid = np.zeros(1) if self._law else np.arange(LOWEST, HIGHEST + STEP / 2, STEP)
        self.rows = _rows(activation, grid, mean)
        if not self._law:
            slopes = _slopes(self.rows)
            self._spline = CubicHermiteSpline(grid, self.rows, slopes)
            # The ratio of mean to root mean square has come to rest at either end.
            self._ends = slopes[[0, -1]] * [1, 1, 0]

    def at(self, log_v: Floats) -> tuple[Floats, Floats, Floats]:
        """Return ln E[φ²], ln E[φ'²] and E[φ]/√E[φ²] at each ln v."""
        if self._law:
            square, slope, ratio = self.rows[0]
            return log_v + square, np.full_like(log_v, slope), np.full_like(log_v, ratio)
        within = np.clip(log_v, LOWEST, HIGHEST)
        ends = np.where((log_v < LOWEST)[:, None], self._ends[0], self._ends[1])
        values = self._spline(within) + ends * (log_v - within)[:, None]
        return values[:, 0], values[:, 1], values[:, 2]


def _slopes(rows: Floats) -> Floats:
    """Return the rows' derivatives: central differences of fourth order, but at the ends."""
    slopes: Floats = np.gradient(rows, STEP, axis=0)
    slopes[2:-2] = (8 * (rows[3:-1] - rows[1:-3]) - (rows[4:] - rows[:-4])) / (12 * STEP)
    return slopes


@lru_cache(maxsize=64)
def table(activation: str, mean: float = 0.0) -> Table:
    """Return the table of an activation around a mean."""
    return Table(activation, mean)


def _rows(activation: str, log_v: Floats, mean: float) -> Floats:
    """Return ln E[φ²], ln E[φ'²] and E[φ]/√E[φ²], (points, 3)."""
    average, square, slope = main_moments(activation, np.exp(log_v / 2), mean)
    square, slope = np.maximum(square, _SMALLEST), np.maximum(slope, _SMALLEST)
    return np.stack((np.log(square), np.log(slope), average / np.sqrt(square)), axis=1)
