"""Seeds to generators: every random thing has a stream of its own.

Streams are independent of each other, so a bias or a deeper network never changes the
weights already drawn. PyTorch's global generator is left alone, but where other people's code
draws from it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import numpy as np
import torch
from torch import Generator

# Held by whoever changes what all of PyTorch shares, for as long as it is changed.
GLOBAL_STATE = threading.RLock()

_STREAMS = ("weight", "bias", "readout", "inputs", "labels", "cotangent", "probe", "order")
Stream = Literal["weight", "bias", "readout", "inputs", "labels", "cotangent", "probe", "order"]


def generator(seed: int, stream: Stream, layer: int = 0) -> Generator:
    """Return a fresh generator for one stream of one seed, on the CPU."""
    state = np.random.SeedSequence([seed, _STREAMS.index(stream), layer]).generate_state(
        1, np.uint64
    )
    return Generator().manual_seed(int(state[0]))


@contextmanager
def global_seed(seed: int) -> Iterator[None]:
    """Seed PyTorch's global generator, on the CPU, and put its state back afterwards."""
    with GLOBAL_STATE, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
