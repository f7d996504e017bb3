"""Standard noise, drawn once for a shape and a seed and shared by every gain and scale."""

import threading
from collections import OrderedDict
from dataclasses import dataclass

from torch import Tensor

from initviz.initializers import Noise
from initviz.randomness import generator

# Enough for the noise of 20 networks of 20 × 256, or one of 60 × 1024.
CACHE_BYTES = 256 * 2**20


@dataclass(frozen=True)
class Draw:
    """One layer's noise, shape (fan_out, fan_in), with the mean and variance of its entries."""

    values: Tensor
    mean: float
    variance: float


class _Cache:
    """The most recently used draws, up to a number of bytes; safe between threads."""

    def __init__(self, limit: int) -> None:
        self._limit, self._bytes = limit, 0
        self._draws: OrderedDict[tuple[str, int, int, int, int], Draw] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, noise: Noise, rows: int, columns: int, seed: int, layer: int) -> Draw:
        key = (noise.name, rows, columns, seed, layer)
        with self._lock:
            if key in self._draws:
                self._draws.move_to_end(key)
                return self._draws[key]
        draw = _draw(noise, rows, columns, seed, layer)
        with self._lock:
            if key not in self._draws:
                self._draws[key] = draw
                self._bytes += draw.values.nbytes
            while self._bytes > self._limit:
                _, oldest = self._draws.popitem(last=False)
                self._bytes -= oldest.values.nbytes
        return draw


def _draw(noise: Noise, rows: int, columns: int, seed: int, layer: int) -> Draw:
    values = noise.draw(rows, columns, generator(seed, "weight", layer))
    exact = values.double()
    return Draw(values, float(exact.mean()), float(exact.var(correction=0)))


_CACHE = _Cache(CACHE_BYTES)


def layer_noise(noise: Noise, fan_in: int, fan_out: int, *, seed: int, layer: int) -> Draw:
    """Return the noise of hidden layer `layer` (from 0); treat its tensor as read-only."""
    return _CACHE.get(noise, fan_out, fan_in, seed, layer)
