"""What the script relies on of Streamlit's page."""

import pytest

from tests.browser.conftest import Visit
from tests.browser.hand.holding import GLOROT, SOURCE

pytestmark = pytest.mark.xdist_group("browser")


def test_the_parts_of_streamlits_page_that_the_script_relies_on(visit: Visit) -> None:
    visit.open(GLOROT)
    parts = {
        "the app, with its state": "[data-testid=stApp][data-test-script-state]",
        "a slider": ".st-key-depth [data-testid=stSlider]",
        "its value": ".st-key-depth [data-testid=stSliderThumbValue]",
        "its range": ".st-key-depth [data-testid=stSlider] input[type=range]",
        "a chart": ".st-key-gradient_chart .js-plotly-plot",
        "its drawing": ".st-key-gradient_chart .svg-container > svg",
        "its curves": ".st-key-gradient_chart .scatterlayer .trace",
        "its ticks": ".st-key-gradient_chart .ytick text",
    }
    missing = [name for name, selector in parts.items() if not visit.page.locator(selector).count()]
    assert missing == [], f"Streamlit's page has no longer {missing}: mend PAGE in initviz/ui/hand"
    for selector in ("stApp", "stSlider", "stSliderThumbValue", "js-plotly-plot", "svg-container"):
        assert selector in SOURCE
