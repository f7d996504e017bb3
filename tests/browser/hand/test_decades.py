"""Which powers of ten a chart shows."""

import pytest

from tests.browser.conftest import Visit

pytestmark = pytest.mark.xdist_group("browser")

RANGE = (
    "() => document.querySelector('.st-key-gradient_chart .js-plotly-plot')._fullLayout.yaxis.range"
)


def test_a_sweep_has_a_window_of_its_own(visit: Visit) -> None:
    visit.open("/?depth=200&gain=1.54&initializer=he_normal")
    low, high = visit.page.evaluate(RANGE)
    assert high - low > 60
    visit.page.get_by_role("button", name="Sweep the gain").click()
    visit.page.wait_for_function("() => document.querySelector('.hand .theory')")
    power = visit.page.locator(".st-key-gradient_chart .hand text tspan").all_text_contents()
    assert max(abs(int(p.replace("−", "-"))) for p in power) <= 20


def test_a_story_starts_afresh(visit: Visit) -> None:
    visit.open("/?depth=200&gain=1.2")
    assert visit.page.evaluate(RANGE)[1] > 20
    visit.page.get_by_text("ReLU + He", exact=True).click()
    visit.until("() => location.search === '?depth=22'")
    assert visit.page.evaluate(RANGE) == [-4, 4]
