"""A server that nobody has visited yet, and a link to one of its pages."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visit, serving

pytestmark = pytest.mark.xdist_group("browser")


def test_the_very_first_link_leads_to_its_page(browser: Browser) -> None:
    with serving(browser, "deploy.serve") as address:
        context = browser.new_context()
        visit = Visit(context.new_page(), address).open("/chaos?activation=tanh&depth=7")
        expect(visit.page.locator(".st-key-plane")).to_be_visible()
        expect(visit.page.get_by_role("dialog")).to_have_count(0)
        assert len(visit.curve("gradient")) == 7
        context.close()
