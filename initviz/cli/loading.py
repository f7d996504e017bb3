"""A module of one's own, named on the command line; it runs in the user's own environment."""

import importlib
import sys
from math import prod
from pathlib import Path

import torch
from torch import Tensor, nn

from initviz.runtime.randomness import generator
from initviz.runtime.words import quoted

# Numbers in a batch, half a gigabyte in float32.
_MOST_NUMBERS = 2**27


def load(where: str) -> nn.Module:
    """Return the module that `package.module:factory` names: a factory's result, or itself.

    Raises:
        ValueError: if there is no such thing, calling it fails, or it is no `nn.Module`.
    """
    package, colon, name = where.partition(":")
    if not (package and colon and name):
        raise ValueError(f"module must be package.module:factory; got {quoted(where)}")
    # As with `python -m`, what lies in the current folder can be imported.
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(package), name)
        made = found if isinstance(found, nn.Module) else found()
    except Exception as error:
        reason = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise ValueError(f"module {quoted(where)} cannot be made: {reason}") from error
    if not isinstance(made, nn.Module):
        raise ValueError(
            f"module {quoted(where)} must give an nn.Module; got {type(made).__name__}"
        )
    return made


def batch_of(shape: str, seed: int) -> Tensor:
    """Draw N(0, 1) inputs of a shape given as `32,3,64,64`, batch first.

    Raises:
        ValueError: if it is no shape of at least two inputs, or too large.
    """
    sizes = [int(size) if size.isdecimal() else 0 for size in shape.split(",")]
    if min(sizes) < 1 or sizes[0] < 2 or prod(sizes) > _MOST_NUMBERS:
        raise ValueError(
            "input_shape must be whole numbers like 32,3,64,64, two inputs or more first and "
            f"at most {_MOST_NUMBERS} numbers in all; got {quoted(shape)}"
        )
    return torch.empty(sizes).normal_(generator=generator(seed, "inputs"))
