"""A whole run, or as much of it as there is: curves, outcomes, and their table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from initviz.engine.statistics import Floats
from initviz.setting.network import Network
from initviz.training.run import Step
from initviz.training.spec import Training

# A single batch's loss jumps about: an outcome is the mean of so many.
LAST_STEPS = 20
# What is measured of every layer, by its name in `LayerStatistics`.
LAYER_COLUMNS = (
    "act_var",
    "grad_preact_var",
    "update_ratio",
    "dead_fraction",
    "saturated_fraction",
)


@dataclass(frozen=True)
class History:
    """What was yielded: `loss` and `accuracy` (steps, networks), `test_accuracy` (networks,).

    `test_accuracy` is NaN for networks that are not finite, and for all in a run that was
    stopped.
    """

    networks: tuple[Network, ...]
    training: Training
    loss: Floats
    accuracy: Floats
    test_accuracy: Floats

    @classmethod
    def of(
        cls, networks: Sequence[Network], training: Training, steps: Iterable[Step]
    ) -> "History":
        """Collect the steps of a run, of which there must be one or more."""
        kept = [(s.loss, s.accuracy, s.test_accuracy) for s in steps]
        losses, accuracies, tests = zip(*kept, strict=True)
        tested = np.full(len(networks), np.nan) if tests[-1] is None else tests[-1]
        return cls(tuple(networks), training, np.array(losses), np.array(accuracies), tested)

    @property
    def final_loss(self) -> Floats:
        """The mean of the last 20 steps' losses, (networks,)."""
        mean: Floats = self.loss[-LAST_STEPS:].mean(axis=0)
        return mean

    @property
    def final_accuracy(self) -> Floats:
        """The mean of the last 20 steps' accuracies, (networks,)."""
        mean: Floats = self.accuracy[-LAST_STEPS:].mean(axis=0)
        return mean

    @property
    def first_nonfinite_step(self) -> list[int | None]:
        """The step, from 1, at which each network's loss was no number any more."""
        lost = np.isnan(self.loss)
        return [int(column.argmax()) + 1 if column.any() else None for column in lost.T]

    def table(self) -> pd.DataFrame:
        """Return one row a step and network: network (from 1), initializer, step and curves."""
        steps, many = self.loss.shape
        return pd.DataFrame(
            {
                "network": np.repeat(np.arange(1, many + 1), steps),
                "initializer": np.repeat([n.initializer for n in self.networks], steps),
                "step": np.tile(np.arange(1, steps + 1), many),
                "loss": self.loss.T.ravel(),
                "accuracy": self.accuracy.T.ravel(),
            }
        )


def layer_table(networks: Sequence[Network], steps: Sequence[Step]) -> pd.DataFrame:
    """Return one row a network, step and layer, all from 1, of the steps that have `layers`.

    Columns are network, initializer, step, layer and `LAYER_COLUMNS`.
    """
    kept = [(step.step, step.layers) for step in steps if step.layers is not None]
    shape = len(networks), len(kept), networks[0].depth
    network, step, layer = np.indices(shape).reshape(3, -1)
    columns = {
        name: np.array([getattr(layers, name) for _, layers in kept]).reshape(
            len(kept), len(networks), networks[0].depth
        )
        for name in LAYER_COLUMNS
    }
    return pd.DataFrame(
        {
            "network": network + 1,
            "initializer": np.array([n.initializer for n in networks])[network],
            "step": np.array([number for number, _ in kept], dtype=np.int64)[step],
            "layer": layer + 1,
            **{name: values.swapaxes(0, 1).ravel() for name, values in columns.items()},
        }
    )
