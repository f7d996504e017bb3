"""What goes in at the front and, backwards, at the end: inputs, labels, cotangents."""

import math
from functools import lru_cache

import torch
from sklearn.datasets import load_digits
from torch import Tensor

from initviz.network import CLASSES, Batch
from initviz.randomness import generator


@lru_cache(maxsize=1)
def digits() -> tuple[Tensor, Tensor]:
    """Return scikit-learn's digits: pixels (1797, 64) standardised over the set, labels (1797,).

    Pixels that are the same in every image become 0.
    """
    pixels, labels = load_digits(return_X_y=True)
    x = torch.from_numpy(pixels)
    std = x.std(dim=0, correction=0)
    x = (x - x.mean(dim=0)) / torch.where(std == 0, 1.0, std)
    return x.float(), torch.from_numpy(labels)


def draw_inputs(batch: Batch, features: int) -> tuple[Tensor, Tensor]:
    """Draw inputs (size, features), float32, and class labels (size,).

    Random inputs have mean 0, variance 1 and random labels; digits are drawn without
    replacement and keep theirs.
    """
    source = generator(batch.seed, "inputs")
    if batch.inputs == "digits":
        pixels, labels = digits()
        chosen = torch.randperm(len(pixels), generator=source)[: batch.size]
        return pixels[chosen], labels[chosen]
    x = torch.empty(batch.size, features)
    if batch.inputs == "normal":
        x.normal_(generator=source)
    else:
        x.uniform_(-math.sqrt(3), math.sqrt(3), generator=source)
    labels = torch.randint(CLASSES, (batch.size,), generator=generator(batch.seed, "labels"))
    return x, labels


def draw_cotangent(seed: int, shape: torch.Size) -> Tensor:
    """Draw ∂ℓ/∂h of the gaussian loss: N(0, 1), independent per entry, float32."""
    return torch.empty(shape).normal_(generator=generator(seed, "cotangent"))
