"""Curves follow held arrow keys."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.hand.holding import GLOROT, Wire, listen

pytestmark = pytest.mark.xdist_group("browser")


def test_held_arrow_keys_draw_too_and_say_one_word(visit: Visit, wire: Wire) -> None:
    visit.open(GLOROT)
    listen(visit)
    said = wire.sent
    visit.page.get_by_role("slider", name="Depth").focus()
    for _ in range(12):
        visit.page.keyboard.down("ArrowRight")
    visit.page.wait_for_function(
        "() => document.querySelector('.hand .theory')?.values?.length === 62"
    )
    assert wire.sent == said
    visit.page.keyboard.up("ArrowRight")
    visit.until("() => location.search.includes('depth=62')")
    assert wire.sent == said + 1


def test_a_single_press_leaves_the_charts_to_the_server(visit: Visit, wire: Wire) -> None:
    visit.open(GLOROT)
    listen(visit)
    said = wire.sent
    visit.page.get_by_role("slider", name="Depth").focus()
    visit.page.keyboard.down("ArrowRight")
    expect(visit.page.locator(".st-key-depth [data-testid=stSliderThumbValue]")).to_have_text("51")
    assert (visit.page.locator(".hand").count(), wire.sent) == (0, said)
    visit.page.keyboard.up("ArrowRight")
    visit.until("() => location.search.includes('depth=51')")
    assert (visit.page.locator(".hand").count(), wire.sent) == (0, said + 1)
