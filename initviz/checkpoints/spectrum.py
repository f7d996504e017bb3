"""Whether a matrix has directions that independent entries do not make, as training leaves them."""

import math

import numpy as np
from scipy.special import gammainccinv

from initviz.checkpoints.fits import ONE_IN
from initviz.engine.statistics import Floats

# The largest part of a matrix that is looked at: a part of independent entries is like the whole.
_SHORT, _LONG = 1024, 4096
# Johnstone's simulations go down to 5; smaller ones are not looked at.
_SMALLEST = 8
# A gamma law, shifted: Tracy and Widom's law of order 1, by Chiani 2014, arXiv:1209.3394, table 1.
_SHAPE, _SCALE, _SHIFT = 46.446, 0.186054, 9.84801


def learnt(weights: Floats) -> float:
    """Return how large what stands out of noise is, relative to the layer, or 0.

    `weights` has the shape (units, inputs). Of n × p independent entries of variance 1, the
    largest squared singular value λ has, centred and scaled as in Johnstone 2001, Annals of
    Statistics 29, 295, theorem 1.1, Tracy and Widom's law; what passes the size that it reaches
    once in `ONE_IN` draws is no noise. A displacement θ u vᵀ of such entries shows at
    λ = (θ² + n)(θ² + p) / θ² (Benaych-Georges and Nadakuditi 2012, arXiv:1103.2221, section 3.1);
    solved for θ², √(Σ θ² / n p) is how far the whole matrix was moved in these directions, in
    units of its own root mean square. What moved into more directions than that shows, does not.
    """
    wide = weights if weights.shape[0] <= weights.shape[1] else weights.T
    part = wide[:: math.ceil(wide.shape[0] / _SHORT), :: math.ceil(wide.shape[1] / _LONG)]
    p, n = part.shape
    peak = float(np.abs(part).max())
    if p < _SMALLEST or not 0 < peak < math.inf:
        return 0.0
    scaled = part.astype(np.float64) / peak
    scaled /= math.sqrt(np.square(scaled).mean())
    squares = np.linalg.eigvalsh(scaled @ scaled.T)
    excess = squares[squares > _edge(n, p)] - (n + p)
    moved = (excess + np.sqrt(np.maximum(excess**2 - 4.0 * n * p, 0))) / 2
    return math.sqrt(float(moved.sum()) / (n * p))


def _edge(n: int, p: int) -> float:
    """Return what the largest squared singular value of n × p independent entries stays below."""
    roots = math.sqrt(n - 1) + math.sqrt(p)
    farthest = _SCALE * float(gammainccinv(_SHAPE, 1 / ONE_IN)) - _SHIFT
    return roots * roots + farthest * math.cbrt(1 / math.sqrt(n - 1) + 1 / math.sqrt(p)) * roots
