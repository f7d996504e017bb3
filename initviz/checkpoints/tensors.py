"""The tensors of a safetensors file, read without running, unpickling or believing anything in it.

The safetensors library checks the header against the bytes that are there: lengths, offsets without
gaps or overlaps, shapes, dtypes. Bounds of our own come before it.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize

from initviz.runtime.words import quoted

MIB = 2**20
MAX_BYTES = 50 * MIB
MAX_HEADER_BYTES = MIB
MAX_TENSORS = 2000
# The most numbers in one tensor of weights, which are widened to float32 or float64.
MAX_NUMBERS = 2**24
_LENGTH_BYTES = 8
_FLOATS = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
}


@dataclass(frozen=True)
class Stored:
    """A tensor as the file has it: its name, its type in the file's word, shape and bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    data: bytearray

    @property
    def floats(self) -> bool:
        """Whether it holds numbers that weights can be."""
        return self.dtype in _FLOATS

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return math.prod(self.shape)

    @property
    def resolution(self) -> float:
        """How far, relative to itself, a number may be from what was rounded to it."""
        return float(torch.finfo(_FLOATS[self.dtype]).eps) / 2

    def values(self) -> NDArray[Any]:
        """Return the numbers in their shape, as float64 if they are stored so, else float32."""
        raw = torch.frombuffer(self.data, dtype=_FLOATS[self.dtype])
        wide = raw if self.dtype == "F64" else raw.float()
        found: NDArray[Any] = wide.numpy().reshape(self.shape)
        return found


@dataclass(frozen=True)
class Contents:
    """The tensors of a file, in the order of their names, and what it says of itself."""

    tensors: tuple[Stored, ...]
    metadata: Mapping[str, str]


def read(data: bytes, file: str) -> Contents:
    """Read a safetensors file; `file` is its name, for the messages.

    Names are ordered as people number them, 2 before 10: the file keeps no order of layers.

    Raises:
        ValueError: naming the file, what is wrong with it and what was expected.
    """
    name = quoted(file)
    if len(data) > MAX_BYTES:
        raise ValueError(
            f"{name} has {len(data) / MIB:.1f} MiB; at most {MAX_BYTES // MIB} MiB are read"
        )
    if data.startswith(b"PK"):
        raise ValueError(
            f"{name} is a zip archive, as torch.save writes it; expected is a file as "
            "safetensors.torch.save_file writes it"
        )
    announced = int.from_bytes(data[:_LENGTH_BYTES], "little")
    if announced > MAX_HEADER_BYTES and len(data) > _LENGTH_BYTES:
        raise ValueError(
            f"{name} is not a safetensors file, or not one for this page: its first 8 bytes "
            f"announce a header of {announced} bytes; at most {MAX_HEADER_BYTES} are read"
        )
    try:
        found = deserialize(data)  # type: ignore[no-untyped-call] # its stub has no types
        header = json.loads(
            data[_LENGTH_BYTES : _LENGTH_BYTES + announced], object_pairs_hook=_without_twins
        )
    except (SafetensorError, ValueError) as error:
        reason = str(error).removeprefix("Error while deserializing: ")
        raise ValueError(
            f"{name} is not a whole safetensors file: {_one_line(reason)}; expected is a file "
            "as safetensors.torch.save_file writes it"
        ) from None
    if len(found) > MAX_TENSORS:
        raise ValueError(f"{name} has {len(found)} tensors; at most {MAX_TENSORS} are read")
    tensors = [Stored(n, i["dtype"], tuple(i["shape"]), i["data"]) for n, i in found]
    for tensor in tensors:
        if tensor.size > MAX_NUMBERS and tensor.floats:
            raise ValueError(
                f"{name}: the tensor {quoted(tensor.name)} has {tensor.size} numbers; at most "
                f"{MAX_NUMBERS} are read"
            )
    return Contents(
        tuple(sorted(tensors, key=lambda t: (_as_numbered(t.name), t.name))),
        header.get("__metadata__") or {},
    )


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in its header")
    return found


def _one_line(text: str) -> str:
    """Return a library's complaint, which may repeat any part of the file, short and printable."""
    shortened = text[:160] + ("…" if len(text) > 160 else "")
    return "".join(c if c.isprintable() else "?" for c in shortened)


def _as_numbered(name: str) -> list[str | int]:
    """Return a name in pieces that sort by their numbers."""
    pieces = re.split(r"([0-9]{1,9})", name)
    return [int(piece) if i % 2 else piece for i, piece in enumerate(pieces)]
