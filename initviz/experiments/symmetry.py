"""Units that begin alike: whether training tells them apart, and what noise or a bias changes.

The same small network is trained side by side from one start with noise of several sizes, so
that everything but the noise is the same: data, order, optimizer.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from initviz.catalog.initializers import INITIALIZERS
from initviz.engine.statistics import Floats, distinct
from initviz.runtime.cache import kept
from initviz.runtime.randomness import generator
from initviz.setting.network import Network
from initviz.training.datasets import dataset
from initviz.training.descent import descend
from initviz.training.parameters import Parameters, drawn
from initviz.training.run import train
from initviz.training.spec import Training
from initviz.training.stack import Pass

STARTS = ("constant", "zeros")
ACTIVATIONS = ("relu", "tanh")
# Standard deviations of what is added to every weight; none is what it is compared with.
NOISES = (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
DEPTH, WIDTH, STEPS = 3, 16, 100
# How many steps lie between two looks at the weights.
EVERY = 5
# Every weight of the constant start: small enough that tanh is not saturated by 64 pixels.
VALUE = 0.05
BIASES = (0.0, 0.01, 0.1, 1.0)
BIASED_RATE = 0.1
BIASED_SEEDS, BIASED_DEPTH, BIASED_WIDTH = 5, 5, 32
_SEED = 0
_TRAINING = Training(learning_rate=0.05, steps=STEPS, dtype="float64", seed=_SEED)
_KEPT_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Symmetry:
    """A run from one start with every noise of `NOISES`.

    `looked_at` are the numbers of steps made when the weights were looked at, (looks,), from 0;
    `similarity` is the cosine of the incoming weights of two units, (looks, noises, layers,
    units, units), `apart` the mean of 1 − cosine over pairs of different units, (looks, noises,
    layers). `distinct` is the share of different units before a step, (steps, noises, layers),
    `loss` is (steps, noises), `test_accuracy` (noises,).
    """

    looked_at: NDArray[np.int32]
    similarity: NDArray[np.float32]
    apart: Floats
    distinct: Floats
    loss: Floats
    test_accuracy: Floats

    @property
    def nbytes(self) -> int:
        """The bytes of all arrays."""
        return sum(array.nbytes for array in vars(self).values())


@kept(_KEPT_BYTES, lambda made: made.nbytes)
def symmetry(start: str, activation: str) -> Symmetry:
    """Train a network of `DEPTH` layers of `WIDTH` units on digits, in float64.

    Raises:
        ValueError: if there is no such start or activation here.
    """
    for name, value, known in (
        ("start", start, STARTS),
        ("activation", activation, ACTIVATIONS),
    ):
        if value not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}; got {value!r}")
    scale = VALUE if INITIALIZERS[start].scale_meaning else None
    network = Network(
        depth=DEPTH, width=WIDTH, activation=activation, initializer=start, scale=scale
    )
    return _run(network)


@torch.inference_mode(mode=False)
def _run(network: Network) -> Symmetry:
    data = dataset("digits")
    made = drawn([network] * len(NOISES), _SEED, data.features, data.classes, torch.float64)
    _disturb(made)
    looks, passes = [_look(made)], []
    for step, (stack, found) in enumerate(descend(network, made, data, _TRAINING), start=1):
        passes.append((_distinct(found), found.loss.numpy()))
        if step % EVERY == 0:
            looks.append(_look(made))
        if step == STEPS:
            test = stack.accuracy(data.test_inputs.double(), data.test_labels).numpy()
    similarity, apart = zip(*looks, strict=True)
    distinct, loss = zip(*passes, strict=True)
    return Symmetry(
        np.arange(0, STEPS + 1, EVERY, dtype=np.int32),
        np.array(similarity, dtype=np.float32),
        np.array(apart),
        np.array(distinct),
        np.array(loss),
        test,
    )


def _look(made: Parameters) -> tuple[Floats, Floats]:
    """Return the cosines, (noises, layers, units, units), and how far units are apart."""
    similarity, apart = zip(*map(cosines, made.weights[:-1]), strict=True)
    return np.stack(similarity, axis=1), np.stack(apart, axis=1)


def _disturb(made: Parameters) -> None:
    """Add to the weights of each network the same noise, in its own size."""
    for layer, weight in enumerate(made.weights):
        noise = torch.empty(weight.shape[1:], dtype=torch.float64)
        noise.normal_(generator=generator(_SEED, "weight", layer))
        weight.add_(torch.tensor(NOISES, dtype=torch.float64)[:, None, None] * noise)


def cosines(weight: Tensor) -> tuple[Floats, Floats]:
    """Compare the rows of matrices, (networks, units, inputs), with each other.

    Returns their cosines, (networks, units, units), and the mean of 1 − cosine over pairs of
    different rows, (networks,), exact also where the cosine rounds to 1. Two rows of zeros are
    copies, with cosine 1; the cosine of zeros with anything else is 0.
    """
    norms = torch.linalg.vector_norm(weight, dim=2, keepdim=True)
    zero = norms == 0
    unit = torch.where(zero, 0.0, weight / torch.where(zero, 1.0, norms))
    both = zero & zero.mT
    cosine = (unit @ unit.mT).masked_fill_(both, 1.0)
    # 1 − cos = ½ ‖u − v‖² for unit vectors, and 1 where one of them is 0.
    between = (unit[:, :, None] - unit[:, None]).square_().sum(dim=3).div_(2)
    between = torch.where(both, 0.0, torch.where(zero | zero.mT, 1.0, between))
    units = weight.shape[1]
    apart = between.sum(dim=(1, 2)) / (units * (units - 1))
    return cosine.numpy(), apart.numpy()


def _distinct(made: Pass) -> Floats:
    """Return the share of different units, (noises, layers)."""
    stacked = torch.stack(made.z, dim=1)
    return distinct(stacked.flatten(0, 1)).reshape(stacked.shape[:2])


@dataclass(frozen=True)
class Biased:
    """A ReLU network begun with every bias of `BIASES`; arrays (biases,).

    `first` and `last` are the shares of units that are 0 for a whole batch, over all layers, at
    the first and at the last step; `test_accuracy` is the network's after training. All are means
    over `BIASED_SEEDS` draws of weights and batches.
    """

    first: Floats
    last: Floats
    test_accuracy: Floats


@kept(_KEPT_BYTES)
def biased() -> Biased:
    """Train a ReLU network whose biases all begin at the same value, for each value."""
    networks = [Network(depth=BIASED_DEPTH, width=BIASED_WIDTH, bias_mean=bias) for bias in BIASES]
    runs = [_biased(networks, seed) for seed in range(BIASED_SEEDS)]
    return Biased(*np.array(runs).mean(axis=0))


def _biased(networks: list[Network], seed: int) -> tuple[Floats, Floats, Floats]:
    training = Training(steps=STEPS, learning_rate=BIASED_RATE, seed=seed)
    first, *_, last = train(networks, training, statistics=True)
    if first.layers is None or last.layers is None or last.test_accuracy is None:
        raise RuntimeError("a run with statistics came without them")
    return (
        first.layers.dead_fraction.mean(axis=1),
        last.layers.dead_fraction.mean(axis=1),
        last.test_accuracy,
    )
