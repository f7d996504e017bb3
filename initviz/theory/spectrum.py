"""The density of a product's squared singular values λ where each slope is 0 or 1.

There the S-transforms of the layers are rational, and at large width they multiply (Pennington,
Schoenholz and Ganguli 2017, arXiv:1711.04735; 2018, arXiv:1802.09979). With q the share of slopes
that are 0, p = 1 − q and w = 1 + 1/(λG(λ) − 1), G the mean of 1/(λ − λ_i), the product reads
λ = w ∏ σ_w² (q + p w)/(w − 1) for independent weights, λ = w ∏ σ_w² (q + p w)/w for orthogonal
ones. On a ray of w the phase of the right-hand side grows with |w|; where it is 0, λ is real, and
its density is |Im λG|/(πλ).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from initviz.theory.gaussian import Floats

_RAYS = 400
_HALVINGS = 60
# ln |w| is looked for up to here.
_REACH = 60.0
Points = NDArray[np.complex128]


@dataclass(frozen=True)
class Density:
    """How log10 of a singular value is spread: a curve and two atoms.

    `share` is per decade at `log10`, in rising order. Besides, a share `top` has the largest
    value, log10 `edge`, and a share `lost` is exactly 0.
    """

    log10: Floats
    share: Floats
    top: float
    edge: float
    lost: float


def density(slopes: Floats, largest: float, *, orthogonal: bool) -> Density:
    """Return the density of a product, from each layer's share of slopes that are 1.

    `largest` is ln ∏ σ_w². The weights are square, orthogonal or of independent entries.
    """
    depth, slopes = len(slopes), slopes.round(12).clip(0, 1)
    on, times = np.unique(slopes, return_counts=True)
    # Beyond this ray no phase is 0; towards both ends of the curve rays come closer.
    last = np.pi if orthogonal else np.pi * min(1.0, depth / (1 + np.sum(slopes == 1)))
    rays = last * (1 - np.cos(np.pi * (np.arange(_RAYS) + 0.5) / _RAYS)) / 2

    def layers(w: Points) -> Points:
        """Return ln of ∏ (q + p w), on the branch that is real on the positive axis."""
        factors: Points = np.log(1 - on + on * w[:, None])
        return factors @ times

    def log_lambda(size: Floats) -> Points:
        w = np.exp(size + 1j * rays)
        divisor: Points = size + 1j * rays if orthogonal else np.log(w - 1)
        return largest + size + 1j * rays + layers(w) - depth * divisor

    low, high = np.full(_RAYS, -_REACH), np.full(_RAYS, _REACH)
    crossed = (log_lambda(low).imag < 0) & (log_lambda(high).imag > 0)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        below = log_lambda(middle).imag < 0
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    found = log_lambda(high).real
    share = 2 * math.log(10) / math.pi * np.abs((1 / (np.exp(high + 1j * rays) - 1)).imag)
    order = np.flatnonzero(crossed)[np.argsort(found[crossed])]
    return Density(
        found[order] / (2 * math.log(10)),
        share[order],
        top=max(0.0, 1 - float((1 - slopes).sum())) if orthogonal else 0.0,
        edge=largest / (2 * math.log(10)),
        lost=float(1 - slopes.min()),
    )
