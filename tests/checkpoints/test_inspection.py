"""The table of any file or state dict, and what is refused."""

import math
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from initviz import inspect
from initviz.checkpoints import tensors

COLUMNS = ["name", "shape", "kind", "variance", "origins", "stray"]


def row(tensor: Any, name: str = "x.weight") -> pd.Series:
    table = inspect({name: tensor}).table
    assert list(table.columns) == COLUMNS
    return table.iloc[0]


@pytest.mark.parametrize(
    ("tensor", "shape", "kind", "origins"),
    [
        (torch.tensor(3.0), (), "scalar", ()),
        (torch.zeros(0, 4), (0, 4), "empty", ()),
        (torch.zeros(0), (0,), "empty", ()),
        (torch.zeros(5), (5,), "vector", ("zeros",)),
        (torch.ones(5).bfloat16(), (5,), "vector", ("ones",)),
        (torch.full((5,), 0.5), (5,), "vector", ("constant",)),
        (torch.arange(5.0), (5,), "vector", ()),
        (torch.arange(6).reshape(2, 3), (2, 3), "int64", ()),
        (torch.ones(2, 2, dtype=torch.bool), (2, 2), "bool", ()),
        (torch.ones(2, 2, dtype=torch.complex64), (2, 2), "complex64", ()),
        (torch.zeros(1, 1, 1, 1, 2, 2), (1, 1, 1, 1, 2, 2), "tensor", ("zeros",)),
        (torch.full((9, 9), math.nan), (9, 9), "dense", ()),
        (torch.full((9,), math.nan), (9,), "vector", ()),
        (np.eye(3), (3, 3), "dense", ("identity",)),
        (np.zeros((3, 3), np.float16), (3, 3), "dense", ("zeros",)),
        (torch.tensor([[1.0, 2.0]]), (1, 2), "dense", ()),
    ],
    ids=str,
)
def test_every_tensor_has_a_row(
    tensor: Tensor, shape: tuple[int, ...], kind: str, origins: tuple[str, ...]
) -> None:
    found = row(tensor)
    assert (found["shape"], found["kind"], found["origins"]) == (shape, kind, origins)
    assert math.isnan(found["stray"]) == (not origins)


def test_variance_is_of_the_finite_values() -> None:
    assert row(torch.tensor([1.0, 3.0, math.nan, math.inf]))["variance"] == 1
    assert row(torch.tensor([[1.0, 3.0], [1.0, 3.0]]))["variance"] == 1


def test_a_file_and_its_state_dict_have_the_same_rows(tmp_path: Path) -> None:
    state = {**nn.LSTM(20, 30).state_dict(), "2.weight": torch.randn(9, 9).half(),
             "10.weight": nn.Linear(40, 50).weight.detach(), "n": torch.tensor(3)}  # fmt: skip
    path = tmp_path / "model.safetensors"
    save_file(state, path)
    by_name = inspect(state).table.set_index("name")
    for source in (path, str(path)):
        table = inspect(source).table
        assert list(table["name"])[:2] == ["2.weight", "10.weight"]
        pd.testing.assert_frame_equal(
            table.set_index("name").drop(columns="kind"),
            by_name.loc[table["name"]].drop(columns="kind"),
        )
    assert list(by_name.index) == list(state)
    assert by_name.loc["weight_ih_l0", "origins"] == ("torch_default",)


def test_there_is_no_limit_to_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("MAX_BYTES", "MAX_TENSORS", "MAX_NUMBERS", "MAX_HEADER_BYTES"):
        monkeypatch.setattr(tensors, limit, 1)
    save_file({"a.weight": torch.ones(9, 9), "b.weight": torch.zeros(9, 9)}, tmp_path / "a")
    assert list(inspect(tmp_path / "a").table["origins"]) == [("ones",), ("zeros",)]


def test_an_empty_mapping_is_an_empty_table() -> None:
    assert list(inspect({}).table.columns) == COLUMNS


def test_no_tensor_is_changed() -> None:
    weight = nn.Parameter(torch.randn(40, 40))
    before = weight.detach().clone()
    inspect({"weight": weight})
    assert torch.equal(weight.detach(), before)


class Trap:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("unpickled",)


def test_nothing_is_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.bin").write_bytes(pickle.dumps(Trap()))
    torch.save({"a": Trap()}, "a.pt")
    for name in ("a.bin", "a.pt"):
        with pytest.raises(ValueError, match=f"'{name}' is .*safetensors.torch.save_file"):
            inspect(name)
    assert not Path("unpickled").exists()


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("nowhere.safetensors", "'nowhere.safetensors' cannot be read: No such file"),
        (".", "'.' cannot be read"),
        ("a\0b", "cannot be read"),
        (3, "source must be the path .* or a mapping .*; got int 3"),
        (b"bytes", "source must be .* got bytes"),
        (nn.Linear(2, 2), "source must be .* got Linear .*give its state_dict"),
        ({1: torch.ones(2)}, "a tensor's name must be text; got 1"),
        ({"a": [1.0]}, "'a' must be a tensor or an array of numbers; got list"),
        ({"a": np.array(["x"])}, "'a' must be .*; got one of <U1"),
        (
            {"a": torch.eye(3).to_sparse()},
            "'a' must be a dense tensor .*; got one that is torch.sp",
        ),
        (
            {"a": torch.empty(3, device="meta")},
            "'a' must be a dense tensor .*; got one that is meta",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_read_is_named_with_what_can(source: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        inspect(source)
