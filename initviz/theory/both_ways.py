"""What follows from one W serving both passes, where mean field takes two independent ones.

Of z = W h' and δ' = Wᵀ δ one number is shared, δ·z = δ'·h'. The direction that the signal takes
therefore carries a share of the gradient of its own, at first 1/n. On its way down W keeps what
lies along it, ‖δ'‖² gaining share − 1/n, and φ' weighs it by E[φ'²φ²]/(E[φ'²]E[φ²]) and lets it
keep `along` of what it had.

Where units saturate, long signals and long gradients exclude each other so: W that lengthens
both would be noticed in z, and answered for by φ'.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from initviz.theory.gaussian import Floats
from initviz.theory.laws import POWERS, Laws
from initviz.theory.pairs import Layer, Pair

# One share, or one for each of many networks.
Shares = NDArray[np.floating[Any]]


def along(law: Laws, pair: Pair) -> float:
    """Return the share of φ'(u) v, as a vector over units, that lies along φ(v).

    u and v are the pre-activations of two inputs: E[φ'(u) v φ(v)]² over E[φ(v)²] E[φ'(u)² v²].
    """
    growth = 1 + 2 * law.slope_answers.first * pair.square
    energy = float(law.phi.sum() * law.slope.sum()) * growth
    return min(1.0, float(law.along @ pair.powers) ** 2 / energy) if energy > 0 else 0.0


def facing(layers: Sequence[Layer], laws: Sequence[Laws]) -> tuple[Floats, Floats]:
    """Return what ln ‖∂ℓ/∂h‖² and ln ‖∂ℓ/∂z‖² gain in each layer, (layers,) each."""
    by_weights, by_slopes = np.zeros((2, len(layers)))
    share: Shares = np.array(1 / layers[-1].width)
    for i in reversed(range(len(layers))):
        layer, law = layers[i], laws[i]
        if i + 1 < len(layers) and not layers[i + 1].orthogonal:
            by_weights[i], share = through_weights(share, layer.width)
        by_slopes[i], share = through_slopes(share, layer.width, *turning(law, layer.fed))
    return by_weights, by_slopes


def turning(law: Laws, fed: float) -> Floats:
    """Return what `through_slopes` asks of a layer, (3,)."""
    kept = along(law, Pair(np.ones(len(POWERS)), 1.0))
    return np.array((kept, 1 + 2 * law.slope_answers.first * fed, law.both.sum() / law.both[0]))


def through_weights(share: Shares, width: int) -> tuple[Shares, Shares]:
    """Return what ln of the gradient's square gains by W, and the share that it leaves."""
    gained = share - 1 / width
    return np.log1p(gained), share / (1 + gained)


def through_slopes(
    share: Shares, width: int, kept: Shares, growth: Shares, both: Shares
) -> tuple[Shares, Shares]:
    """Return the same for φ'; `growth` is E[φ'² z²]/E[φ'²], `kept` what `along` says."""
    gained = 1 + (share - 1 / width) * (both - 1)
    return np.log(gained), growth * (share * kept + (1 - share) * (1 - kept) / width) / gained
