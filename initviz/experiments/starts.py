"""Networks from many starts: how much depends on the first weights, shallow and deep."""

import numpy as np
import torch
from torch import Tensor

from initviz.catalog.activations import ACTIVATIONS
from initviz.engine.statistics import Floats
from initviz.experiments.classical import LINE, STARTS, Fits, compare
from initviz.runtime.cache import kept
from initviz.runtime.turns import TURNS, checkpoint
from initviz.setting.network import Network
from initviz.training.datasets import Dataset, dataset
from initviz.training.descent import descend
from initviz.training.parameters import Parameters, drawn
from initviz.training.spec import Training

DEPTHS = (1, 2, 4, 8, 16)
INITIALIZERS = ("he_normal", "glorot_uniform", "torch_default")
WIDTH, STEPS = 32, 100
_PAIRS, _LOOKED_AT = 5, 500
_KEPT_BYTES = 2 * 2**20


@kept(_KEPT_BYTES)
@torch.inference_mode(mode=False)
def networks(initializer: str, depth: int) -> Fits:
    """Train a ReLU network from 20 draws of its weights, on the same batches."""
    data = dataset("digits")
    network = Network(depth=depth, width=WIDTH, initializer=initializer)
    made = _draws(network, data)
    for _ in descend(network, made, data, Training(learning_rate=0.02, steps=STEPS)):
        pass
    with TURNS.turn():
        line = _line_of(network, made, data)
        said = logits(network, made, data.test_inputs).argmax(dim=2).numpy()
    every = [w.flatten(1) for w in (*made.weights, *made.biases)]
    return compare(torch.cat(every, dim=1).double().numpy(), said, line)


def _draws(network: Network, data: Dataset) -> Parameters:
    made = drawn([network] * STARTS, 0, data.features, data.classes, torch.float32)
    for seed in range(STARTS):
        one = drawn([network], seed, data.features, data.classes, torch.float32)
        for weight, drawn_weight in zip(made.weights, one.weights, strict=True):
            weight[seed] = drawn_weight[0]
    return made


@torch.no_grad()
def logits(network: Network, made: Parameters, inputs: Tensor) -> Tensor:
    """Send inputs, (examples, features), forward; returns (networks, examples, classes)."""
    function, h = ACTIVATIONS[network.activation].function, inputs
    for weight, bias in zip(made.weights[:-1], made.biases[:-1], strict=True):
        h = function(h @ weight.mT + bias)
    return h @ made.weights[-1].mT + made.biases[-1]


def _line_of(network: Network, made: Parameters, data: Dataset) -> Floats:
    """Return the median over pairs of networks of the loss on the line between the two."""
    inputs, labels = data.inputs[:_LOOKED_AT], data.labels[:_LOOKED_AT]
    losses = []
    for share in LINE.tolist():
        checkpoint()
        views = [
            torch.lerp(whole[:_PAIRS], whole[_PAIRS : 2 * _PAIRS], share)
            for whole in (*made.weights, *made.biases)
        ]
        many = len(made.weights)
        between = Parameters(made.flat, views[:many], views[many:], [], [])
        logs = torch.log_softmax(logits(network, between, inputs).double(), dim=2)
        losses.append(-logs[:, torch.arange(len(labels)), labels].mean(dim=1).numpy())
    found: Floats = np.median(np.array(losses), axis=1)
    return found
