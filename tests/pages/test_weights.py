"""The logic of the page about a file of weights, run without a browser."""

import re
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import save
from streamlit.testing.v1 import AppTest

from initviz.checkpoints.example import NAME, example
from tests.test_safety import MARKDOWN, unescaped

ROOT = Path(__file__).parents[2]
SHAPE = (64, 48)


def opened() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    app.switch_page("pages/lab/weights.py").run()
    assert not app.exception
    return app


def given(data: bytes, name: str = "model.safetensors", app: AppTest | None = None) -> AppTest:
    app = app or opened()
    app.file_uploader[0].set_value((name, data, "application/octet-stream"))
    app.run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    texts = (*app.markdown, *app.caption, *app.warning, *app.error)
    return " ".join(text.value for text in texts).replace("\\", "").replace("\u2060", "")


def test_the_page_opens_with_an_offer_and_a_promise() -> None:
    app = opened()
    assert [b.label for b in app.button] == ["Use an example"]
    assert "stays in this session's memory" in told(app)
    assert not app.get("plotly_chart")


def test_one_click_shows_the_example() -> None:
    app = opened()
    app.button(key="use_example").click().run()
    assert not app.exception
    assert "Layers 1–11 look like PyTorch default" in told(app)
    assert "by a factor of 6.0 a layer" in told(app)
    assert len(app.get("plotly_chart")) == 2
    assert len(app.dataframe[0].value) == 11
    assert set(app.dataframe[0].value["Looks like"]) == {"PyTorch default"}


def test_a_file_is_answered_and_its_layers_can_be_chosen() -> None:
    app = given(example(), NAME)
    assert "Layers 1–11 look like PyTorch default" in told(app)
    app.selectbox[0].select(4).run()
    assert not app.exception
    assert "Layer 5 stretches its inputs by" in told(app)


def test_the_next_file_takes_the_place_of_the_first() -> None:
    app = opened()
    app.button(key="use_example").click().run()
    given(save({"fc.weight": torch.zeros(SHAPE)}), app=app)
    assert "1 layer. Layer 1 looks like Zeros" in told(app)
    assert "48 rows" not in told(app)
    assert "Layer 1: 64 rows without a weight that is not 0" in told(app)
    app.file_uploader[0].clear()
    app.run()
    assert not app.exception
    assert not app.get("plotly_chart")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is not a whole safetensors file: header too small"),
        (b"\x80\x02}q\x00.", "is not a whole safetensors file"),
        (struct.pack("<Q", 2**60) + b"{}", "announce a header of 1152921504606846976 bytes"),
        (example()[:-5], "is not a whole safetensors file"),
    ],
    ids=["empty", "pickle", "huge", "truncated"],
)
def test_a_file_that_cannot_be_read_is_named_and_the_page_stays(data: bytes, reason: str) -> None:
    app = given(data, "bad <b>*name*.pt")
    assert len(app.error) == 1
    assert "'bad <b>*name*.pt'" in told(app)
    assert reason in told(app)
    assert not set(unescaped(app.error[0].value)) & MARKDOWN
    app.button(key="use_example").click().run()
    assert not app.error
    assert "PyTorch default" in told(app)


def test_a_file_without_layers_is_told_what_was_expected() -> None:
    app = given(save({"bias": torch.zeros(3)}))
    assert "expected is at least one tensor" in told(app)
    assert not app.get("plotly_chart")


@pytest.mark.parametrize(
    "name",
    ["<script>Ŧ</script>", "[Ŧ](javascript:alert(1))", "**Ŧ**\n\n# Ŧ", "$Ŧ^2$", ":red[Ŧ]", "`Ŧ`",
     "\u202eŦ", "Ŧ\x00", "https://e.example/Ŧ", "Ŧ" * 3000],
    ids=lambda text: repr(text)[:30],
)  # fmt: skip
def test_names_are_in_the_table_and_the_picker_and_nowhere_else(name: str) -> None:
    app = given(save({name: torch.full(SHAPE, torch.nan), f"{name}2": torch.randn(SHAPE)}))
    assert "Ŧ" not in told(app)
    shown = app.dataframe[0].value["Name"]
    assert all("Ŧ" in text and text.isprintable() and len(text) <= 62 for text in shown)
    assert len(app.selectbox[0].options) == 1
    assert re.match(r"Layer 2: .*Ŧ", app.selectbox[0].options[0])
    assert not app.warning[0].value.count("Ŧ")
