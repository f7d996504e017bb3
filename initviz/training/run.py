"""Short training runs, several networks at once, a row a step."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from initviz.catalog.activations import ACTIVATIONS
from initviz.engine.statistics import Floats
from initviz.runtime.turns import TURNS
from initviz.setting.network import DTYPES, Network
from initviz.training import cost
from initviz.training.datasets import batches, dataset
from initviz.training.measures import LayerStatistics, measure, norms
from initviz.training.optimizers import OPTIMIZERS
from initviz.training.parameters import drawn
from initviz.training.spec import MOST_NETWORKS, Training
from initviz.training.stack import Pass, Stack

# What several networks must share to be trained as one.
SHARED = ("depth", "width", "activation", "normalization", "architecture")


@dataclass(frozen=True)
class Step:
    """One step of all networks; arrays (networks,), NaN from a network's first bad step on.

    `loss` and `accuracy` are those of the step's batch before the step is made; `step` counts
    from 1. `layers` is None unless asked for, `test_accuracy` comes with the last step.
    """

    step: int
    loss: Floats
    accuracy: Floats
    layers: LayerStatistics | None = None
    test_accuracy: Floats | None = None


def train(
    networks: Sequence[Network],
    training: Training | None = None,
    *,
    statistics: bool = False,
    distinct: bool = False,
) -> Iterator[Step]:
    """Train networks side by side on the same batches, yielding a `Step` at a time.

    The networks may differ in how they begin, not in shape; each is trained as if it were
    alone. It begins as `build` draws it for this seed, with a linear readout to the classes
    and zero biases there, and learns by cross-entropy. A loss that is not finite ends that
    network's run, not the others'. `statistics` asks for every layer's, `distinct` for the
    share of different units among them. Close the generator to stop early. Each step waits for
    a turn of its own, so none is held while the caller draws.

    Raises:
        ValueError: if the networks differ in shape, are too many, or the work is over budget.
    """
    training = Training() if training is None else training
    check(networks, training)
    return _Run(networks, training, statistics=statistics or distinct, distinct=distinct).steps()


def check(networks: Sequence[Network], training: Training) -> None:
    """Refuse networks that cannot be trained side by side, and work over the cost.

    Raises:
        ValueError: saying which.
    """
    if not 1 <= len(networks) <= MOST_NETWORKS:
        raise ValueError(f"networks must be 1 to {MOST_NETWORKS}; got {len(networks)}")
    for field in SHARED:
        values = {getattr(network, field): None for network in networks}
        if len(values) > 1:
            given = " and ".join(map(repr, values))
            raise ValueError(f"{field} must be the same in all networks; got {given}")
    cost.check(networks, training)


class _Run:
    def __init__(
        self, networks: Sequence[Network], training: Training, *, statistics: bool, distinct: bool
    ) -> None:
        self._networks, self._training = networks, training
        self._statistics, self._distinct = statistics, distinct
        self._activation = ACTIVATIONS[networks[0].activation]
        self._data = dataset(training.data)
        self._finite = np.ones(len(networks), dtype=np.bool_)

    def steps(self) -> Iterator[Step]:
        with TURNS.turn():
            self._begin()
        for step in range(1, self._training.steps + 1):
            with TURNS.turn():
                made = self._step(step)
            yield made

    # Whoever asks may be in inference mode, whose tensors no derivative can be taken of.
    @torch.inference_mode(mode=False)
    @torch.no_grad()
    def _begin(self) -> None:
        training, data = self._training, self._data
        dtype = DTYPES[training.dtype]
        self._inputs, self._test_inputs = data.inputs.to(dtype), data.test_inputs.to(dtype)
        made = drawn(self._networks, training.seed, data.features, data.classes, dtype)
        self._weights = made.weights[:-1]
        self._stack = Stack(self._networks[0], made)
        self._optimizer = OPTIMIZERS[training.optimizer](made.flat, training.learning_rate)
        self._moves = made.like(self._optimizer.moved).weights[:-1]
        self._order = batches(len(data.labels), training.batch_size, training.seed)

    @torch.inference_mode(mode=False)
    @torch.no_grad()
    def _step(self, step: int) -> Step:
        chosen = next(self._order)
        made = self._stack.run(self._inputs[chosen], self._data.labels[chosen])
        self._finite &= np.isfinite(made.loss.numpy())
        before = norms(self._weights) if self._statistics else None
        self._optimizer.step(self._stack.gradients.flat)
        return Step(
            step,
            self._where_finite(made.loss),
            self._where_finite(made.accuracy),
            None if before is None else self._measure(made, before),
            self._test() if step == self._training.steps else None,
        )

    def _where_finite(self, values: Tensor) -> Floats:
        return np.where(self._finite, values.double().numpy(), np.nan)

    def _measure(self, made: Pass, before: Floats) -> LayerStatistics:
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = -self._optimizer.size * norms(self._moves) / before
        return measure(made, ratio, self._activation, self._finite, distinct=self._distinct)

    def _test(self) -> Floats:
        found = self._stack.accuracy(self._test_inputs, self._data.test_labels)
        return self._where_finite(found)
