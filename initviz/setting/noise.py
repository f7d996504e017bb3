"""Standard noise, drawn once for a shape and a seed and shared by every gain and scale."""

from dataclasses import dataclass

import torch
from torch import Tensor

from initviz.catalog.initializers import Noise
from initviz.runtime.cache import kept
from initviz.runtime.randomness import generator

# Enough for the noise of 20 networks of 20 × 256, or one of 60 × 1024.
CACHE_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Draw:
    """One layer's noise, shape (fan_out, fan_in), with the mean and variance of its entries."""

    values: Tensor
    mean: float
    variance: float


@kept(CACHE_BYTES, lambda draw: draw.values.nbytes)
@torch.inference_mode(mode=False)
def layer_noise(noise: Noise, fan_in: int, fan_out: int, *, seed: int, layer: int) -> Draw:
    """Return the noise of hidden layer `layer` (from 0); treat its tensor as read-only."""
    values = noise.draw(fan_out, fan_in, generator(seed, "weight", layer))
    exact = values.double()
    return Draw(values, float(exact.mean()), float(exact.var(correction=0)))
