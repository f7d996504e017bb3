"""What a person does on the Compare page."""

import re

import pytest
from playwright.sync_api import expect

from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network
from initviz.experiments.compare import examine
from tests.browser.conftest import Visit

pytestmark = pytest.mark.xdist_group("browser")

_OPEN = "() => document.querySelector('.st-key-compare_map .js-plotly-plot')?._fullLayout"
_MAP = "document.querySelector('.st-key-compare_map .js-plotly-plot')"


def compared(visit: Visit, query: str) -> Visit:
    visit.open(f"/?{query}")
    visit.page.get_by_role("link", name="Compare").click()
    visit.page.wait_for_function(_OPEN)
    expect(visit.page.get_by_text("nothing was trained")).to_be_visible(timeout=60_000)
    visit.settle()
    return visit


def middle(visit: Visit, initializer: str, activation: str) -> tuple[float, float]:
    """Return where on the screen a pair's cell is."""
    x, y = visit.page.evaluate(
        """([x, y]) => {
            const chart = document.querySelector('.st-key-compare_map .js-plotly-plot');
            const {xaxis, yaxis} = chart._fullLayout, box = chart.getBoundingClientRect();
            return [box.x + xaxis._offset + xaxis.l2p(x), box.y + yaxis._offset + yaxis.l2p(y)];
        }""",
        [list(ACTIVATIONS).index(activation), list(INITIALIZERS).index(initializer)],
    )
    return x, y


def test_point_at_a_cell_and_click_it_open(visit: Visit) -> None:
    compared(visit, "depth=12&width=32&size=16&seed=3")
    network = Network(depth=12, width=32, activation="tanh", initializer="orthogonal")
    cell = examine(network, Batch(size=16, seed=3))
    at = middle(visit, "orthogonal", "tanh")
    visit.page.mouse.move(*at)
    hover = visit.page.locator(".st-key-compare_map .hoverlayer")
    expect(hover).to_contain_text(f"Orthogonal, tanh: {cell.verdict}")
    visit.page.mouse.click(*at)
    visit.page.wait_for_selector(".st-key-verdict")
    visit.until("() => location.search.includes('initializer=orthogonal')")
    assert "/compare" not in visit.page.url
    assert "activation=tanh" in visit.page.url
    assert "depth=12" in visit.page.url
    assert "seed=3" in visit.page.url
    expect(visit.page.get_by_role("combobox", name="Activation")).to_have_value("tanh")
    assert visit.curve("activation") == pytest.approx(list(10**cell.activations), rel=1e-5)
    visit.page.get_by_role("link", name="Compare").click()
    visit.page.wait_for_function(_OPEN)
    expect(visit.page.get_by_text("Ranking with tanh")).to_be_visible()


def test_the_map_fills_stops_and_goes_on(visit: Visit) -> None:
    visit.open("/?depth=30&width=256&seed=12")
    visit.page.get_by_role("link", name="Compare").click()
    visit.page.wait_for_function(_OPEN)
    visit.page.get_by_role("button", name="Stop").click()
    expect(visit.page.get_by_text(re.compile(r"Stopped: \d+ of 289"))).to_be_visible(timeout=30_000)
    visit.settle()
    known = visit.page.evaluate(f"{_MAP}.data[1].text.length")
    assert 0 < known < 289
    visit.page.get_by_role("button", name="Go on").click()
    visit.page.wait_for_function(f"known => {_MAP}.data[1].text.length > known", arg=known)
    visit.page.get_by_role("button", name="Stop").click()
    expect(visit.page.get_by_role("button", name="Go on")).to_be_visible(timeout=30_000)


def test_on_a_phone_nothing_is_wider_than_the_screen(visit: Visit) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 844})
    visit.open("/compare?depth=5&width=8&size=8")
    expect(visit.page.get_by_text("nothing was trained")).to_be_visible(timeout=60_000)
    visit.settle()
    wide = visit.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    left, _ = middle(visit, "he_normal", "linear")
    right, _ = middle(visit, "he_normal", "sin")
    assert right - left > 16 * 10
    # Streamlit first looks for its server below the page's own path.
    visit.complaints = [c for c in visit.complaints if "/compare/_stcore/" not in c]
