"""The gain sweeps."""

import math

import numpy as np
import pytest
from playwright.sync_api import expect

from initviz import predict, probe
from initviz.setting.links import from_query
from tests.browser.conftest import Visit
from tests.browser.hand.holding import GLOROT, Wire, in_hand, watch

pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize(
    ("start", "asked"),
    [(GLOROT, 0), ("/?depth=12&activation=tanh&initializer=glorot_uniform", 1)],
    ids=["a factor", "probed"],
)
def test_the_gain_sweeps_without_the_server(
    visit: Visit, wire: Wire, start: str, asked: int
) -> None:
    visit.open(start)
    said, before = wire.sent, from_query(start[2:])
    visit.page.get_by_role("button", name="Sweep the gain").click()
    scrub = visit.page.get_by_role("slider", name="Gain of the sweep")
    scrub.wait_for()
    assert wire.sent == said + asked
    watch(visit)
    box = scrub.bounding_box()
    visit.page.mouse.move(box["x"] + 10, box["y"] + box["height"] / 2)
    visit.page.mouse.down()
    for step in range(40):
        visit.page.mouse.move(box["x"] + 10 + step * (box["width"] - 20) / 40, box["y"] + 5)
    words = visit.page.locator("[data-part=words]").inner_text()
    gain = float(words.removeprefix("Theory at gain ").partition(":")[0])
    network = before.network.replace(gain=gain)
    expected = np.log10(probe(network).table["grad_preact_var"])
    np.testing.assert_allclose(in_hand(visit, "measured"), expected, atol=0.03)
    np.testing.assert_allclose(
        in_hand(visit), np.log10(predict(network)["grad_preact_var"]), atol=0.02
    )
    assert visit.page.evaluate("window.seen.curves.size") > 30
    visit.page.mouse.up()
    critical = math.sqrt(2) if before.network.activation == "relu" else 1
    expect(visit.page.locator("[data-part=critical]")).to_have_text(f"critical gain {critical:.3g}")
    visit.page.get_by_role("button", name="Close the sweep").click()
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    assert wire.sent == said + asked


def test_an_open_sweep_ends_when_the_page_goes_on(visit: Visit) -> None:
    button = visit.page.get_by_role("button", name="Sweep the gain")
    for go_on in (
        lambda: visit.page.get_by_role("button", name="New draw").click(),
        lambda: visit.page.get_by_text("tanh + Glorot", exact=True).click(),
        lambda: visit.page.get_by_role("link", name="Isometry").click(),
    ):
        visit.open(GLOROT)
        button.click()
        visit.page.wait_for_function("() => document.querySelector('.hand')")
        go_on()
        visit.page.wait_for_function("() => !document.querySelector('.hand')")
    visit.page.get_by_role("link", name="Explore").click()
    expect(button).to_be_visible()
    expect(visit.page.locator("[data-part=words]")).to_have_text("")


def test_a_sweep_opens_only_when_asked_for(visit: Visit) -> None:
    visit.open("/?depth=12&activation=tanh&initializer=glorot_uniform")
    visit.page.get_by_role("button", name="Sweep the gain").click()
    visit.page.get_by_role("button", name="Close the sweep").click()
    depth = visit.page.get_by_role("slider", name="Depth")
    for key, there in (("ArrowRight", 13), ("ArrowLeft", 12)):
        depth.press(key)
        visit.until("(depth) => location.search.includes(`depth=${depth}`)", there)
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    expect(visit.page.get_by_role("button", name="Sweep the gain")).to_be_visible()


@pytest.mark.parametrize(
    "query",
    [
        "depth=8&width=8&activation=tanh&initializer=normal",
        "depth=10&width=8&activation=tanh&initializer=normal&scale=0.001",
        "depth=10&width=16&activation=tanh&gain=0",
    ],
)
def test_any_network_can_be_swept(visit: Visit, query: str) -> None:
    visit.open("/?" + query)
    visit.page.get_by_role("button", name="Sweep the gain").click()
    visit.page.get_by_role("slider", name="Gain of the sweep").wait_for()
    visit.page.wait_for_function("() => document.querySelector('.hand .measured')?.values")
    expect(visit.page.get_by_text("measured undefined")).to_have_count(0)
    expect(visit.page.get_by_test_id("stException")).to_have_count(0)


def test_a_sweep_that_takes_too_long_is_refused(visit: Visit) -> None:
    visit.open("/?depth=200&width=256&activation=tanh")
    visit.page.get_by_role("button", name="Sweep the gain").click()
    expect(
        visit.page.get_by_text("seconds for a sweep of 40 gains; the most is 8 seconds")
    ).to_be_visible()
