"""The band of luck where no law is known: from a few draws themselves."""

import math

import numpy as np
from scipy.special import stdtrit

from initviz.engine.measurement import SIZES
from initviz.probe import probe
from initviz.setting import cost
from initviz.setting.network import Batch, Network
from initviz.theory.band import Band

DRAWS = 20
# What a person who has asked for it waits for; too much for a slider.
MOST_SECONDS = 4.0


def affordable(network: Network, batch: Batch) -> bool:
    """Say whether the draws together are quick enough to wait for."""
    return DRAWS * cost.seconds(network, batch) <= MOST_SECONDS


def ensemble(network: Network, batch: Batch) -> Band:
    """Probe `DRAWS` draws and return where 95 % of all draws lie, by their estimate.

    A draw is another seed, derived from the batch's: it renews weights, biases, random inputs
    and the output gradient, as the page's own new draw does. Sizes of a layer count as
    log-normal, so that the ends, (layers,) each, are those of the prediction interval for one
    more draw: mean ± t·s·√(1 + 1/n) of the logarithms, with Student's t of n − 1 degrees of
    freedom (Hahn and Meeker 1991, Statistical Intervals, section 4.7).

    Raises:
        ValueError: if one probe is over the budget.
    """
    seeds = np.random.SeedSequence(batch.seed).generate_state(DRAWS)
    logs = [probe(network, batch.replace(seed=int(seed))).log10 for seed in seeds]
    reach = float(stdtrit(DRAWS - 1, 0.975)) * math.sqrt(1 + 1 / DRAWS)
    ends = {}
    for column in SIZES:
        drawn = np.array([log10[column] for log10 in logs])
        if np.isfinite(drawn).all():
            centre, spread = drawn.mean(axis=0), reach * drawn.std(axis=0, ddof=1)
            ends[column] = (centre - spread, centre + spread)
    lost = "Some draws are exactly 0 somewhere, or infinite, so that they have no range."
    return Band(ends, None if len(ends) == len(SIZES) else lost, DRAWS)
