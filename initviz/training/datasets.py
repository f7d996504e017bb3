"""What networks learn: small real data sets, standardised and split the same way every time."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import torch
from sklearn.datasets import load_breast_cancer, make_moons
from torch import Tensor

from initviz.runtime.randomness import generator
from initviz.setting.data import digits, standardised

_MOONS, _NOISE = 1000, 0.2
# How many examples, from the first on, are for training; the rest are the test.
_TRAINED_ON = {"digits": 1500, "breast_cancer": 455, "moons": 750}


@dataclass(frozen=True)
class Dataset:
    """Examples (number, features), float32, with labels (number,), for training and for the test.

    The tensors are shared and not to be written to.
    """

    inputs: Tensor
    labels: Tensor
    test_inputs: Tensor
    test_labels: Tensor
    classes: int

    @property
    def features(self) -> int:
        """How many numbers an example has."""
        return self.inputs.shape[1]

    @property
    def guess_loss(self) -> float:
        """The loss of who knows how frequent the classes are, and nothing else: their entropy."""
        return float(torch.special.entr(self._shares()).sum())

    @property
    def guess_accuracy(self) -> float:
        """The share of examples that are of the most frequent class."""
        return float(self._shares().max())

    def _shares(self) -> Tensor:
        return self.labels.bincount().double() / len(self.labels)


@lru_cache(maxsize=3)
@torch.inference_mode(mode=False)
def dataset(name: str) -> Dataset:
    """Return a data set of `DATA`; every feature has mean 0 and variance 1 over the whole set."""
    inputs, labels = digits() if name == "digits" else _loaded(name)
    split = _TRAINED_ON[name]
    return Dataset(
        inputs[:split], labels[:split], inputs[split:], labels[split:], int(labels.max()) + 1
    )


def _loaded(name: str) -> tuple[Tensor, Tensor]:
    if name == "breast_cancer":
        values, labels = load_breast_cancer(return_X_y=True)
    else:
        values, labels = make_moons(_MOONS, noise=_NOISE, random_state=0)
    return standardised(torch.from_numpy(values)), torch.from_numpy(labels)


def batches(examples: int, size: int, seed: int) -> Iterator[Tensor]:
    """Yield the places of each batch's examples, (size,), without end.

    Every epoch shuffles anew; what is left at its end and fills no batch is not used.
    """
    epoch = 0
    while True:
        order = torch.randperm(examples, generator=generator(seed, "order", epoch))
        for start in range(0, examples - size + 1, size):
            yield order[start : start + size]
        epoch += 1
