"""What a person sees on the pages of lessons."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

# Milliseconds that work may take on a machine where others work too.
PATIENCE = 30_000

pytestmark = pytest.mark.xdist_group("browser")


def opened(visit: Visit, page: str) -> Visit:
    visit.open("/")
    visit.page.get_by_role("link", name=page).click()
    visit.page.wait_for_selector(".st-key-lesson_answer")
    visit.settle()
    return visit


def test_units_stay_copies_and_the_slider_goes_back_to_the_start(visit: Visit) -> None:
    opened(visit, "Symmetry")
    expect(visit.page.locator(".st-key-lesson_answer")).to_contain_text("they still are")
    assert set(visit.curve("distinct", "no noise")) == {1 / 16}
    visit.page.get_by_role("slider", name="Noise").press("End")
    expect(visit.page.locator(".st-key-lesson_answer")).to_contain_text(
        "breaks the symmetry", timeout=PATIENCE
    )
    visit.settle()
    chart = visit.page.locator(".st-key-similarity_chart")
    expect(chart.locator(".slider-label").first).to_have_text("after step 100")
    chart.locator(".slider-rail-touch-rect").click(position={"x": 2, "y": 5})
    expect(chart.locator(".slider-label").first).to_have_text("after step 0")


def test_convex_models_agree_and_training_can_be_stopped(visit: Visit) -> None:
    opened(visit, "Where it matters")
    train = visit.page.get_by_role("button", name="Train 300 networks")
    expect(train).to_be_visible(timeout=PATIENCE)
    flat = visit.curve("lines", "logistic regression")
    assert flat == pytest.approx([flat[0]] * len(flat))
    train.click()
    expect(visit.page.get_by_text("networks are trained")).to_be_visible(timeout=PATIENCE)
    expect(visit.page.locator(".st-key-spread_chart .js-plotly-plot:visible").first).to_be_visible(
        timeout=PATIENCE
    )
    visit.page.get_by_role("button", name="Stop").click()
    expect(visit.page.get_by_role("button", name="Go on")).to_be_visible(timeout=PATIENCE)
    visit.settle()
    assert max(visit.curve("lines", "network, 1 layer")) > 0.4


def test_the_gain_does_not_move_what_is_normalized(visit: Visit) -> None:
    opened(visit, "Normalization")
    flat, steep = (
        visit.curve("drift", name) for name in ("with batch normalization", "without normalization")
    )
    assert max(flat) / min(flat) < 2
    assert max(steep) / min(steep) > 1e10
    visit.page.get_by_role("slider", name="Gain").press("End")
    # Streamlit keeps the chart before beside the new one for a moment.
    chart = visit.page.locator(".st-key-layers_chart").filter(has_text="at gain 10")
    expect(chart).to_have_count(1, timeout=PATIENCE)
    visit.settle()
    assert max(visit.curve("layers", "without normalization")) == pytest.approx(steep[-1])
