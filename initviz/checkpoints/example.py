"""A file of weights made on the spot, for whoever has none at hand."""

from functools import lru_cache
from itertools import pairwise

from safetensors.torch import save
from torch import nn
from torch.nn.utils import skip_init

from initviz.recipes.drawing import reinitialize

NAME = "example.safetensors"
_WIDTH = 128
_HIDDEN = 10
_PIXELS, _CLASSES = 64, 10


@lru_cache(maxsize=1)
def example() -> bytes:
    """Return a small network for the digits as PyTorch draws it, as a safetensors file."""
    sizes = [_PIXELS, *[_WIDTH] * _HIDDEN, _CLASSES]
    network = nn.Sequential(
        *(
            skip_init(nn.Linear, i, o)  # type: ignore[no-untyped-call] # PyTorch has no types here
            for i, o in pairwise(sizes)
        )
    )
    reinitialize(network, "pytorch", seed=0)
    data: bytes = save(network.state_dict(), {"format": "pt"})
    return data
