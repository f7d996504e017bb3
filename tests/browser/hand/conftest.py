"""A bare page with the script alone, and what the page says to its server."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Visit
from tests.browser.hand.holding import SOURCE, Wire


@pytest.fixture(scope="module")
def engine(browser: Browser) -> Iterator[Page]:
    """A bare page that has the component's script, and nothing else."""
    page = browser.new_page()
    page.evaluate(
        """async (source) => {
            const blob = new Blob([source], {type: 'text/javascript'});
            window.hand = await import(URL.createObjectURL(blob));
        }""",
        SOURCE,
    )
    yield page
    page.close()


@pytest.fixture
def wire(visit: Visit) -> Wire:
    return Wire(visit.page)
