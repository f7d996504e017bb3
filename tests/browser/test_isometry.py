"""What a person sees on the Isometry page."""

import numpy as np
import pytest
from playwright.sync_api import expect

from initviz import Batch, Network
from initviz.experiments.jacobian import measure
from tests.browser.conftest import Visit

pytestmark = pytest.mark.xdist_group("browser")


def test_the_bundle_fans_out_and_a_slider_moves_it(visit: Visit) -> None:
    visit.open("/?depth=20&width=64&activation=tanh&initializer=glorot_normal")
    visit.page.get_by_role("link", name="Isometry").click()
    visit.until("() => document.querySelector('.st-key-bundle_chart .js-plotly-plot') !== null")
    network = Network(depth=20, width=64, activation="tanh", initializer="glorot_normal")
    expected = np.median(measure(network, Batch()).log10, axis=1)
    np.testing.assert_allclose(visit.curve("bundle", "this network"), expected, atol=1e-3)
    visit.page.get_by_role("slider", name="Depth").press("ArrowRight")
    visit.until("() => location.search.includes('depth=21')")
    expect(visit.page.get_by_text("of the input").first).to_be_visible()
    assert visit.curve("bundle", "this network")[-1] != pytest.approx(expected[-1], abs=1e-6)
