"""Charts out of sight are drawn small."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visit
from tests.browser.hand.holding import GLOROT, drag, phone

pytestmark = pytest.mark.xdist_group("browser")


def test_charts_out_of_sight_are_drawn_small_while_a_slider_is_held(
    browser: Browser, address: str
) -> None:
    for visit in phone(browser, address):
        visit.open(GLOROT)
        drag(visit, "gain", 20, steps=3)
        small = visit.page.locator(".hand-dock")
        expect(small.locator(".hand .theory")).to_have_count(2)
        expect(small).to_contain_text("Theory at gain 1.")
        box, bar = small.bounding_box(), visit.page.locator(".st-key-gain").bounding_box()
        assert bar["y"] + bar["height"] <= box["y"]
        assert box["y"] + box["height"] == pytest.approx(844, abs=1)
        assert box["width"] <= 390
        visit.page.mouse.up()
        visit.until("() => location.search.includes('gain=')")
        expect(small).to_have_count(0)


def test_charts_under_a_popover_are_drawn_beside_it(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 700, "height": 800})
    visit.open(GLOROT)
    visit.page.get_by_role("button", name="More settings").click()
    visit.page.locator(".st-key-bias_std").wait_for()
    visit.settle()
    drag(visit, "bias_std", 20, steps=3)
    over = """e => e.contains((e.style.pointerEvents = 'auto',
        document.elementFromPoint(200, e.getBoundingClientRect().top + 50)))"""
    assert visit.page.locator(".hand-dock").evaluate(over)
    visit.page.mouse.up()
    visit.until("() => location.search.includes('bias_std=')")
    expect(visit.page.locator(".hand-dock")).to_have_count(0)
