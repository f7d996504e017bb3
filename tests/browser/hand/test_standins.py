"""No chart is blank, and none there twice."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.hand.holding import GLOROT

pytestmark = pytest.mark.xdist_group("browser")


def test_no_chart_is_ever_blank_while_the_next_one_is_made(visit: Visit) -> None:
    visit.open(GLOROT)
    visit.page.evaluate(
        """() => {
            window.blanks = 0;
            const look = () => {
                for (const side of ['activation', 'gradient'])
                    if (!document.querySelector(`.st-key-${side}_chart svg path`)) window.blanks++;
                requestAnimationFrame(look);
            };
            // After the copies for the standing-in were made.
            requestIdleCallback(() => requestIdleCallback(look));
        }"""
    )
    visit.page.get_by_text("ReLU + He", exact=True).click()
    visit.until("() => location.search === '?depth=22'")
    assert visit.page.evaluate("window.blanks") == 0
    assert visit.page.locator(".st-key-gradient_chart .svg-container").count() == 1


def test_no_stand_in_outlasts_the_chart_it_stood_in_for(visit: Visit) -> None:
    strays = visit.page.locator(".st-key-charts .svg-container:not(.js-plotly-plot *)")
    # The first pin makes Streamlit replace what holds the charts, on most visits.
    for _ in range(4):
        visit.open(GLOROT)
        visit.page.get_by_role("button", name="Pin").click()
        visit.until(
            """() => ['activation', 'gradient'].every(side =>
                document.querySelector(`.st-key-${side}_chart .js-plotly-plot`)?.data
                    ?.some(t => t.name?.startsWith('pinned')))"""
        )
        expect(strays).to_have_count(0)
