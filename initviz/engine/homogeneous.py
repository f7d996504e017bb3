"""A gain without another pass: where φ(az) = a φ(z), it multiplies what is known already.

Under gain a, layer l of a network of depth L without biases carries a^l times the signal,
and hands back a^(L-l) times a gradient that does not depend on the outputs (He et al. 2015,
equations 8 and 13, without the averages).
"""

import numpy as np
from numpy.typing import NDArray

from initviz.catalog.activations import ACTIVATIONS
from initviz.engine import dense
from initviz.engine.columns import Columns, Exponents
from initviz.engine.statistics import Floats, Samples
from initviz.runtime.cache import kept
from initviz.setting.network import Batch, Network

# About 150 passes of 20 layers.
CACHE_BYTES = 32 * 2**20


def measure(network: Network, batch: Batch) -> Columns:
    """Measure the dense stack, from the pass at gain 1 where that says everything."""
    if not scales(network, batch):
        return dense.measure(network, batch)
    plain = network if network.gain == 1 else network.replace(gain=1.0)
    return _rescaled(_measured(plain, batch), network.gain)


@kept(CACHE_BYTES, lambda measured: measured.nbytes)
def _measured(network: Network, batch: Batch) -> Columns:
    return dense.measure(network, batch)


def scales(network: Network, batch: Batch) -> bool:
    """Say whether a gain only multiplies what is measured."""
    unbiased = network.bias_mean == 0 and network.bias_std == 0
    exact = network.normalization == "none" and batch.dtype in ("float32", "float64")
    homogeneous = ACTIVATIONS[network.activation].homogeneous
    return unbiased and exact and homogeneous and batch.loss == "gaussian" and network.gain > 0


def _rescaled(measured: Columns, gain: float) -> Columns:
    if gain == 1:
        return measured
    depth = len(measured.values["fan_in"])
    ahead = np.arange(1, depth + 1)
    forward, backward = _power(gain, ahead), _power(gain, depth - ahead)
    powers = {
        "preact": forward,
        "act": forward,
        "grad_preact": backward,
        "grad_act": backward,
        "grad_weight": _power(gain, np.full(depth, depth - 1)),
        "pre-activation": forward,
        "activation": forward,
        "gradient": backward,
    }
    values, exponents = dict(measured.values), dict(measured.exponents)
    values["weight_mean"] = gain * values["weight_mean"]
    values["weight_var"] = gain**2 * values["weight_var"]
    for column, before in measured.exponents.items():
        quantity, _, statistic = column.rpartition("_")
        factor, doublings = powers[quantity]
        values[column] = values[column] * (factor if statistic == "mean" else factor**2)
        exponents[column] = before + doublings
    samples = {q: _scaled(s, *powers[q]) for q, s in measured.samples.items()}
    return Columns(values, exponents, samples)


def _power(gain: float, power: NDArray[np.int64]) -> tuple[Floats, Exponents]:
    """Return gain^power as factors between 1 and 2, times powers of two."""
    doublings = np.log2(gain) * power
    whole = np.floor(doublings).astype(np.int64)
    return np.exp2(doublings - whole), whole


def _scaled(samples: Samples, factor: Floats, doublings: Exponents) -> Samples:
    mantissa = samples.mantissa * factor[:, None].astype(np.float32)
    return Samples(mantissa, samples.exponents + doublings)
