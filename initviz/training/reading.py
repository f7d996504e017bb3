"""What a run says in plain words, beside what theory expects of networks that begin so."""

from dataclasses import dataclass

import numpy as np

from initviz.catalog.initializers import INITIALIZERS
from initviz.runtime.words import counted, number
from initviz.setting.network import Network
from initviz.training.datasets import dataset
from initviz.training.expected import Verdict, why
from initviz.training.history import LAST_STEPS, History

# Losses as shares of what guessing costs. Below a quarter, four digits in five and more are right.
TRAINED = 0.25
# Who guesses by chance a little better or worse than that has learned nothing.
STALLED = 0.95
# Who loses this many times as much is sure of what is wrong: weights too large, though still
# numbers.
DIVERGED = 1.5
# Or more examples right than by guessing, by this share of all: then something is learned.
_CLEARLY = 0.15
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
    network, verdict = history.networks[place], _verdict(history, place)
    what = f"{name(network)} {_happened(history, place, verdict)}."
    because = "" if verdict == "early" else why(network, verdict)
    return Reading(network, verdict, f"{what} {because}".strip())


def _verdict(history: History, place: int) -> Verdict:
    data, loss = dataset(history.training.data), history.final_loss[place]
    if not np.isfinite(loss):
        return "diverged"
    if loss < TRAINED * data.guess_loss:
        return "trained"
    if len(history.loss) < LAST_STEPS:
        return "early"
    if loss > DIVERGED * data.guess_loss:
        # Large weights may begin high and come down.
        return "stalled" if loss < history.loss[0, place] else "diverged"
    clearly = history.final_accuracy[place] > data.guess_accuracy + _CLEARLY
    return "learning" if clearly or learns(float(loss), data.guess_loss) else "stalled"


def learns(loss: float, guess: float) -> bool:
    """Say whether a final loss is below what guessing costs by more than chance."""
    return loss < STALLED * guess


def name(network: Network) -> str:
    """Return the initializer's label, and what it was given."""
    label = INITIALIZERS[network.initializer].label
    scale = "" if network.scale is None else f", scale {network.scale:g}"
    return label + scale + ("" if network.gain == 1 else f", gain {network.gain:.3g}")


def _happened(history: History, place: int, verdict: Verdict) -> str:
    loss, test = float(history.final_loss[place]), history.test_accuracy[place]
    guess = dataset(history.training.data).guess_loss
    beside = f"{number(loss, 3)}, where guessing costs {number(guess, 3)}"
    if verdict == "diverged":
        step = history.first_nonfinite_step[place]
        if step is not None:
            return f"diverged: from step {step} on its loss is not a number"
        return f"diverged to a loss of {beside}"
    if verdict == "early":
        many = len(history.loss)
        return f"has a loss of {beside}, after {counted(many, 'step')}: too few to tell"
    if verdict == "stalled" and loss > DIVERGED * guess:
        return f"came down from {number(float(history.loss[0, place]))} to {beside}"
    if verdict == "stalled":
        return f"stalled at a loss of {beside}"
    right = f" and {100 * test:.0f} % of the test {_NOUNS[history.training.data]}"
    reached = f"reached a loss of {number(loss)}{right if np.isfinite(test) else ''}"
    return reached if verdict == "trained" else f"{reached}, and was still learning"
