"""What a person does on the Training page."""

import re

import pytest
from playwright.sync_api import Browser, expect

from benchmarks import servers
from tests.browser.conftest import Visit

pytestmark = pytest.mark.xdist_group("browser")

# Long enough to be watched, whatever the machine.
LONG = "depth=24&width=128&steps=1000"
_DRAWN = """(name) => {
    const chart = document.querySelector(`.st-key-${name}_chart .js-plotly-plot`);
    return chart?._fullLayout ? chart : null;
}"""


@pytest.fixture
def sent(visit: Visit) -> list[object]:
    """Everything that the page says to the server."""
    frames: list[object] = []

    def listen(socket) -> None:
        # Playwright writes a note on every handler, which a list's own method does not take.
        socket.on("framesent", lambda frame: frames.append(frame))  # noqa: PLW0108

    visit.page.on("websocket", listen)
    return frames


def opened(visit: Visit, query: str) -> Visit:
    """Open the page as a link would, on a server that has been visited."""
    visit.open("/")
    visit.page.goto(f"{visit.address}/training?{query}")
    visit.until("() => document.querySelector('.st-key-loss_chart .js-plotly-plot') !== null")
    return visit


def press(visit: Visit, name: str) -> None:
    visit.page.get_by_role("button", name=name, exact=True).click()


def made(visit: Visit) -> int:
    """Return the step that the progress bar says."""
    text = visit.page.get_by_test_id("stProgress").inner_text()
    return int(re.search(r"step (\d+) of", text)[1])


def forget_first_look(visit: Visit) -> None:
    # Streamlit first looks for its server below the page's own path.
    visit.complaints = [c for c in visit.complaints if "/training/_stcore/" not in c]


def test_train_stop_and_train_to_the_end(visit: Visit) -> None:
    opened(visit, LONG)
    press(visit, "Train")
    expect(visit.page.get_by_test_id("stProgress")).to_contain_text("left")
    expect(visit.page.locator(".st-key-loss_chart")).to_have_count(1)
    # Whoever replaced the chart would lose the mark.
    visit.page.evaluate(f"({_DRAWN})('loss').dataset.mark = 'same'")
    size = visit.page.locator(".st-key-loss_chart").bounding_box()
    first = made(visit)
    visit.page.wait_for_function(
        """(first) => {
            const said = document.querySelector('[data-testid=stProgress]')?.innerText ?? '';
            return Number(said.match(/step (\\d+) of/)?.[1]) > first + 2;
        }""",
        arg=first,
    )
    visit.page.wait_for_function(f"() => ({_DRAWN})('loss').data[0]?.x?.length !== 0")
    assert visit.page.evaluate(f"({_DRAWN})('loss').dataset.mark") == "same"
    now = visit.page.locator(".st-key-loss_chart").bounding_box()
    assert (now["width"], now["height"]) == (size["width"], size["height"])

    press(visit, "Stop")
    expect(visit.page.get_by_text("Stopped after step")).to_be_visible()
    expect(visit.page.get_by_test_id("stProgress")).to_have_count(0)
    visit.settle()
    text = visit.page.get_by_text("Stopped after step").inner_text()
    steps = int(re.search(r"step (\d+) of 1000", text)[1])
    assert len(visit.curve("loss", "He normal (Kaiming)")) == (steps + 2) // 3

    visit.page.get_by_role("slider", name="Depth").press("ArrowLeft")
    expect(visit.page.get_by_text("belong to the setting before")).to_be_visible()
    slider = visit.page.get_by_role("slider", name="Steps")
    slider.press("Home")
    visit.until("() => new URLSearchParams(location.search).get('steps') === '10'")
    press(visit, "Train")
    expect(visit.page.get_by_text("All 10 steps are done")).to_be_visible()
    expect(visit.page.get_by_text("after 10 steps: too few to tell").first).to_be_visible()
    expect(visit.page.get_by_test_id("stProgress")).to_have_count(0)
    visit.settle()
    assert len(visit.curve("loss", "He normal (Kaiming)")) == 10
    forget_first_look(visit)


def test_the_replay_asks_nobody(visit: Visit, sent: list[object]) -> None:
    opened(visit, "depth=6&width=32&steps=40")
    press(visit, "Train")
    visit.page.wait_for_selector(".st-key-replay_chart .slider-grip-rect")
    visit.settle()
    y = f"() => JSON.stringify(({_DRAWN})('replay').data.map(t => Array.from(t.y)))"
    start = visit.page.evaluate(y)
    visit.page.locator(".st-key-replay_chart").scroll_into_view_if_needed()
    box = visit.page.locator(".st-key-replay_chart .slider-rail-touch-rect").bounding_box()
    middle = box["y"] + box["height"] / 2
    said = len(sent)
    assert said > 0
    visit.page.mouse.move(box["x"] + 8, middle)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + box["width"] - 2, middle, steps=12)
    visit.page.mouse.up()
    label = visit.page.locator(".st-key-replay_chart .slider-label").first
    expect(label).to_have_text("step 40")
    assert visit.page.evaluate(y) != start
    assert len(sent) == said
    forget_first_look(visit)


def test_a_reading_leads_to_explore(visit: Visit) -> None:
    opened(visit, "depth=12&width=32&steps=10&initializers=glorot_uniform")
    press(visit, "Train")
    visit.page.get_by_role("link", name=re.compile("Explore: ")).first.click()
    visit.page.wait_for_selector(".st-key-verdict")
    visit.until("() => location.search.includes('initializer=glorot_uniform')")
    assert "depth=12" in visit.page.url
    forget_first_look(visit)


def test_steps_that_outlast_the_clock_of_the_page_are_made(visit: Visit) -> None:
    opened(visit, "depth=5&width=2048&steps=10&batch_size=375")
    press(visit, "Train")
    expect(visit.page.get_by_text("All 10 steps are done")).to_be_visible(timeout=120_000)
    forget_first_look(visit)


def test_a_closed_tab_ends_its_run(browser: Browser) -> None:
    with servers.ours() as server:
        other = browser.new_page()
        visit = opened(Visit(browser.new_page(), server.address), LONG)
        press(visit, "Train")
        expect(visit.page.get_by_test_id("stProgress")).to_contain_text("left")
        start = server.cpu_seconds
        other.wait_for_timeout(2000)
        worked = server.cpu_seconds - start
        assert made(visit) < 1000
        visit.page.close()
        other.wait_for_timeout(1000)
        start = server.cpu_seconds
        other.wait_for_timeout(2000)
        assert server.cpu_seconds - start < worked / 5
        assert server.tracebacks == 0
        other.close()
