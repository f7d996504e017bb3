"""The same networks trained at several learning rates, so that none is blamed for one rate."""

from collections.abc import Iterator, Sequence

import numpy as np

from initviz.engine.statistics import Floats
from initviz.runtime.budget import Amount, Budget, seconds
from initviz.runtime.words import counted, number
from initviz.setting.network import Network
from initviz.training import cost
from initviz.training.cost import Run
from initviz.training.datasets import dataset
from initviz.training.history import LAST_STEPS, History
from initviz.training.job import Job
from initviz.training.reading import learns, name
from initviz.training.run import check, train
from initviz.training.spec import Training

# Rates on either side of the one chosen, and how many of them make a factor of ten.
_EITHER_SIDE, _A_DECADE = 3, 2
_MOST_STEPS = 100
# Rates whose losses differ by less, as a share of what guessing costs, do equally well.
_CHANCE = 0.02


def rates(learning_rate: float) -> tuple[float, ...]:
    """Return up to seven rates, a factor of about 3 apart, with the one given among them."""
    low, high = Training.bounds("learning_rate")
    powers = range(-_EITHER_SIDE, _EITHER_SIDE + 1)
    made = [learning_rate * 10 ** (p / _A_DECADE) for p in powers]
    rounded = [rate if rate == learning_rate else float(f"{rate:.2g}") for rate in made]
    return tuple(rate for rate in rounded if low <= rate <= high)


def shortened(networks: Sequence[Network], training: Training) -> Training:
    """Return the training that each rate gets: fewer steps, so that all of them fit the cost.

    Raises:
        ValueError: if not even the fewest steps that say anything fit.
    """
    check(networks, training)
    many = len(rates(training.learning_rate))

    def amounts(run: Run) -> tuple[Amount]:
        return (seconds(many * cost.seconds(*run), cost.MOST_SECONDS),)

    ways = cost.shorter(LAST_STEPS), cost.shallower
    purpose = f"for {many} learning rates"
    each = training.replace(steps=min(training.steps, _MOST_STEPS))
    brief = Budget[Run](amounts, cost.sizes, ways[:1]).nearest((networks, each))
    Budget[Run](amounts, cost.sizes, ways, purpose).check(brief)
    return brief[1]


class Rates(Job):
    """A sweep of the learning rate, in slices; a unit is a step.

    `losses` is (rates, networks): the mean loss of the last steps, NaN where it is not finite
    or not yet known.

    Raises:
        ValueError: if the work is over budget.
    """

    def __init__(self, networks: Sequence[Network], training: Training) -> None:
        self.networks, self.training = tuple(networks), shortened(networks, training)
        self.rates = rates(training.learning_rate)
        self.losses: Floats = np.full((len(self.rates), len(networks)), np.nan)
        self.rates_made = 0
        units = len(self.rates) * self.training.steps
        estimate = len(self.rates) * cost.seconds(networks, self.training)
        super().__init__(self._sweep(), units, estimate)

    def _sweep(self) -> Iterator[None]:
        for place, rate in enumerate(self.rates):
            training, steps = self.training.replace(learning_rate=rate), []
            for step in train(self.networks, training):
                steps.append(step)
                if step.step == training.steps:
                    self.losses[place] = History.of(self.networks, training, steps).final_loss
                    self.rates_made += 1
                yield


def told(sweep: Rates) -> list[str]:
    """Say of each network at which rate it learns best, and whether at any that was tried."""
    if not sweep.rates_made:
        return []
    return [_told(sweep, place) for place in range(len(sweep.networks))]


def _told(sweep: Rates, place: int) -> str:
    who, losses = name(sweep.networks[place]), sweep.losses[: sweep.rates_made, place]
    whole = sweep.rates_made == len(sweep.rates)
    if np.isnan(losses).all():
        return f"{who} diverges at every rate tried{'' if whole else ' so far'}."
    best = int(np.nanargmin(losses))
    rate, loss, steps = number(sweep.rates[best]), float(losses[best]), sweep.training.steps
    guess, after = dataset(sweep.training.data).guess_loss, f"after {counted(steps, 'step')}"
    edge = _edge(losses, guess) if whole else ""
    if learns(loss, guess):
        so_far = "learns best" if whole else "learns best so far"
        return f"{who} {so_far} at a rate of {rate}: loss {number(loss)} {after}.{edge}"
    which = "these rates" if whole else "the rates tried so far"
    # In so few steps nobody learns.
    innocent = " Within these steps no step size helps." if whole and steps >= LAST_STEPS else ""
    return (
        f"{who} learns at none of {which} in {counted(steps, 'step')}: at best, {rate}, its loss "
        f"is {number(loss)} then.{edge or innocent}"
    )


def _edge(losses: Floats, guess: float) -> str:
    """Say so if the best of a sweep's rates is the smallest or the largest, by more than chance."""
    best = int(np.nanargmin(losses))
    end = {0: "smallest", len(losses) - 1: "largest"}.get(best)
    if end is None or np.nanmax(losses) - losses[best] < _CHANCE * guess:
        return ""
    return f" It is the {end} one tried: the best may lie beyond."
