"""A training run that is looked at while it goes on."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from initviz.engine.statistics import Floats
from initviz.setting.network import Network
from initviz.training import cost
from initviz.training.history import History, layer_table
from initviz.training.job import Job
from initviz.training.run import Step, train
from initviz.training.spec import Training

# As many steps' layers are kept, and fewer of a run with so many layers that all of them together
# would be more than a page should be sent.
MOST_FRAMES = 60
_MOST_LAYERS = 6000


class Live(Job):
    """A run in slices; keeps every loss and, of evenly spaced steps, what the layers looked like.

    Raises:
        ValueError: as `train` does.
    """

    def __init__(self, networks: Sequence[Network], training: Training) -> None:
        self.networks, self.training = tuple(networks), training
        self._steps: list[Step] = []
        self._kept = set(_spaced(training.steps, networks[0].depth * len(networks)))
        steps = train(networks, training, statistics=True)
        super().__init__(self._record(steps), training.steps, cost.seconds(networks, training))

    def _record(self, steps: Iterator[Step]) -> Iterator[None]:
        for step in steps:
            layers = step.layers if step.step in self._kept else None
            self._steps.append(
                Step(step.step, step.loss, step.accuracy, layers, step.test_accuracy)
            )
            yield

    @property
    def history(self) -> History:
        """What there is of the run; before the first step its curves are empty."""
        if self._steps:
            return History.of(self.networks, self.training, list(self._steps))
        nothing = np.empty((0, len(self.networks)))
        tests = np.full(len(self.networks), np.nan)
        return History(self.networks, self.training, nothing, nothing, tests)

    def layers(self, column: str) -> tuple[list[int], Floats]:
        """Return the steps that were kept and a column of their layers' statistics.

        The column is (steps, networks, depth).
        """
        kept = [(s.step, getattr(s.layers, column)) for s in list(self._steps) if s.layers]
        shape = (0, len(self.networks), self.networks[0].depth)
        return [step for step, _ in kept], np.array([v for _, v in kept]).reshape(-1, *shape[1:])

    def layer_table(self) -> pd.DataFrame:
        """Return one row a network, kept step and layer."""
        return layer_table(self.networks, list(self._steps))


def _spaced(steps: int, layers: int) -> list[int]:
    """Return steps from the first to the last, evenly spaced, as many as are kept."""
    many = max(2, min(MOST_FRAMES, _MOST_LAYERS // layers))
    return sorted({int(s) for s in np.linspace(1, steps, min(many, steps)).round()})
