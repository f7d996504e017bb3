"""What a person sees who hands in a file of weights."""

import re
import struct
from pathlib import Path

import pytest
import torch
from playwright.sync_api import expect
from safetensors.torch import save

from initviz.checkpoints.example import NAME, example
from tests.browser.conftest import Visit

pytestmark = pytest.mark.xdist_group("browser")


def opened(visit: Visit) -> Visit:
    visit.open("/")
    visit.page.get_by_role("link", name="Your weights").click()
    expect(visit.page.get_by_text("A file of weights")).to_be_visible()
    return visit


def hand_in(visit: Visit, path: Path, data: bytes) -> None:
    path.write_bytes(data)
    visit.page.locator("input[type=file]").set_input_files(path)


def test_a_good_file_is_answered(visit: Visit, tmp_path: Path) -> None:
    hand_in(opened(visit), tmp_path / NAME, example())
    answer = visit.page.locator(".st-key-weights_answer")
    expect(answer).to_contain_text("Layers 1–11 look like PyTorch default")
    visit.settle()
    assert visit.curve("sizes", "this file") == pytest.approx([1 / 3] * 11, rel=0.1)
    visit.page.get_by_role("combobox", name="Singular values of").click()
    visit.page.get_by_role("option", name="Layer 6").click()
    expect(visit.page.get_by_text("Layer 6 stretches its inputs by")).to_be_visible()
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name="Table (CSV)").click()
    assert download.value.path().read_text().count("PyTorch default") == 11


def test_a_hostile_file_is_words_or_a_refusal_and_an_example_helps(
    visit: Visit, tmp_path: Path
) -> None:
    opened(visit)
    example_button = visit.page.get_by_role("button", name="Use an example")
    example_button.click()
    picker = visit.page.get_by_role("combobox", name="Singular values of")
    expect(picker).to_have_value("Layer 1: 0.weight")
    wicked = "<img src=x onerror=\"document.title='taken'\"><b>**Ŧ** [x](//e.example)</b>.weight"
    hand_in(visit, tmp_path / "a.safetensors", save({wicked: torch.randn(40, 50)}))
    expect(picker).to_have_value(re.compile("Layer 1: <img"))
    visit.settle()
    assert visit.page.locator("[data-testid=stMain] img[src=x]").count() == 0
    assert visit.page.locator("a[href*='e.example']").count() == 0
    hand_in(visit, tmp_path / "b <b>x.safetensors", struct.pack("<Q", 2**60) + b"{}")
    refusal = visit.page.get_by_role("alert")
    expect(refusal).to_contain_text("'b <b>x.safetensors' is not a safetensors file")
    assert visit.page.title() != "taken"
    example_button.click()
    expect(visit.page.locator(".st-key-weights_answer")).to_contain_text("11 layers.")
    expect(refusal).to_have_count(0)
