"""Signals travel forward and back."""

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Visit
from tests.browser.hand.holding import GLOROT, Wire

pytestmark = pytest.mark.xdist_group("browser")


def test_play_travels_forward_and_back_and_can_be_stopped(visit: Visit, wire: Wire) -> None:
    visit.open(GLOROT)
    said, drawn = wire.sent, visit.drawn_points("gradient")
    button = visit.page.get_by_role("button", name="Play")
    button.click()
    lengths = "[...document.querySelectorAll('.hand .measured')].map(p => p.values.length)"
    visit.page.wait_for_function(
        f"() => {{ const [a, g] = {lengths}; return a > 5 && a < 50 && g === 0; }}"
    )
    visit.page.wait_for_function(
        f"() => {{ const [a, g] = {lengths}; return a === 50 && g > 5 && g < 50; }}"
    )
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    assert visit.drawn_points("gradient") == drawn
    button.click()
    visit.page.get_by_role("button", name="Stop").click()
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    button.click()
    visit.page.wait_for_function("() => document.querySelector('.hand')")
    assert wire.sent == said


def test_less_motion_is_respected(browser: Browser, address: str) -> None:
    context = browser.new_context(reduced_motion="reduce")
    visit = Visit(context.new_page(), address).open(GLOROT)
    visit.page.evaluate(
        """() => {
            window.lengths = new Set();
            const look = () => {
                const path = document.querySelector('.st-key-activation_chart .hand .measured');
                if (path) window.lengths.add(path.values.length);
                requestAnimationFrame(look);
            };
            look();
        }"""
    )
    visit.page.get_by_role("button", name="Play").click()
    visit.page.wait_for_function("() => document.querySelector('.hand')")
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    assert visit.page.evaluate("[...window.lengths]") == [50]
    context.close()
