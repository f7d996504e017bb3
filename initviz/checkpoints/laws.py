"""The laws of independent weights, at their standard size: what each makes likely, and how far."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from initviz.catalog.initializers import TRUNCATED_VARIANCE
from initviz.engine.statistics import Floats

_ROOT = math.sqrt(2 * math.pi)
_INSIDE = math.erf(math.sqrt(2))
# E z⁴ of N(0, 1) within ±2, by parts: 3 E z² less what the cut takes.
_TRUNCATED_FOURTH = 3 * TRUNCATED_VARIANCE - 16 * math.exp(-2) / (_ROOT * _INSIDE)


@dataclass(frozen=True)
class Law:
    """A standard noise of independent entries.

    `kurtosis` is E z⁴ / (E z²)², `bound` the largest size, which is `sharp` where it is as likely
    as any other. `quantile` is the inverse of `cdf`.
    """

    words: str
    variance: float
    kurtosis: float
    bound: float
    cdf: Callable[[Floats], Floats]
    quantile: Callable[[Floats], Floats]
    log_density: Callable[[Floats], Floats]
    sharp: bool = False

    def beyond(self, size: float) -> float:
        """Return how probable a draw of a larger size is, exact also where that is rare."""
        return 2 * float(self.cdf(np.array(-size)))


# By the names of the catalog's noises.
LAWS: Mapping[str, Law] = {
    "normal": Law(
        "normal",
        1.0,
        3.0,
        math.inf,
        ndtr,
        ndtri,
        lambda z: -(z**2) / 2 - math.log(_ROOT),
    ),
    "uniform": Law(
        "uniform",
        1 / 3,
        9 / 5,
        1.0,
        lambda z: np.clip((z + 1) / 2, 0, 1),
        lambda u: 2 * u - 1,
        lambda z: np.full_like(z, -math.log(2)),
        sharp=True,
    ),
    "truncated": Law(
        "truncated normal",
        TRUNCATED_VARIANCE,
        _TRUNCATED_FOURTH / TRUNCATED_VARIANCE**2,
        2.0,
        lambda z: np.clip((ndtr(z) - ndtr(-2.0)) / _INSIDE, 0, 1),
        lambda u: ndtri(ndtr(-2.0) + _INSIDE * u),
        lambda z: -(z**2) / 2 - math.log(_ROOT * _INSIDE),
    ),
}
