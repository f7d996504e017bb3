"""What a run says in plain words, beside what theory expects of networks that begin so."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from initviz.diagnosis import DECADES
from initviz.initializers import INITIALIZERS
from initviz.network import Network
from initviz.theory.gaussian import moments
from initviz.theory.meanfield import TRAINABLE, phase
from initviz.training.datasets import dataset
from initviz.training.history import LAST_STEPS, History
from initviz.words import from_log10, number

Verdict = Literal["trained", "learning", "stalled", "diverged"]

# Losses as shares of ln C, the loss of knowing nothing about C classes. Below a quarter, four
# digits in five and more are right; above six tenths, fewer than half.
TRAINED = 0.25
STALLED = 0.6
# Guessing costs ln C. Who loses this many times as much is sure of what is wrong: weights too
# large, though still numbers.
DIVERGED = 1.5
# Who has come below this share of guessing, and in 20 steps to this share of the 20 before, is on
# the way however high the loss still is.
_BEGUN, _LESS = 0.9, 0.95
# Standard deviations of which theory is not asked: their squares' squares are no numbers any more.
_LARGEST = 1e50
# Lengths from which on what grows without end is multiplied by the same in every layer; biases
# are nothing beside them.
_LONG = 1e150
# More layers than anybody counts.
_COUNTED = 1000
_SOUND = "the start is sound, so look at the learning rate and the steps"
_NOUNS = {"digits": "digits", "breast_cancer": "tumours", "moons": "points"}


@dataclass(frozen=True)
class Reading:
    """What became of one network, and why, in a sentence or two."""

    network: Network
    verdict: Verdict
    sentence: str


def read(history: History) -> list[Reading]:
    """Judge every network of a run by the thresholds at the top of this file."""
    return [_read(history, place) for place in range(len(history.networks))]


def _read(history: History, place: int) -> Reading:
    network, loss = history.networks[place], float(history.final_loss[place])
    nothing = math.log(dataset(history.training.data).classes)
    verdict = verdict_of(loss, nothing)
    if verdict == "diverged" and _fell(history, place):
        verdict = "stalled"
    elif verdict == "stalled" and loss < _BEGUN * nothing and _falls(history, place):
        verdict = "learning"
    what = f"{name(network)} {_happened(history, place, verdict, nothing)}."
    return Reading(network, verdict, f"{what} {_why(network, verdict)}".strip())


def _fell(history: History, place: int) -> bool:
    """Say whether a loss, however high, is not above where it began, as far as one can see."""
    first, last = history.loss[0, place], history.final_loss[place]
    return bool(last < first or (len(history.loss) == 1 and np.isfinite(last)))


def _falls(history: History, place: int) -> bool:
    """Say whether the last steps' loss is well below that of as many before them."""
    before = history.loss[-2 * LAST_STEPS : -LAST_STEPS, place]
    return before.size == LAST_STEPS and bool(history.final_loss[place] < _LESS * before.mean())


def verdict_of(loss: float, nothing: float) -> Verdict:
    """Judge a final loss, where knowing nothing costs `nothing`."""
    if not loss < DIVERGED * nothing:
        return "diverged"
    if loss < TRAINED * nothing:
        return "trained"
    return "learning" if loss < STALLED * nothing else "stalled"


def name(network: Network) -> str:
    """Return the initializer's label, and what it was given."""
    label = INITIALIZERS[network.initializer].label
    scale = "" if network.scale is None else f", scale {network.scale:g}"
    return label + scale + ("" if network.gain == 1 else f", gain {network.gain:.3g}")


def _happened(history: History, place: int, verdict: Verdict, nothing: float) -> str:
    loss, test = history.final_loss[place], history.test_accuracy[place]
    if verdict == "diverged":
        step = history.first_nonfinite_step[place]
        if step is not None:
            return f"diverged: from step {step} on its loss is not a number"
        return f"diverged to a loss of {number(loss)}, where guessing costs {number(nothing, 3)}"
    if verdict == "stalled" and loss > DIVERGED * nothing and len(history.loss) > 1:
        first = number(float(history.loss[0, place]))
        return (
            f"came down from {first} to {number(loss)}, where guessing costs {number(nothing, 3)}"
        )
    if verdict == "stalled":
        return f"stalled at a loss of {number(loss, 3)}, where guessing costs {number(nothing, 3)}"
    right = f" and {100 * test:.0f} % of the test {_NOUNS[history.training.data]}"
    reached = f"reached a loss of {number(loss)}{right if np.isfinite(test) else ''}"
    return reached if verdict == "trained" else f"{reached}, and was still learning"


def _why(network: Network, verdict: Verdict) -> str:
    """Return a sentence that holds theory against what happened, where there is theory."""
    initializer, width = INITIALIZERS[network.initializer], network.width
    noise = initializer.noise
    factor = initializer.factor(width, width, gain=network.gain, scale=network.scale)
    mean = factor * noise.mean(width, width)
    variance = factor * factor * noise.variance(width, width)
    if variance == 0 and network.bias_std == 0 and width > 1:
        return _copies(network, width * mean, verdict)
    if max(factor, network.bias_std) > _LARGEST:
        return ""
    if network.normalization != "none" or network.bias_mean != 0 or mean != 0:
        return ""
    point = phase(network.activation, width * variance, network.bias_std**2)
    if point.depth_c is None:
        return _growth(network, width * variance, verdict)
    return _reach(network.depth, TRAINABLE * point.depth_c, verdict)


def _copies(network: Network, total: float, verdict: Verdict) -> str:
    """Say what becomes of equal units, whose incoming weights add up to `total`."""
    if verdict == "diverged" and network.normalization == "none" and total > 1:
        return f"Equal weights add up: each layer multiplies what comes in by {number(total)}."
    return "All units of a layer begin as copies and get the same gradient, so copies they stay."


def _growth(network: Network, weight_var: float, verdict: Verdict) -> str:
    """Say by how much the mean square of h grows from inputs on, where it does without end."""
    decades = _decades(network, weight_var)
    whole, each = from_log10(decades), from_log10(decades / network.depth)
    text = f"each layer multiplies the signal's mean square by {each}, all by {whole}"
    learned = verdict in ("trained", "learning")
    if learned and decades > DECADES:
        return f"That is more than theory promises: {text}."
    first = weight_var + network.bias_std**2
    sound = "" if learned or max(decades, math.log10(first)) > DECADES else f": {_SOUND}"
    return f"{text[0].upper()}{text[1:]}{sound}."


def _decades(network: Network, weight_var: float) -> float:
    """Return log10 of the mean square of the last layer's h, if that of the inputs is 1."""
    square, decades = 1.0, 0.0
    for _ in range(network.depth):
        length = weight_var * square + network.bias_std**2
        near = min(length, _LONG)
        square = moments(network.activation, math.sqrt(near)).square
        decades += math.log10(length / near)
    return decades + math.log10(square)


def _reach(depth: int, layers: float, verdict: Verdict) -> str:
    if math.isinf(layers):
        through = "Theory lets a gradient through any number of layers of it"
    else:
        unit = "layer" if round(layers) == 1 else "layers"
        through = f"Theory lets a gradient through {_whole(layers)} {unit} of it"
        through += f", and the network has {depth}"
    if verdict in ("trained", "learning"):
        return f"{through}." if depth <= layers else f"{through}: that is further than expected."
    if depth <= layers:
        return f"{through}: {_SOUND}."
    return f"{through}."


def _whole(layers: float) -> str:
    return str(round(layers)) if layers < _COUNTED else number(layers)
