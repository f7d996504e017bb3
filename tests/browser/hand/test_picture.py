"""What is drawn in a chart beside its curves."""

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.hand.holding import GLOROT, drag, in_hand

pytestmark = pytest.mark.xdist_group("browser")


def test_from_nothing_the_legend_says_what_is_drawn(visit: Visit) -> None:
    visit.open("/?gain=0")
    drag(visit, "gain", 30, steps=5)
    chart = visit.page.locator(".st-key-gradient_chart")
    for told in ("theory", "95 % of draws", "stable"):
        expect(chart.locator(".hand").get_by_text(told)).to_be_visible()
    expect(chart.locator(".hand").get_by_text("measured")).to_have_count(0)
    expect(chart.locator(".svg-container").last.locator(".legend")).to_have_count(0)
    visit.page.mouse.up()
    visit.until("() => !location.search.includes('gain=0&')")


def test_the_label_keeps_clear_of_the_curves(visit: Visit) -> None:
    visit.open(GLOROT)
    drag(visit, "depth", 30, steps=3)
    label = visit.page.locator(".st-key-gradient_chart .hand").get_by_text("measured at")
    frame = visit.page.locator(".st-key-gradient_chart .nsewdrag").bounding_box()
    legend = visit.page.locator(".st-key-gradient_chart .legend").first.bounding_box()
    box = label.bounding_box()
    assert frame["y"] + frame["height"] + 14 < box["y"]
    assert box["y"] + box["height"] <= legend["y"] + 4
    visit.page.mouse.up()


@pytest.mark.parametrize("query", ["normalization=layer", "dtype=float16&depth=5"])
def test_no_curve_is_called_measured_that_was_not(visit: Visit, query: str) -> None:
    visit.open("/?" + query)
    measured = np.log10(visit.curve("activation"))
    drag(visit, "gain", 25, steps=8)
    visit.page.wait_for_function("() => document.querySelector('.hand .measured')?.values")
    np.testing.assert_allclose(in_hand(visit, "measured", "activation"), measured)
    expect(visit.page.get_by_text("measured at gain 1").first).to_be_visible()
    visit.page.mouse.up()
