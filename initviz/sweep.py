"""The same network at many gains, from vanishing through critical to exploding."""

import math
from dataclasses import dataclass

import numpy as np

from initviz import work
from initviz.initializers import INITIALIZERS
from initviz.network import Batch, Network
from initviz.probe import probe
from initviz.statistics import Floats
from initviz.theory.meanfield import critical

SETTINGS = 40
# Operations that a sweep may take, about two seconds of one core.
MOST_FLOPS = 1e11
# How many decades a variance gains or loses at either end, over the whole depth.
_DECADES = 12.0
_WIDEST = 4.0
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
    """Return the gains that are worth sweeping: around the critical one, or the network's own.

    The critical gain takes σ_w to the edge of chaos, χ₁ = 1 (Schoenholz et al. 2017).
    """
    initializer, width = INITIALIZERS[network.initializer], network.width
    variance = width * initializer.variance(width, width, scale=network.scale)
    bias_std = network.bias_std
    edge = critical(network.activation, bias_std**2).weight_var if bias_std < _FAR else None
    found = math.sqrt(edge / variance) if edge and variance > 0 else None
    middle = found or network.gain or 1.0
    # A layer multiplies a variance by about gain².
    reach = min(_WIDEST, 10 ** (_DECADES / (2 * network.depth)))
    return GainRange(middle / reach, middle * reach, found)


def check(network: Network, batch: Batch) -> None:
    """Raise ValueError if a sweep would be too much work."""
    flops = SETTINGS * work.flops(network, batch)
    if flops > MOST_FLOPS:
        raise ValueError(
            f"a sweep of {SETTINGS} gains takes {flops:.1e} operations here and may take "
            f"{MOST_FLOPS:.0e}; fewer layers, units or inputs fit"
        )


def sweep(network: Network, batch: Batch, columns: tuple[str, ...]) -> Floats:
    """Probe a network at the gains of its range, with the same noise.

    Returns log10 of the columns asked for, (columns, `SETTINGS`, depth).

    Raises:
        ValueError: if that is too much work.
    """
    check(network, batch)
    rows = [
        [probe(network.replace(gain=gain), batch).log10[c] for c in columns]
        for gain in gain_range(network).gains().tolist()
    ]
    return np.array(rows).swapaxes(0, 1)
