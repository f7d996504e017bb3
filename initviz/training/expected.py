"""What theory expects of networks that begin in some way, held beside what became of them."""

import math
from typing import Literal

from initviz.catalog.initializers import INITIALIZERS
from initviz.runtime.words import capitalized, counted, factor, from_log10, number
from initviz.setting.network import Network
from initviz.theory.gaussian import moments
from initviz.theory.meanfield import TRAINABLE, Phase, phase
from initviz.verdict.thresholds import DECADES

Verdict = Literal["trained", "learning", "stalled", "diverged", "early"]

# Standard deviations of which theory is not asked: their squares' squares are no numbers any more.
_LARGEST = 1e50
# Lengths from which on what grows without end is multiplied by the same in every layer; biases
# are nothing beside them.
_LONG = 1e150
# More layers than anybody counts.
_COUNTED = 1000
_SOUND = (
    "the signal keeps its size, so try other learning rates; if none learns, the inputs may have "
    "merged on the way"
)


def why(network: Network, verdict: Verdict) -> str:
    """Return a sentence that holds theory against what happened, where there is theory."""
    initializer, width = INITIALIZERS[network.initializer], network.width
    noise = initializer.noise
    factor = initializer.factor(width, width, gain=network.gain, scale=network.scale)
    mean = factor * noise.mean(width, width)
    variance = factor * factor * noise.variance(width, width)
    if variance == 0 and network.bias_std == 0 and width > 1:
        return _copies(network, width * mean, verdict)
    if network.depth > network.width:
        return (
            f"Theory is of wide networks, and says nothing of {counted(network.depth, 'layer')} "
            f"of {counted(network.width, 'unit')}."
        )
    if max(factor, network.bias_std) > _LARGEST:
        return ""
    if network.normalization != "none" or network.bias_mean != 0 or mean != 0:
        return ""
    point = phase(network.activation, width * variance, network.bias_std**2)
    if point.q_star is None or point.depth_c is None:
        return _growth(network, width * variance, verdict)
    return _reach(network.depth, TRAINABLE * point.depth_c, point, verdict)


def _copies(network: Network, total: float, verdict: Verdict) -> str:
    """Say what becomes of equal units, whose incoming weights add up to `total`."""
    if verdict == "diverged" and network.normalization == "none" and total > 1:
        return f"Equal weights add up: each layer multiplies what comes in by {number(total)}."
    return (
        "All units of a layer begin as copies and get the same gradient, so copies they stay, but "
        "for rounding."
    )


def _growth(network: Network, weight_var: float, verdict: Verdict) -> str:
    """Say by how much the mean square of h grows from inputs on, where it does without end."""
    decades = _decades(network, weight_var)
    whole, each = from_log10(decades), factor(decades / network.depth)
    text = f"each layer multiplies the signal's mean square by {each}, all by {whole}"
    learned = verdict in ("trained", "learning")
    if learned and decades > DECADES:
        return f"That is more than theory promises: {text}."
    first = weight_var + network.bias_std**2
    sound = "" if learned or max(decades, math.log10(first)) > DECADES else f": {_SOUND}"
    return f"{capitalized(text)}{sound}."


def _decades(network: Network, weight_var: float) -> float:
    """Return log10 of the mean square of the last layer's h, if that of the inputs is 1."""
    square, decades = 1.0, 0.0
    for _ in range(network.depth):
        length = weight_var * square + network.bias_std**2
        near = min(length, _LONG)
        square = moments(network.activation, math.sqrt(near)).square
        decades += math.log10(length / near)
    return decades + math.log10(square)


def _reach(depth: int, layers: float, point: Phase, verdict: Verdict) -> str:
    """Say how far gradients get, from six correlation depths, and what follows from that."""
    decades = depth * math.log10(point.chi_1) if point.chi_1 else -math.inf
    beyond = depth > layers
    grows = decades > DECADES and (verdict == "diverged" or not beyond)
    if verdict in ("stalled", "diverged") and grows:
        return (
            f"Each layer multiplies the gradient's variance by {factor(decades / depth)}, all by "
            f"{from_log10(decades)}."
        )
    follows = {
        "trained": ": that is further than expected" if beyond else "",
        "learning": ", so it learns slowly" if beyond else "",
        "stalled": "" if beyond else f": {_SOUND}",
        "diverged": ", which makes no loss grow: look at the learning rate"
        if beyond
        else f": {_SOUND}",
    }
    return f"{_allowed(depth, layers)}{follows.get(verdict, '')}."


def _allowed(depth: int, layers: float) -> str:
    if math.isinf(layers):
        return "Theory lets a gradient through any number of layers of it"
    unit = "layer" if round(layers) == 1 else "layers"
    reach = str(round(layers)) if layers < _COUNTED else number(layers)
    return f"Theory lets a gradient through about {reach} {unit} of it, and the network has {depth}"
