"""Where weights came from: a table of a file, or of a state dict, a row a tensor."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd

from initviz.checkpoints.likeness import Likeness, constants
from initviz.checkpoints.tensors import Contents, Stored, given, opened
from initviz.checkpoints.weights import is_weight, layer_of
from initviz.runtime.words import quoted


@dataclass(frozen=True)
class Inspection:
    """What `inspect` found.

    `table` has a row for every tensor: a file's in the order of their names, a mapping's in its
    own.

    | column | meaning |
    |---|---|
    | `name`, `shape` | the tensor's; `shape` is a tuple |
    | `kind` | dense, convolution, embedding, attention or recurrent; of what is no layer of weights: vector, scalar, empty, bias, tensor, or the type where that is not of real numbers |
    | `variance` | over the finite values, NaN where there are none |
    | `origins` | a tuple of the names of initializers, likeliest first, empty where none fits |
    | `stray` | how far the tensor is from the first, NaN where there is none |

    Names are those of `INITIALIZERS`, and `he_normal_fan_out`, `he_uniform_fan_out`,
    `he_truncated` and `glorot_truncated`. Several are named where no number can tell them apart,
    as those by fan-in and fan-out of a square matrix. `stray` is 0 for what is exact, such as
    zeros; for a fresh draw of n weights it is a small multiple of 1 / √n; a draw multiplied by
    1.16 since strays by 0.16: `initviz.checkpoints.likeness.Match` defines it. Vectors are held
    against constants alone, since a bias does not show the fans that it was drawn with.
    """  # noqa: E501 - a table's rows

    table: pd.DataFrame


def inspect(source: str | PathLike[str] | Mapping[str, Any]) -> Inspection:
    """Say of every tensor which initializer may have drawn it, and how far it is from that.

    `source` is the path of a safetensors file, of any size, or a mapping of names to tensors or
    arrays, as `module.state_dict()` is. Nothing in a file is run or unpickled, and no tensor is
    changed. A convolution's fans are those that PyTorch and Keras draw it with, from the shape
    alone: groups are not known, and a transposed convolution's fan-in counts its outputs.

    Raises:
        ValueError: if `source` is neither, naming what was given and what is allowed; if the file
            cannot be read or is no whole safetensors file; if a name is no text, or what it names
            is no dense tensor or array of numbers.
    """
    if isinstance(source, Mapping):
        contents = given(source)
    elif isinstance(source, (str, PathLike)):
        contents = opened(source)
    else:
        hint = "; give its state_dict()" if hasattr(source, "state_dict") else ""
        raise ValueError(
            "source must be the path of a safetensors file or a mapping of names to tensors; got "
            f"{type(source).__name__} {quoted(source)}{hint}"
        )
    rows = [_row(tensor, contents) for tensor in contents.tensors]
    columns = ["name", "shape", "kind", "variance", "origins", "stray"]
    return Inspection(pd.DataFrame(rows, columns=columns))


def _row(tensor: Stored, contents: Contents) -> tuple[object, ...]:
    if is_weight(tensor):
        layer = layer_of(tensor, contents, singular=False)
        kind, variance, likeness = layer.kind, layer.variance, layer.likeness
    else:
        kind, variance, likeness = _other(tensor)
    return tensor.name, tensor.shape, kind, variance, likeness.origins, likeness.stray


def _other(tensor: Stored) -> tuple[str, float, Likeness]:
    """Return the kind, variance and origins of what is no layer of weights."""
    if not tensor.floats or tensor.size == 0:
        return "empty" if tensor.size == 0 else tensor.dtype, math.nan, Likeness(())
    values = tensor.values()
    finite = values[np.isfinite(values)]
    with np.errstate(over="ignore"):
        variance = float(finite.var(dtype=np.float64)) if finite.size else math.nan
    kind = {0: "scalar", 1: "vector"}.get(values.ndim, "tensor")
    if values.ndim > 1 and tensor.name.endswith(".bias"):
        kind = "bias"
    return kind, variance, constants(finite) if finite.size == values.size else Likeness(())
