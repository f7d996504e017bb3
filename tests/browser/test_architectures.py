"""What a person does on the Architectures page."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.xdist_group("browser")

_OPEN = "() => document.querySelector('.st-key-act_chart .js-plotly-plot') !== null"


def shown(visit: Visit) -> Visit:
    visit.open("/")
    visit.page.get_by_role("link", name="Architectures").click()
    visit.until(_OPEN)
    return visit


def test_choose_an_lstm_drag_its_length_and_see_it_vanish(visit: Visit) -> None:
    shown(visit)
    visit.page.get_by_role("radio", name="Recurrent network").click()
    visit.until("() => location.search.includes('architecture=recurrent')")
    expect(visit.page.get_by_role("combobox", name="Cell")).to_have_value("LSTM")
    label = "The textbook's advice"
    before = visit.curve("grad", label)
    slider = visit.page.get_by_role("slider", name="Steps")
    box = slider.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x + 40, y, steps=8)
    visit.page.mouse.up()
    visit.until("() => Number(new URLSearchParams(location.search).get('steps')) > 100")
    after = visit.curve("grad", label)
    assert len(after) > 100
    assert after[0] < before[0] * 1e-6
    assert "Vanishing" in visit.verdict


def test_edit_a_role_of_the_recipe(visit: Visit) -> None:
    shown(visit)
    label = "The textbook's advice"
    before = visit.curve("act", label)
    visit.page.get_by_role("button", name="Edit the recipe").click()
    kernel = visit.page.get_by_role("combobox", name="Kernel of a convolution")
    # Whatever scrolls closes an open menu, and a scroll is told of with the next frame only.
    kernel.scroll_into_view_if_needed()
    visit.page.evaluate("() => new Promise(requestAnimationFrame)")
    kernel.click()
    visit.page.get_by_role("option", name="Glorot uniform").click()
    visit.until("() => location.search.includes('conv.weight=glorot_uniform')")
    after = visit.curve("act", f"{label}, edited")
    assert after[-1] < before[-1] / 10
    visit.page.reload()
    visit.until(_OPEN)
    assert visit.curve("act", f"{label}, edited") == pytest.approx(after)
    # Streamlit first looks for its server below the page's own path.
    visit.complaints = [c for c in visit.complaints if "/architectures/_stcore/" not in c]


def test_a_repair_flattens_the_trunk(visit: Visit) -> None:
    visit.open("/")
    visit.page.get_by_role("link", name="Architectures").click()
    visit.until(_OPEN)
    visit.page.get_by_role("radio", name="Residual network").click()
    visit.until("() => location.search.includes('architecture=residual')")
    assert "Exploding" in visit.verdict
    visit.page.get_by_role("button", name="Add batch normalization").click()
    visit.until("() => location.search.includes('normalization=batch')")
    assert "Stable" in visit.verdict
