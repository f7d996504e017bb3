"""No chart is drawn in vain."""

import pytest

from tests.browser.conftest import Visit
from tests.browser.hand.holding import GLOROT

pytestmark = pytest.mark.xdist_group("browser")


def test_every_chart_is_drawn_once_a_move_and_those_below_the_screen_last(visit: Visit) -> None:
    visit.open(GLOROT)
    charts = "[...document.querySelectorAll('.js-plotly-plot')].filter(gd => gd._fullLayout)"
    visit.page.wait_for_function(f"() => {charts}.length === 4")
    visit.page.evaluate(
        """() => {
            window.draws = [];
            for (const gd of document.querySelectorAll('.js-plotly-plot')) gd.seen = true;
            let frames = 0;
            const count = () => requestAnimationFrame(count, frames++);
            count();
            const { react } = window.Plotly;
            window.Plotly.react = (gd, ...given) => react(gd, ...given).then((drawn) => {
                const key = gd.closest('[class*=st-key]')?.classList[2];
                const draw = () => window.draws.push([key, frames]);
                if (!gd.seen && gd.isConnected) {
                    draw();
                    gd.on('plotly_afterplot', draw);
                    gd.seen = true;
                }
                return drawn;
            });
        }"""
    )
    visit.page.get_by_role("slider", name="Depth").press("ArrowRight")
    visit.until("() => location.search.includes('depth=51')")
    visit.until("() => window.draws.length >= 4")
    visit.settle()
    keys, frames = zip(*visit.page.evaluate("window.draws"), strict=True)
    assert sorted(keys[:2]) == ["st-key-activation_chart", "st-key-gradient_chart"]
    assert sorted(keys[2:]) == ["st-key-histograms", "st-key-sizes"]
    assert max(frames[:2]) < min(frames[2:])
    shown = "document.querySelector('.st-key-sizes .js-plotly-plot').layout.xaxis.range[1]"
    assert visit.page.evaluate(shown) > 51
