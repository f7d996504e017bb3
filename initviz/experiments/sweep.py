"""The same network at many gains, from vanishing through critical to exploding."""

import math
from dataclasses import dataclass

import numpy as np

from initviz.catalog.initializers import INITIALIZERS
from initviz.engine.statistics import Floats
from initviz.probe import probe
from initviz.runtime.budget import Amount, Budget, seconds
from initviz.setting import cost
from initviz.setting.cost import Probe
from initviz.setting.network import Batch, Network
from initviz.theory.meanfield import critical

SETTINGS = 40
COLUMNS = ("act_var", "grad_preact_var", "grad_act_var", "grad_weight_var")
# What a person who has asked for it waits for.
MOST_SECONDS = 8.0
# How many decades a variance gains or loses at either end, over the whole depth.
_DECADES = 12.0
_WIDEST = 4.0
_SMALLEST = 1e-3
# Beyond this bias std no length is ordinary, and theory is not asked.
_FAR = 100.0


@dataclass(frozen=True)
class GainRange:
    """The gains of a sweep; `critical` keeps the gradient's variance deep in the network."""

    low: float
    high: float
    critical: float | None

    def gains(self) -> Floats:
        """Return the gains, evenly spread on a log scale, (`SETTINGS`,)."""
        return np.geomspace(self.low, self.high, SETTINGS)


def gain_range(network: Network) -> GainRange:
    """Return the gains that are worth sweeping: around the critical one, or around 1.

    The critical gain takes σ_w to the edge of chaos, χ₁ = 1 (Schoenholz et al. 2017). The
    network's own gain does not matter.
    """
    found, most = _critical(network), Network.bounds("gain")[1]
    # A layer multiplies a variance by about gain².
    reach = min(_WIDEST, 10 ** (_DECADES / (2 * network.depth)))
    middle = min(max(found or 1.0, _SMALLEST), most / reach)
    within = found is not None and middle / reach <= found <= middle * reach
    return GainRange(middle / reach, middle * reach, found if within else None)


def _critical(network: Network) -> float | None:
    """Return the critical gain, where theory has one: a layer is then φ(Wx + b) and no more."""
    if network.normalization != "none" or network.bias_mean != 0 or network.bias_std > _FAR:
        return None
    initializer, width = INITIALIZERS[network.initializer], network.width
    variance = width * initializer.variance(width, width, scale=network.scale)
    edge = critical(network.activation, network.bias_std**2).weight_var
    return math.sqrt(edge / variance) if edge and 0 < variance < math.inf else None


def _amounts(swept: Probe) -> tuple[Amount]:
    return (seconds(SETTINGS * cost.seconds(*swept), MOST_SECONDS),)


_BUDGET = Budget[Probe](
    _amounts,
    cost.sizes,
    (cost.smaller_batch, cost.shallower),
    purpose=f"for a sweep of {SETTINGS} gains",
)


def check(network: Network, batch: Batch) -> None:
    """Refuse a sweep over the budget.

    Raises:
        ValueError: naming the estimate, the budget and the nearest setting that fits.
    """
    _BUDGET.check((network, batch))


def sweep(network: Network, batch: Batch) -> Floats:
    """Probe a network at the gains of its range, with the same noise.

    Returns log10 of `COLUMNS`, (columns, `SETTINGS`, depth).

    Raises:
        ValueError: if that takes too long.
    """
    check(network, batch)
    rows = [
        [found.log10[c] for c in COLUMNS]
        for gain in gain_range(network).gains().tolist()
        for found in [probe(network.replace(gain=gain), batch)]
    ]
    return np.array(rows).swapaxes(0, 1)
