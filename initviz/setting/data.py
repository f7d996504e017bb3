"""What goes in at the front and, backwards, at the end: inputs, labels, cotangents."""

import math
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from torch import Tensor

from initviz.runtime.cache import kept
from initviz.runtime.randomness import generator
from initviz.setting.network import CLASSES, Batch

CACHE_BYTES = 64 * 2**20
_LENGTHS_BYTES = 2**20
# Inputs of which every pair is looked at.
_PAIRED = 256


@lru_cache(maxsize=1)
def digits() -> tuple[Tensor, Tensor]:
    """Return scikit-learn's digits: pixels (1797, 64) standardised over the set, labels (1797,)."""
    pixels, labels = load_digits(return_X_y=True)
    return standardised(torch.from_numpy(pixels)), torch.from_numpy(labels)


def standardised(x: Tensor) -> Tensor:
    """Give every column mean 0 and variance 1, or 0 where it never varies; returns float32."""
    std = x.std(dim=0, correction=0)
    return ((x - x.mean(dim=0)) / torch.where(std == 0, 1.0, std)).float()


def draw_inputs(batch: Batch, features: int) -> tuple[Tensor, Tensor]:
    """Draw inputs (size, features), float32, and class labels (size,); not to be written to.

    Random inputs have mean 0, variance 1 and random labels; digits are drawn without
    replacement and keep theirs.
    """
    return _draw(batch.inputs, batch.size, features, batch.seed)


@kept(CACHE_BYTES, lambda drawn: sum(tensor.nbytes for tensor in drawn))
@torch.inference_mode(mode=False)
def _draw(inputs: str, size: int, features: int, seed: int) -> tuple[Tensor, Tensor]:
    source = generator(seed, "inputs")
    if inputs == "digits":
        pixels, labels = digits()
        chosen = torch.randperm(len(pixels), generator=source)[:size]
        return pixels[chosen], labels[chosen]
    x = torch.empty(size, features)
    if inputs == "normal":
        x.normal_(generator=source)
    else:
        x.uniform_(-math.sqrt(3), math.sqrt(3), generator=source)
    return x, torch.randint(CLASSES, (size,), generator=generator(seed, "labels"))


@kept(CACHE_BYTES, lambda drawn: drawn.nbytes)
@torch.inference_mode(mode=False)
def draw_cotangent(seed: int, shape: torch.Size) -> Tensor:
    """Draw ∂ℓ/∂h of the gaussian loss: N(0, 1), independent per entry, float32; read-only."""
    return torch.empty(shape).normal_(generator=generator(seed, "cotangent"))


@kept(_LENGTHS_BYTES, lambda lengths: lengths.nbytes)
def input_lengths(batch: Batch, features: int) -> NDArray[np.float64]:
    """Return the mean square of each input that a batch draws, (size,); not to be written to."""
    lengths: NDArray[np.float64] = draw_inputs(batch, features)[0].double().square().mean(1).numpy()
    return lengths


@kept(_LENGTHS_BYTES)
def input_cosine(batch: Batch, features: int) -> float:
    """Return the root mean square cosine of two different inputs of a batch."""
    x = torch.nn.functional.normalize(draw_inputs(batch, features)[0][:_PAIRED].double())
    cosines = (x @ x.T).square()
    others = len(x) * (len(x) - 1)
    return math.sqrt(float(cosines.sum() - cosines.diagonal().sum()) / others)
