"""Which dimension of a stored weight tensor is which, and what sort of layer it belongs to."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from numpy.typing import NDArray

from initviz.checkpoints.tensors import Stored

Order = Literal["out first", "out last"]
KINDS: Mapping[str, str] = {
    "dense.weight": "dense",
    "conv.weight": "convolution",
    "embedding.weight": "embedding",
    "attention.in": "attention",
    "recurrent.input": "recurrent",
    "recurrent.hidden": "recurrent",
}
# Parts of names by which two-dimensional weights that are not of a dense layer are known.
_NAMED = {
    "embed": "embedding.weight",
    "wte.": "embedding.weight",
    "wpe.": "embedding.weight",
    "in_proj": "attention.in",
    "weight_ih": "recurrent.input",
    "weight_hh": "recurrent.hidden",
    "recurrent_kernel": "recurrent.hidden",
}
# GPT-2's own layers, which store (in, out) under the name of a weight.
_TRANSPOSED = ("c_attn.weight", "c_fc.weight", "c_proj.weight")
_FORMATS: Mapping[str, Order] = {"pt": "out first", "flax": "out last", "tf": "out last"}


def role_of(tensor: Stored) -> str:
    """Return one of `KINDS`: more than two dimensions are a convolution, the name tells others."""
    if len(tensor.shape) > 2:
        return "conv.weight"
    name = tensor.name.casefold()
    return next((role for part, role in _NAMED.items() if part in name), "dense.weight")


def order_of(tensor: Stored, role: str, metadata: Mapping[str, str]) -> tuple[Order, str]:
    """Say where the units' dimension is, and what told it.

    PyTorch stores (out, in, *field) and calls it weight, Keras and Flax (*field, in, out) and
    call it kernel; an embedding's table is (words, size) in all of them.
    """
    name = tensor.name.casefold()
    if any(part in name for part in _TRANSPOSED):
        return "out last", "name"
    if role == "embedding.weight" or "weight" in name:
        return "out first", "name"
    if "kernel" in name:
        return "out last", "name"
    form = metadata.get("format", "")
    return _FORMATS.get(form, "out first"), "format" if form in _FORMATS else "nothing"


def sizes_of(shape: tuple[int, ...], order: Order) -> tuple[int, int, int]:
    """Return units, inputs and the size of the receptive field."""
    if order == "out first":
        return shape[0], shape[1], math.prod(shape[2:])
    return shape[-1], shape[-2], math.prod(shape[:-2])


def matrix_of(tensor: Stored, order: Order) -> NDArray[Any]:
    """Return the weights as (units, inputs · field)."""
    values = tensor.values()
    if order == "out first":
        return values.reshape(values.shape[0], -1)
    return values.reshape(-1, values.shape[-1]).T


def hidden_of(tensor: Stored, others: Iterable[Stored]) -> int | None:
    """Return the size of a recurrent state, which the weights beside these have as columns."""
    beside = tensor.name.replace("weight_ih", "weight_hh")
    found = next((t for t in others if t.name == beside and len(t.shape) == 2), None)
    return found.shape[1] or None if found else None
