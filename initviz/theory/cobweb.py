"""Two inputs fed through a deep network: how alike they are, from one layer to the next.

Poole et al. 2016, arXiv:1606.05340, figure 2.
"""

from dataclasses import dataclass

import numpy as np

from initviz.theory.gaussian import Floats
from initviz.theory.meanfield import next_cosine, phase

_POINTS = 61


@dataclass(frozen=True)
class Cobweb:
    """The correlation map c ↦ c' of one layer at the fixed length q*, and a walk along it.

    `cosines` and `mapped` are the curve, both (points,); `walk` holds a start and the cosine
    after each further layer, (steps + 1,); `c_star` is where every walk ends.
    """

    cosines: Floats
    mapped: Floats
    walk: Floats
    c_star: float


def cobweb(
    activation: str, weight_var: float, bias_var: float, *, start: float, steps: int
) -> Cobweb | None:
    """Return the correlation map and the walk of two inputs that begin at cosine `start`.

    Both inputs have the length q*; where that is 0 or does not exist, there is no map: None.
    """
    found = phase(activation, weight_var, bias_var)
    if not found.q_star or found.c_star is None:
        return None
    q_star = found.q_star

    def onward(c: float) -> float:
        return min(next_cosine(activation, q_star, c, weight_var, bias_var), 1.0)

    cosines = np.linspace(0, 1, _POINTS)
    walk = [start]
    for _ in range(steps):
        walk.append(onward(walk[-1]))
    return Cobweb(cosines, np.array([onward(c) for c in cosines]), np.array(walk), found.c_star)
