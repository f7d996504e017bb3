"""Curves follow a held slider."""

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from initviz import Batch, Network, predict, probe
from initviz.setting.links import from_query, to_query
from tests.browser.conftest import Visit
from tests.browser.hand.holding import FRAMES, GLOROT, Wire, drag, in_hand, thumb, value, watch

pytestmark = pytest.mark.xdist_group("browser")


@pytest.mark.parametrize(
    ("field", "start", "by"),
    [
        ("depth", GLOROT, 40),
        ("width", "/?depth=30&inputs=digits&initializer=glorot_uniform", -80),
        ("gain", "/?depth=50&activation=tanh&initializer=glorot_uniform", 30),
        ("scale", "/?depth=30&activation=tanh&initializer=normal&scale=0.08", 40),
    ],
)
def test_a_held_slider_draws_without_a_word_and_says_one_at_release(
    visit: Visit, wire: Wire, field: str, start: str, by: float
) -> None:
    visit.open(start)
    before, measured = from_query(start[2:]), visit.curve("gradient")
    watch(visit)
    said = wire.sent
    passed = drag(visit, field, by)
    assert len(passed) > 2
    held = before.network.replace(**{field: value(visit, field)})
    visit.page.wait_for_function(
        "(depth) => document.querySelector('.hand .theory')?.values?.length === depth",
        arg=held.depth,
    )
    expected = np.log10(predict(held, before.batch)["grad_preact_var"])
    np.testing.assert_allclose(in_hand(visit), expected, atol=0.02)
    assert in_hand(visit, "measured") == pytest.approx(np.log10(measured))
    assert visit.page.evaluate("window.seen.curves.size") >= len(passed) - 1
    assert wire.sent == said
    drawn = place(visit, "chart => chart.querySelector('.hand .theory')")
    visit.page.mouse.up()
    visit.until("(field) => new URLSearchParams(location.search).has(field)", field)
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    assert wire.sent == said + 1
    assert place(visit, LANDED) == pytest.approx(drawn, abs=1)


LANDED = """chart => [...chart.querySelectorAll('.scatterlayer .trace')]
    .find(t => t.__data__[0].trace.name === 'theory').querySelector('path.js-line')"""


def place(visit: Visit, line: str) -> list[float]:
    """Return where the ends of a line lie in the gradient chart, in pixels."""
    return visit.page.evaluate(
        f"""() => {{
            const chart = document.querySelector('.st-key-gradient_chart');
            const [own, at] = [chart, ({line})(chart)].map(e => e.getBoundingClientRect());
            return [at.left - own.left, at.right - own.left, at.top - own.top, at.bottom - own.top];
        }}"""
    )


def test_a_gain_takes_the_measured_curve_along_where_it_is_only_a_factor(visit: Visit) -> None:
    visit.open(GLOROT)
    drag(visit, "gain", 25)
    network = Network(depth=50, initializer="glorot_uniform", gain=value(visit, "gain"))
    for side, column in (("activation", "act_var"), ("gradient", "grad_preact_var")):
        measured = np.log10(probe(network).table[column])
        visit.page.wait_for_function("() => document.querySelector('.hand .measured')?.values")
        np.testing.assert_allclose(in_hand(visit, "measured", side), measured, atol=1e-3)
    visit.page.mouse.up()


def test_letting_go_where_it_was_taken_changes_nothing(visit: Visit, wire: Wire) -> None:
    visit.open(GLOROT)
    said, (x, y) = wire.sent, thumb(visit, "depth")
    drag(visit, "depth", 30, steps=5)
    visit.page.mouse.move(x, y)
    visit.page.mouse.up()
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    assert wire.sent == said
    assert "depth=50" in visit.page.url


def test_a_finger_on_a_phone_does_the_same(browser: Browser, address: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    visit = Visit(context.new_page(), address)
    wire = Wire(visit.page)
    visit.open(GLOROT)
    said, (x, y) = wire.sent, thumb(visit, "depth")
    touch = context.new_cdp_session(visit.page)

    def put(kind: str, *points: tuple[float, float]) -> None:
        touch.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": px, "y": py} for px, py in points]},
        )

    put("touchStart", (x, y))
    for step in range(1, 11):
        put("touchMove", (x + 3 * step, y))
    # Chromium answers before the page has heard of all of it.
    visit.page.wait_for_function(
        "(depth) => document.querySelector('.hand .theory')?.values?.length > depth", arg=50
    )
    visit.page.wait_for_function(FRAMES)
    depth = int(value(visit, "depth"))
    assert depth > 50
    visit.page.wait_for_function(
        "(depth) => document.querySelector('.hand .theory')?.values?.length === depth", arg=depth
    )
    assert wire.sent == said
    put("touchEnd")
    visit.until("(depth) => location.search.includes(`depth=${depth}`)", depth)
    assert wire.sent == said + 1
    assert visit.complaints == []
    context.close()


def test_another_width_of_the_window_gives_the_charts_back(visit: Visit) -> None:
    visit.open(GLOROT)
    drag(visit, "depth", 30, steps=3)
    visit.page.wait_for_function("() => document.querySelector('.hand')")
    visit.page.set_viewport_size({"width": 900, "height": 800})
    visit.page.wait_for_function("() => !document.querySelector('.hand')")
    visit.page.mouse.up()
    visit.until("() => !location.search.includes('depth=50')")
    visit.page.wait_for_function("() => !document.querySelector('.hand')")


def test_a_network_without_theory_is_told(visit: Visit) -> None:
    visit.open("/?" + to_query(Network(initializer="zeros"), Batch()))
    words = visit.page.locator("[data-part=words]")
    drag(visit, "depth", 30, steps=5)
    expect(words).to_contain_text("Theory has nothing to say about this network")
    visit.page.mouse.up()
    visit.page.wait_for_function("() => location.search.includes('depth=')")
    visit.settle()
    visit.page.get_by_role("button", name="Sweep the gain").click()
    expect(words).to_contain_text("there is no range of gains to sweep")
