"""Files that strangers send: read whole, or refused in one line that names them."""

import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from initviz.checkpoints import tensors
from initviz.checkpoints.findings import answer, notes, verdict, warnings
from initviz.checkpoints.tensors import MAX_BYTES, MAX_HEADER_BYTES, MAX_NUMBERS, MAX_TENSORS, read
from initviz.checkpoints.weights import weights_in

GOOD = save({"fc.weight": np.ones((4, 3), np.float32), "fc.bias": np.zeros(4, np.float32)})


def file(header: Any, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def entry(shape: list[int], start: int, end: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


_A = json.dumps(entry([1], 0, 4)).encode()
REFUSED = {
    "empty": b"",
    "three bytes": b"abc",
    "only a length": struct.pack("<Q", 0),
    "a header of 2^60 bytes": struct.pack("<Q", 2**60) + b"{}",
    "text": b"this is no file of weights at all, but long enough to be one",
    "a pickle": b"\x80\x02}q\x00." + b"\x00" * 100,
    "cut off": GOOD[:-3],
    "cut off in the header": GOOD[:30],
    "too long": GOOD + b"abc",
    "overlapping": file({"a": entry([1], 0, 4), "b": entry([1], 0, 4)}, b"0000"),
    "a gap": file({"a": entry([1], 4, 8)}, b"0" * 8),
    "a huge shape": file({"a": entry([2**40], 0, 4)}, b"0000"),
    "a shape beyond 64 bits": file({"a": entry([2**62, 2**62], 0, 4)}, b"0000"),
    "a negative shape": file({"a": entry([-1], 0, 4)}, b"0000"),
    "an unknown type": file({"a": entry([1], 0, 4, "X9")}, b"0000"),
    "one name twice": file(b'{"a":' + _A + b',"a":' + _A + b"}", b"0000"),
    "nested": file(b"[" * 100_000),
    "nested inside": file(b'{"a":' + b'{"b":' * 5000),
    "not UTF-8": file(b'{"\xff":1}'),
    "metadata that is no text": file({"__metadata__": {"format": 3}}),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_a_whole_file_is_refused_by_name(what: str) -> None:
    with pytest.raises(ValueError, match=r"^'bad.safetensors' is not") as refusal:
        read(REFUSED[what], "bad.safetensors")
    assert len(str(refusal.value)) < 400
    assert str(refusal.value).isprintable()


def test_limits_are_said_with_their_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=f"announce a header of {MAX_HEADER_BYTES + 1} bytes"):
        read(file(b" " * (MAX_HEADER_BYTES + 1)), "x")
    many = {f"t{i}": entry([0], 0, 0) for i in range(MAX_TENSORS + 1)}
    with pytest.raises(ValueError, match=f"{MAX_TENSORS + 1} tensors; at most {MAX_TENSORS}"):
        read(file(many), "x")
    large = {"w": entry([2, MAX_NUMBERS], 0, 2 * MAX_NUMBERS, "F8_E4M3")}
    with pytest.raises(ValueError, match=f"'w' has {2 * MAX_NUMBERS} numbers; at most"):
        read(file(large, bytes(2 * MAX_NUMBERS)), "x")
    monkeypatch.setattr(tensors, "MAX_BYTES", len(GOOD) - 1)
    with pytest.raises(ValueError, match=r"'x' has 0\.0 MiB"):
        read(GOOD, "x")
    assert MAX_BYTES == 50 * 2**20


@pytest.mark.parametrize(
    "shape", [[2**62, 0], [0, 2**62], [0], [], [1] * 200, [1] * 6], ids=lambda s: str(s)[:20]
)
def test_odd_shapes_are_read_and_are_no_layers(shape: list[int]) -> None:
    size = 0 if 0 in shape else 4
    found = weights_in(file({"a": entry(shape, 0, size)}, bytes(size)), "x")
    assert not found.layers
    assert found.vectors + found.others == 1


@pytest.mark.parametrize("dtype", ["F4", "F8_E8M0", "I8", "BOOL", "U8"])
def test_types_that_are_no_weights_are_counted(dtype: str) -> None:
    count = 8 if dtype == "F4" else 4
    found = weights_in(file({"a": entry([2, count // 2], 0, 4, dtype)}, b"0000"), "x")
    assert (len(found.layers), found.others) == (0, 1)


@pytest.mark.parametrize(
    ("dtype", "body", "expected"),
    [
        ("BF16", b"\x80\x3f\x00\xc0", [1.0, -2.0]),
        ("F16", b"\x00\x3c\x00\xc0", [1.0, -2.0]),
        ("F8_E4M3", b"\x38\xc0", [1.0, -2.0]),
        ("F8_E5M2", b"\x3c\xc0", [1.0, -2.0]),
        ("F64", struct.pack("<2d", 1, -2), [1.0, -2.0]),
    ],
)
def test_every_float_type_is_read_as_its_standard_says(
    dtype: str, body: bytes, expected: list[float]
) -> None:
    (stored,) = read(file({"a": entry([2], 0, len(body), dtype)}, body), "x").tensors
    assert stored.values().tolist() == expected


def look(data: bytes) -> None:
    """Read everything a page would show; only a refusal may come of it."""
    try:
        found = weights_in(data, "x.safetensors")
    except ValueError as error:
        said = [str(error)]
    else:
        said = [answer(found), *warnings(found), *notes(found), *map(verdict, found.layers)]
    assert all(text and text.isprintable() for text in said)


@given(st.binary(max_size=300) | st.binary(max_size=300).map(file))
def test_no_bytes_are_an_error(data: bytes) -> None:
    look(data)


@given(st.data())
def test_a_good_file_with_changed_bytes_is_read_or_refused(data: st.DataObject) -> None:
    spoiled = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(spoiled) - 1))
        spoiled[place] = data.draw(st.integers(0, 255))
    look(bytes(spoiled[: data.draw(st.integers(0, len(spoiled)))] if place % 3 == 0 else spoiled))


_SIZES = st.sampled_from([-1, 0, 1, 2, 3, 8, 2**31, 2**40, 2**62, 2**64])
_TYPES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1, "I8": 1, "F4": 1}


@given(
    st.dictionaries(
        st.text(max_size=8),
        st.tuples(st.sampled_from(sorted(_TYPES)), st.lists(_SIZES, max_size=7)),
        max_size=5,
    )
)
def test_headers_that_claim_anything_are_read_or_refused(
    claims: dict[str, tuple[str, list[int]]],
) -> None:
    header = {name: entry(shape, 0, 4, dtype) for name, (dtype, shape) in claims.items()}
    look(file(header, b"0000"))


@st.composite
def _whole_files(draw: st.DrawFn) -> bytes:
    header, body = {}, b""
    for name in draw(st.lists(st.text(max_size=12), max_size=4, unique=True)):
        dtype = draw(st.sampled_from(["F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"]))
        shape = draw(st.lists(st.integers(0, 5), max_size=6))
        size = int(np.prod(shape, dtype=int)) * _TYPES[dtype]
        pattern = draw(st.binary(min_size=1, max_size=40))
        header[name] = entry(shape, len(body), len(body) + size, dtype)
        body += (pattern * (size // len(pattern) + 1))[:size]
    return file(header, body)


@settings(max_examples=300)
@given(_whole_files())
def test_whole_files_with_any_numbers_are_read(data: bytes) -> None:
    look(data)
