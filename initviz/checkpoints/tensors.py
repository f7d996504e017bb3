"""The tensors of a safetensors file, read without running, unpickling or believing anything in it.

The safetensors library checks the header against the bytes that are there: lengths, offsets without
gaps or overlaps, shapes, dtypes. Bounds of our own come before it where the bytes are a stranger's.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from os import PathLike, fspath
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize, safe_open

from initviz.runtime.words import quoted

MIB = 2**20
MAX_BYTES = 50 * MIB
MAX_HEADER_BYTES = MIB
MAX_TENSORS = 2000
# The most numbers in one tensor of weights, which are widened to float32 or float64.
MAX_NUMBERS = 2**24
_LENGTH_BYTES = 8
_ZIP = b"PK"
_EXPECTED = "expected is a file as safetensors.torch.save_file writes it"
_FLOATS = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
}
_WORDS = {dtype: word for word, dtype in _FLOATS.items()}


@dataclass(frozen=True)
class Stored:
    """A tensor as it lies there: its name, its type in a file's word, its shape, and itself."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    load: Callable[[], torch.Tensor]

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
        raw = self.load()
        wide = raw if self.dtype == "F64" else raw.float()
        found: NDArray[Any] = wide.numpy().reshape(self.shape)
        return found


@dataclass(frozen=True)
class Contents:
    """Tensors, those of a file in the order of their names, and what it says of itself."""

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
    if data.startswith(_ZIP):
        raise ValueError(f"{name} is a zip archive, as torch.save writes it; {_EXPECTED}")
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
        raise _broken(name, error) from None
    if len(found) > MAX_TENSORS:
        raise ValueError(f"{name} has {len(found)} tensors; at most {MAX_TENSORS} are read")
    tensors = [
        Stored(n, i["dtype"], tuple(i["shape"]), partial(_numbers, i["data"], i["dtype"]))
        for n, i in found
    ]
    for tensor in tensors:
        if tensor.size > MAX_NUMBERS and tensor.floats:
            raise ValueError(
                f"{name}: the tensor {quoted(tensor.name)} has {tensor.size} numbers; at most "
                f"{MAX_NUMBERS} are read"
            )
    return Contents(_in_order(tensors), header.get("__metadata__") or {})


def opened(path: str | PathLike[str]) -> Contents:
    """Open a safetensors file of any size; a tensor's numbers are read when they are asked for.

    Raises:
        ValueError: naming the file, what is wrong with it and what was expected.
    """
    name = quoted(fspath(path))
    try:
        with Path(path).open("rb") as start:
            zipped = start.read(len(_ZIP)) == _ZIP
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ValueError(f"{name} cannot be read: {reason}; {_EXPECTED}") from None
    if zipped:
        raise ValueError(f"{name} is a zip archive, as torch.save writes it; {_EXPECTED}")
    try:
        # Its stub leaves most of its methods untyped.
        file: Any = safe_open(path, framework="pt")
    except (SafetensorError, ValueError) as error:
        raise _broken(name, error) from None
    slices = {key: file.get_slice(key) for key in file.keys()}  # noqa: SIM118 - it is no mapping
    tensors = [
        Stored(key, part.get_dtype(), tuple(part.get_shape()), partial(file.get_tensor, key))
        for key, part in slices.items()
    ]
    return Contents(_in_order(tensors), file.metadata() or {})


def given(state: Mapping[str, Any]) -> Contents:
    """Take tensors or arrays by name, in their order.

    Raises:
        ValueError: if a name is no text, or what it names is no dense tensor or array of numbers.
    """
    return Contents(tuple(_given(name, value) for name, value in state.items()), {})


def _given(name: object, value: Any) -> Stored:
    if not isinstance(name, str):
        raise ValueError(f"a tensor's name must be text; got {quoted(name)}")
    tensor = value.detach() if isinstance(value, torch.Tensor) else _from_array(name, value)
    if tensor.layout != torch.strided or tensor.is_meta or tensor.is_quantized:
        what = "meta" if tensor.is_meta else "quantized" if tensor.is_quantized else tensor.layout
        raise ValueError(
            f"{quoted(name)} must be a dense tensor that holds its numbers; got one that is {what}"
        )
    word = _WORDS.get(tensor.dtype, str(tensor.dtype).removeprefix("torch."))
    return Stored(name, word, tuple(tensor.shape), tensor.cpu)


def _from_array(name: str, value: Any) -> torch.Tensor:
    """Return an array, NumPy's or another library's, as a tensor."""
    allowed = f"{quoted(name)} must be a tensor or an array of numbers; got"
    if not hasattr(value, "__array__"):
        raise ValueError(f"{allowed} {type(value).__name__}")
    array = np.asarray(value)
    try:
        # NumPy has bfloat16 only from JAX's ml_dtypes, which torch does not know.
        if array.dtype.name == "bfloat16":
            return torch.from_numpy(array.view(np.uint16).copy()).view(torch.bfloat16)
        return torch.from_numpy(np.array(array, order="C"))
    except TypeError:
        raise ValueError(f"{allowed} one of {array.dtype}") from None


def _numbers(data: bytearray, dtype: str) -> torch.Tensor:
    return torch.frombuffer(data, dtype=_FLOATS[dtype])


def _in_order(tensors: list[Stored]) -> tuple[Stored, ...]:
    return tuple(sorted(tensors, key=lambda t: (_as_numbered(t.name), t.name)))


def _broken(name: str, error: Exception) -> ValueError:
    reason = _one_line(str(error).removeprefix("Error while deserializing: "))
    return ValueError(f"{name} is not a whole safetensors file: {reason}; {_EXPECTED}")


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
