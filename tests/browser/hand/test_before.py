"""What belongs to the setting before says so."""

import pytest

from tests.browser.conftest import Visit
from tests.browser.hand.holding import FRAMES, GLOROT, drag, thumb

pytestmark = pytest.mark.xdist_group("browser")


def words_before(visit: Visit) -> str:
    """Return what the verdict says about the value that it belongs to, and that it is dimmed."""
    said, opacity = visit.page.evaluate(
        """() => {
            const box = document.querySelector('.st-key-verdict');
            return [getComputedStyle(box, '::before').content,
                    Number(getComputedStyle(box.firstElementChild).opacity)];
        }"""
    )
    assert (said == "none") == (opacity == 1)
    return said.strip('"')


def test_the_verdict_belongs_to_the_value_before_and_says_so(visit: Visit) -> None:
    visit.open(GLOROT)
    assert words_before(visit) == "none"
    x, y = thumb(visit, "gain")
    drag(visit, "gain", 25, steps=5)
    assert words_before(visit) == "Before, at gain 1:"
    visit.page.mouse.move(x, y)
    visit.page.evaluate(FRAMES)
    assert words_before(visit) == "none"
    visit.page.mouse.move(x + 25, y)
    visit.page.evaluate(FRAMES)
    visit.page.mouse.up()
    visit.until("() => location.search.includes('gain=')")
    visit.page.wait_for_function("() => !('before' in document.documentElement.dataset)")
    assert words_before(visit) == "none"
    visit.page.get_by_role("button", name="Sweep the gain").click()
    visit.page.wait_for_function("() => 'before' in document.documentElement.dataset")
    assert words_before(visit).startswith("Before, at gain 1.")
    visit.page.get_by_role("button", name="Close the sweep").click()
    assert words_before(visit) == "none"
