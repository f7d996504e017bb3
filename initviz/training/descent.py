"""Training from parameters of one's own, where `train` draws them by the networks' rules."""

from collections.abc import Iterator

import torch

from initviz.runtime.turns import TURNS
from initviz.setting.network import Network
from initviz.training.datasets import Dataset, batches
from initviz.training.optimizers import OPTIMIZERS
from initviz.training.parameters import Parameters
from initviz.training.spec import Training
from initviz.training.stack import Pass, Stack


def descend(
    network: Network, made: Parameters, data: Dataset, training: Training
) -> Iterator[tuple[Stack, Pass]]:
    """Train networks shaped like `network` that begin with `made`, which the steps change.

    Yields the stack and the pass of each step after the step was made; the pass is what came
    before it. Each step waits for a turn of its own. The format is that of `made`.
    """
    stack = Stack(network, made)
    optimizer = OPTIMIZERS[training.optimizer](made.flat, training.learning_rate)
    order = batches(len(data.labels), training.batch_size, training.seed)
    inputs = data.inputs.to(made.flat.dtype)
    for _ in range(training.steps):
        with TURNS.turn(), torch.inference_mode(mode=False), torch.no_grad():
            chosen = next(order)
            found = stack.run(inputs[chosen], data.labels[chosen])
            optimizer.step(stack.gradients.flat)
        yield stack, found
