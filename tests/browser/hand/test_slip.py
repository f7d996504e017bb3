"""A slip of the script does not reach the page."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.hand.holding import GLOROT, drag

pytestmark = pytest.mark.xdist_group("browser")


def test_a_slip_of_the_script_stays_inside_it(visit: Visit) -> None:
    visit.open(GLOROT)
    visit.page.evaluate(
        """() => document.querySelectorAll('.js-plotly-plot').forEach(c => {
            Object.defineProperty(c, 'data', {get() { throw new Error('slip'); }});
        })"""
    )
    drag(visit, "depth", 30, steps=5)
    visit.page.mouse.up()
    visit.page.wait_for_function("() => !location.search.includes('depth=50')")
    visit.settle()
    assert visit.slip == "Error: slip"
    visit.page.evaluate("() => { delete document.documentElement.dataset.handSlip; }")


def test_a_slip_while_playing_gives_the_button_back(visit: Visit) -> None:
    visit.open(GLOROT)
    visit.page.get_by_role("button", name="Play").click()
    visit.page.wait_for_function("() => document.querySelector('.hand')")
    visit.page.evaluate(
        "() => { SVGPathElement.prototype.setAttribute = () => { throw new Error('slip'); }; }"
    )
    expect(visit.page.get_by_role("button", name="Play")).to_be_visible()
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    expect(visit.page.locator("[data-part=words]")).to_have_text("")
    visit.page.evaluate(
        """() => {
            delete SVGPathElement.prototype.setAttribute;
            delete document.documentElement.dataset.handSlip;
        }"""
    )
