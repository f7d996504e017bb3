"""Seeds to generators: every random thing has a stream of its own.

Streams are independent of each other, so a bias or a deeper network never changes the
weights already drawn. Nothing here touches PyTorch's global generator.
"""

from typing import Literal

import numpy as np
from torch import Generator

_STREAMS = ("weight", "bias", "readout", "inputs", "labels", "cotangent", "probe", "order")
Stream = Literal["weight", "bias", "readout", "inputs", "labels", "cotangent", "probe", "order"]


def generator(seed: int, stream: Stream, layer: int = 0) -> Generator:
    """Return a fresh generator for one stream of one seed, on the CPU."""
    state = np.random.SeedSequence([seed, _STREAMS.index(stream), layer]).generate_state(
        1, np.uint64
    )
    return Generator().manual_seed(int(state[0]))
