"""The plane under a hand, and the mark on it."""

import math

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from initviz import predict
from initviz.setting.links import from_query
from tests.browser.conftest import Visit
from tests.browser.hand.holding import FRAMES, Wire, drag, in_hand, listen, phone, thumb, value

pytestmark = pytest.mark.xdist_group("browser")

# Where the network's own mark is on the plane, in the plane's units.
STANDS = """() => {
    const plane = document.querySelector('.st-key-plane .js-plotly-plot');
    const mark = [...plane.querySelectorAll('.scatterlayer .trace')]
        .find(t => t.__data__[0].trace.name === 'this network').querySelector('path');
    const {e, f} = mark.transform.baseVal.consolidate().matrix;
    return [plane._fullLayout.xaxis.p2d(e), plane._fullLayout.yaxis.p2d(f)];
}"""


def test_a_tap_on_the_plane_goes_where_the_finger_is(browser: Browser, address: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    visit = Visit(context.new_page(), address)
    visit.open("/?activation=tanh&initializer=glorot_uniform&depth=12")
    # The links are in a menu here.
    visit.page.goto(visit.page.url.replace("/?", "/chaos?"))
    visit.until("() => document.querySelector('.st-key-plane .nsewdrag') !== null")
    for share in (0.7, 0.4):
        area = visit.page.locator(".st-key-plane .nsewdrag").first.bounding_box()
        x, y = area["x"] + share * area["width"], area["y"] + 0.5 * area["height"]
        visit.page.touchscreen.tap(x, y)
        expected = round(4 * share, 2)
        visit.until(
            """(expected) => {
                const scale = Number(new URLSearchParams(location.search).get('scale'));
                return Math.abs(scale * Math.sqrt(128) - expected) < 0.06;
            }""",
            expected,
        )
    # A direct link makes Streamlit look for its server below the page first.
    assert [c for c in visit.complaints if "/chaos/_stcore/" not in c] == []
    context.close()


def test_a_hand_on_the_plane_moves_the_network(visit: Visit, wire: Wire) -> None:
    visit.open("/?activation=tanh&initializer=glorot_uniform&depth=12")
    listen(visit)
    visit.page.get_by_role("link", name="Edge of chaos").click()
    visit.until("() => document.querySelector('.st-key-plane .nsewdrag') !== null")
    area = visit.page.locator(".st-key-plane .nsewdrag").first.bounding_box()
    said = wire.sent
    visit.page.mouse.move(area["x"] + 0.3 * area["width"], area["y"] + 0.5 * area["height"])
    visit.page.mouse.down()
    for step in range(20):
        visit.page.mouse.move(
            area["x"] + (0.3 + step / 100) * area["width"], area["y"] + 0.6 * area["height"]
        )
    words = visit.page.locator("[data-part=words]")
    expect(words).to_contain_text("at σ_w 1.96")
    assert wire.sent == said
    line = in_hand(visit)
    visit.page.mouse.up()
    visit.until("() => location.search.includes('initializer=normal')")
    network = from_query(visit.page.evaluate("location.search.slice(1)")).network
    assert network.scale == pytest.approx(1.96 / math.sqrt(128), rel=1e-3)
    np.testing.assert_allclose(line, np.log10(predict(network)["grad_preact_var"]), atol=0.02)
    assert wire.sent == said + 1


def test_the_mark_on_the_plane_follows_a_slider(visit: Visit, wire: Wire) -> None:
    visit.open("/?activation=tanh&initializer=glorot_uniform&depth=12&bias_std=0.5")
    visit.page.get_by_role("link", name="Edge of chaos").click()
    visit.until("() => document.querySelector('.st-key-plane .nsewdrag') !== null")
    assert visit.page.evaluate(STANDS) == pytest.approx([1, 0.5], abs=1e-3)
    said, (x, y) = wire.sent, thumb(visit, "gain")
    drag(visit, "gain", 20, steps=5)
    gain = value(visit, "gain")
    assert gain > 1.1
    assert visit.page.evaluate(STANDS) == pytest.approx([gain, 0.5], abs=1e-3)
    dimmed = "e => Number(getComputedStyle(e).opacity)"
    assert visit.page.locator(".st-key-cobweb").evaluate(dimmed) < 1
    visit.page.mouse.move(x, y)
    visit.page.evaluate(FRAMES)
    visit.page.mouse.up()
    assert visit.page.evaluate(STANDS) == pytest.approx([1, 0.5], abs=1e-3)
    assert wire.sent == said
    drag(visit, "gain", 20, steps=5)
    visit.page.mouse.up()
    visit.until("(gain) => location.search.includes(`gain=${gain}`)", gain)
    assert visit.page.evaluate(STANDS) == pytest.approx([gain, 0.5], abs=1e-3)


def test_a_swipe_over_the_plane_scrolls_the_page(browser: Browser, address: str) -> None:
    for visit in phone(browser, address):
        visit.open("/?activation=tanh&initializer=glorot_uniform&depth=12")
        visit.page.goto(visit.page.url.replace("/?", "/chaos?"))
        visit.until("() => document.querySelector('.st-key-plane .nsewdrag') !== null")
        box = visit.page.locator(".st-key-plane .nsewdrag").first.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        url, finger = visit.page.url, visit.page.context.new_cdp_session(visit.page)
        for step in range(15):
            finger.send(
                "Input.dispatchTouchEvent",
                {
                    "type": "touchMove" if step else "touchStart",
                    "touchPoints": [{"x": x, "y": y - 10 * step}],
                },
            )
        finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        visit.page.wait_for_function(
            "() => document.querySelector('[data-testid=stMain]').scrollTop > 80"
        )
        visit.page.wait_for_function("() => !document.querySelector('.hand')")
        visit.settle()
        assert visit.page.url == url
        assert visit.page.evaluate(STANDS) == pytest.approx([1, 0], abs=1e-3)
