"""What rounding makes of copies: with it alone, a layer of equal units may fall into a few groups.

A matrix product sums in another order for some units than for others, as the width and the
processor have it, so that equal units get gradients that differ in the last digit. Adam divides
each gradient by its own size (Kingma and Ba 2015, algorithm 1), and where the true one is 0,
that digit is all there is of it.
"""

from dataclasses import dataclass

import numpy as np

from initviz.engine.statistics import Floats
from initviz.runtime.cache import kept
from initviz.setting.network import Network
from initviz.training.run import train
from initviz.training.spec import Training

WIDTHS = (16, 17, 33, 100)
# By optimizer, with the step size that is usual for it.
RATES = {"sgd": 0.05, "adam": 0.02}
DEPTH, STEPS, VALUE = 3, 100, 0.05
_SEED = 0
_KEPT_BYTES = 2**20


@dataclass(frozen=True)
class Torn:
    """Networks whose weights all begin at `VALUE`, trained without noise, in float64.

    `groups` is the number of different units in the layer that has most, (optimizers, widths,
    steps), `test_accuracy` (optimizers, widths).
    """

    groups: Floats
    test_accuracy: Floats


@kept(_KEPT_BYTES)
def torn() -> Torn:
    """Train a network of every width of `WIDTHS` with every optimizer of `RATES` on the digits."""
    runs = [[_run(width, optimizer) for width in WIDTHS] for optimizer in RATES]
    groups, accuracy = (np.array([[run[i] for run in row] for row in runs]) for i in (0, 1))
    return Torn(groups, accuracy)


def _run(width: int, optimizer: str) -> tuple[Floats, float]:
    network = Network(
        depth=DEPTH, width=width, activation="tanh", initializer="constant", scale=VALUE
    )
    training = Training(
        optimizer=optimizer,
        learning_rate=RATES[optimizer],
        steps=STEPS,
        dtype="float64",
        seed=_SEED,
    )
    steps = list(train([network], training, distinct=True))
    shares = [s.layers.distinct_fraction for s in steps if s.layers is not None]
    groups = np.array([share[0].max() for share in shares if share is not None]) * width
    last = steps[-1].test_accuracy
    return groups, float("nan") if last is None else float(last[0])
