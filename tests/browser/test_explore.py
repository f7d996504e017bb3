"""What a person does on the Explore page."""

import csv
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from initviz import Batch, Network, predict, probe
from initviz.setting.links import from_query
from initviz.setting.network import build
from tests.browser.conftest import Visit

pytestmark = pytest.mark.xdist_group("browser")


def assert_charts_show(visit: Visit, network: Network, batch: Batch = Batch()) -> None:  # noqa: B008
    table = probe(network, batch).table
    np.testing.assert_allclose(visit.curve("activation"), table["act_var"], rtol=1e-3)
    np.testing.assert_allclose(visit.curve("gradient"), table["grad_preact_var"], rtol=1e-3)


def slider(visit: Visit, label: str):
    return visit.page.get_by_role("slider", name=label)


def choose(visit: Visit, label: str, option: str) -> None:
    box = visit.page.get_by_role("combobox", name=label)
    box.click()
    box.fill(option)
    visit.page.get_by_role("option", name=option, exact=True).click()


def test_a_lecture(visit: Visit, browser: Browser) -> None:
    visit.open()
    assert "Stable" in visit.verdict
    assert_charts_show(visit, Network())

    thumb = slider(visit, "Depth")
    thumb.focus()
    for _ in range(10):
        thumb.press("ArrowRight")
    visit.until("() => location.search.includes('depth=30')")
    assert_charts_show(visit, Network(depth=30))

    choose(visit, "Activation", "Sigmoid")
    visit.until("() => location.search.includes('activation=sigmoid')")
    expect(visit.page.locator(".st-key-verdict")).to_contain_text("Vanishing")
    assert_charts_show(visit, Network(depth=30, activation="sigmoid"))

    visit.page.get_by_role("button", name="Pin", exact=True).click()
    visit.until("() => location.search.includes('pin=')")
    visit.page.get_by_role("button", name=re.compile("→ stable")).click()
    expect(visit.page.locator(".st-key-verdict")).to_contain_text("Stable")
    visit.settle()
    pinned = "pinned: He normal, Sigmoid, 30 × 128"
    before = probe(Network(depth=30, activation="sigmoid")).table
    np.testing.assert_allclose(
        visit.curve("gradient", pinned), before["grad_preact_var"], rtol=1e-3
    )

    second = browser.new_context()
    other = Visit(second.new_page(), visit.address)
    other.page.goto(visit.page.url)
    other.settle()
    for side in ("activation", "gradient"):
        assert other.curve(side) == visit.curve(side)
        assert other.curve(side, pinned) == visit.curve(side, pinned)
    assert other.verdict == visit.verdict
    assert other.complaints == []
    second.close()


def test_the_drawn_pixels_are_the_probes_numbers(visit: Visit) -> None:
    visit.open("/?depth=50&initializer=glorot_uniform")
    table = probe(Network(depth=50, initializer="glorot_uniform")).table
    # A pixel of the 260 that 20 decades share is 0.08 decades.
    for side, column in (("activation", "act_var"), ("gradient", "grad_preact_var")):
        drawn = visit.drawn_points(side)
        assert len(drawn) == 50
        np.testing.assert_allclose(drawn, np.log10(table[column]), atol=0.08)


def test_the_answer_is_above_the_fold(visit: Visit) -> None:
    visit.open("/?depth=50&initializer=glorot_uniform")
    for selector in (".st-key-controls", ".st-key-verdict", ".st-key-charts"):
        box = visit.page.locator(selector).bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 800
    first, second = (
        visit.page.locator(f".st-key-{side}_chart").bounding_box()
        for side in ("activation", "gradient")
    )
    assert first["y"] == second["y"]


def test_a_bad_address_is_explained_and_the_page_stays_usable(visit: Visit) -> None:
    visit.open("/?depth=999&activation=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&width=64")
    warning = visit.page.get_by_test_id("stAlert")
    expect(warning).to_contain_text("depth must be a whole number from 1 to 200; got '999'")
    expect(warning).to_contain_text("<img src=x")
    assert_charts_show(visit, Network(depth=200, width=64))
    visit.page.get_by_text("ReLU + He", exact=True).click()
    visit.until("() => location.search === '?depth=22'")
    expect(warning).to_have_count(0)


def test_back_and_forward_undo_and_redo(visit: Visit) -> None:
    visit.open()
    visit.page.get_by_text("ReLU + Glorot", exact=True).click()
    visit.until("() => location.search.includes('glorot_uniform')")
    visit.page.go_back()
    visit.until("() => !location.search.includes('glorot_uniform')")
    expect(visit.page.locator(".st-key-verdict")).to_contain_text("Stable")
    visit.settle()
    assert_charts_show(visit, Network())
    visit.page.go_forward()
    expect(visit.page.locator(".st-key-verdict")).to_contain_text("Vanishing")


def test_switches_choose_what_is_drawn(visit: Visit) -> None:
    visit.open()
    table = probe(Network()).table
    visit.page.get_by_role("radio", name="∂W").click()
    visit.until("() => location.search.includes('gradient=W')")
    np.testing.assert_allclose(visit.curve("gradient"), table["grad_weight_var"], rtol=1e-3)
    visit.page.get_by_role("radio", name="Std").click()
    visit.until("() => location.search.includes('statistic=std')")
    np.testing.assert_allclose(visit.curve("activation"), table["act_var"] ** 0.5, rtol=1e-3)


def test_another_draw_is_another_curve_and_gain_rescales_the_same(visit: Visit) -> None:
    visit.open("/?gain=1.2")
    np.testing.assert_allclose(
        np.diff(np.log10(visit.curve("activation"))),
        np.diff(np.log10(probe(Network()).table["act_var"])) + 2 * np.log10(1.2),
        atol=2e-3,
    )
    visit.page.get_by_role("button", name="New draw").click()
    visit.until("() => location.search.includes('seed=1')")
    assert_charts_show(visit, Network(gain=1.2), Batch(seed=1))


def test_going_to_the_reference_and_back_keeps_the_setting(visit: Visit) -> None:
    visit.open("/?depth=7")
    visit.page.get_by_role("link", name="Reference").click()
    expect(visit.page.get_by_text("Softsign", exact=True)).to_be_visible()
    visit.page.get_by_role("link", name="Explore").click()
    visit.until("() => location.search.includes('depth=7')")
    assert_charts_show(visit, Network(depth=7))


def test_downloads_hold_the_run_and_the_source_runs(visit: Visit, tmp_path: Path) -> None:
    visit.open("/?depth=4&width=32")
    visit.page.get_by_role("button", name="Share & export").click()
    files = {}
    for name in ("Table (CSV)", "Run (JSON)", "PyTorch source"):
        with visit.page.expect_download() as waiting:
            visit.page.get_by_role("button", name=name).click()
        files[name] = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(files[name])
    signals = probe(Network(depth=4, width=32))
    rows = list(csv.DictReader(files["Table (CSV)"].read_text().splitlines()))
    assert float(rows[3]["act_var"]) == pytest.approx(signals.table["act_var"][3])
    assert json.loads(files["Run (JSON)"].read_text()) == signals.document()
    printed = subprocess.run(
        [sys.executable, str(files["PyTorch source"])], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    weights = build(Network(depth=4, width=32), Batch()).linear_4.weight
    assert float(printed[4].split()[1]) == pytest.approx(weights.var().item(), rel=0.25)


@pytest.mark.parametrize("panel", ["Units", "Weights", "Table", "Distributions"])
def test_panels_are_one_click_and_named_for_screen_readers(visit: Visit, panel: str) -> None:
    visit.open("/?panel=weights" if panel == "Distributions" else "/")
    visit.page.get_by_role("radio", name=panel).click()
    visit.settle()
    charts = visit.page.locator("[data-testid=stPlotlyChart]")
    if panel == "Table":
        expect(visit.page.get_by_test_id("stDataFrame")).to_be_visible()
    else:
        expect(charts).to_have_count(3 if panel == "Weights" else 4)


def test_everything_is_reachable_by_keyboard(visit: Visit) -> None:
    visit.open("/?depth=50&initializer=glorot_uniform")
    reached = set()
    for _ in range(30):
        visit.page.keyboard.press("Tab")
        here = "(document.activeElement.ariaLabel || document.activeElement.innerText)"
        reached.add(visit.page.evaluate(here))
        if "Distributions" in visit.page.evaluate(here):
            visit.page.keyboard.press("ArrowRight")
            reached.add(visit.page.evaluate(here))
    wanted = ("Depth", "Width", "Gain", "New draw", "Use He normal → stable", "Pin", "Units",
              "More settings", "Share & export")  # fmt: skip
    missing = [w for w in wanted if not any(w in r for r in reached)]
    assert missing == []


def test_a_phone_gets_a_usable_page(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    visit = Visit(context.new_page(), address).open("/?depth=50&initializer=glorot_uniform")
    overflow = visit.page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert overflow <= 0
    boxes = [
        visit.page.locator(f".st-key-{side}_chart").bounding_box()
        for side in ("activation", "gradient")
    ]
    assert all(box["width"] >= 330 and box["x"] + box["width"] <= 390 for box in boxes)
    assert boxes[0]["y"] < 844
    visit.page.get_by_role("button", name="Use He normal → stable").tap()
    expect(visit.page.locator(".st-key-verdict")).to_contain_text("Stable")
    assert visit.complaints == []
    context.close()


def test_a_dark_page_draws_with_the_dark_palette(browser: Browser, address: str) -> None:
    context = browser.new_context(color_scheme="dark")
    visit = Visit(context.new_page(), address).open()
    visit.until(
        """() => document.querySelector('.st-key-activation_chart .js-plotly-plot')
            .data.at(-1).line.color === '#56B4E9'"""
    )
    assert visit.complaints == []
    context.close()


def test_a_stranger_puts_no_link_and_no_picture_on_the_page(visit: Visit) -> None:
    visit.open(
        "/?depth=https://evil.example/a&width=www.evil.example&gain=me@evil.example"
        "&seed=:streamlit:&size=:material/home:&loss=[a](https://evil.example)"
        "&dtype=![a](https://evil.example/x.png)&bias_std=<img src=x>"
    )
    warning = visit.page.get_by_role("alert")
    expect(warning).to_contain_text("evil.example/a")
    expect(warning.locator("a, [data-testid=stMarkdownContainer] img")).to_have_count(0)
    expect(warning.locator("[data-testid=stMarkdownContainer] [role=img]")).to_have_count(0)


def test_a_click_on_the_plane_moves_the_network(visit: Visit) -> None:
    visit.open("/?activation=tanh&initializer=glorot_uniform&depth=12")
    visit.page.get_by_role("link", name="Edge of chaos").click()
    visit.until("() => document.querySelector('.st-key-plane .nsewdrag') !== null")
    area = visit.page.locator(".st-key-plane .nsewdrag").first.bounding_box()
    visit.page.mouse.click(area["x"] + 0.6 * area["width"], area["y"] + 0.5 * area["height"])
    visit.until("() => location.search.includes('initializer=normal')")
    network = from_query(visit.page.evaluate("location.search.slice(1)")).network
    assert (network.depth, network.activation) == (12, "tanh")
    assert network.scale == pytest.approx(0.6 * 4 / math.sqrt(128), rel=0.05)
    assert network.bias_std == pytest.approx(0.9, abs=0.1)
    assert_charts_show(visit, network)
    predicted = predict(network, Batch())["grad_preact_var"]
    np.testing.assert_allclose(visit.curve("gradient", "theory"), predicted, rtol=1e-3)
