"""What a person waits for in a real Chromium: the first load, and a move of a slider."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import chromium, servers
from benchmarks.report import Row, against

LOADS = 9
MOVES = 40
REST = 500.0  # milliseconds before a move, in which a server finishes what follows a run

_AT_REST = "[data-testid=stApp][data-test-script-state=notRunning]"
_DRAWN = """(charts) =>
    document.querySelectorAll(`${charts} .js-line`).length >= 2 && performance.now()
"""
# The path of a line is what is on the screen; the chart's data changes before it is drawn.
_WATCH = """(charts) => {
    const drawn = () => [...document.querySelectorAll(`${charts} .js-plotly-plot`)].map(
        (chart) => [...chart.querySelectorAll('.js-line')].map((l) => l.getAttribute('d')).join()
    );
    const before = drawn();
    const changed = () => drawn().every((lines, chart) => lines !== before[chart]);
    window.painted = 0;
    const pressed = () => {
        const start = performance.now();
        const finish = () => { window.painted = performance.now() - start; };
        const look = () => requestAnimationFrame(changed() ? finish : look);
        look();
    };
    addEventListener('keydown', pressed, {capture: true, once: true});
}"""


@dataclass
class App:
    """An app under measurement, and what was measured of it."""

    address: str
    charts: str  # the CSS selector of what holds its two charts
    loads: list[float] = field(default_factory=list)
    moves: list[float] = field(default_factory=list)
    messages: list[int] = field(default_factory=list)
    received: list[int] = field(default_factory=list)

    def count(self, frame: bytes | str) -> None:
        """Count a message that came through the websocket of the page where moves are made."""
        if self.messages:
            self.messages[-1] += 1
            self.received[-1] += len(frame)


def run() -> list[Row]:
    """Compare this app's page with the floors', in turn in one browser."""
    with ExitStack() as stack:
        ours = App(stack.enter_context(servers.ours()).address, ".st-key-charts")
        floors = {
            name: App(stack.enter_context(serve()).address, "body")
            for name, serve in servers.FLOORS.items()
        }
        browser = stack.enter_context(_chromium())
        apps = [ours, *floors.values()]
        for _ in range(1 + LOADS):
            for app in apps:
                _load(browser, app)
        _move_all(browser, apps)
    return _rows(ours, floors)


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.options())
        yield browser
        browser.close()


def _load(browser: Browser, app: App) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(app.address, wait_until="commit")
    app.loads.append(float(page.wait_for_function(_DRAWN, arg=app.charts).json_value()))
    context.close()


def _move_all(browser: Browser, apps: Sequence[App]) -> None:
    pages = [_open(browser, app) for app in apps]
    for _ in range(MOVES):
        for app, page in zip(apps, pages, strict=True):
            page.bring_to_front()
            page.wait_for_timeout(REST)
            app.messages.append(0)
            app.received.append(0)
            app.moves.append(_move(app, page))


def _open(browser: Browser, app: App) -> Page:
    page = browser.new_context().new_page()
    page.on("websocket", lambda socket: socket.on("framereceived", app.count))
    page.goto(app.address)
    page.wait_for_function(_DRAWN, arg=app.charts)
    return page


def _move(app: App, page: Page) -> float:
    """Press an arrow key on the first slider; return the milliseconds until it shows."""
    page.wait_for_selector(_AT_REST)
    page.evaluate(_WATCH, app.charts)
    page.get_by_role("slider").first.press("ArrowRight")
    milliseconds = float(page.wait_for_function("window.painted").json_value())
    page.wait_for_selector(_AT_REST)
    return milliseconds


def _rows(ours: App, floors: Mapping[str, App]) -> list[Row]:
    def row(case: str, figure: str, unit: str, values: Callable[[App], Sequence[float]]) -> Row:
        def middle(app: App) -> float:
            # The first of everything finds nothing in any cache.
            return statistics.median(values(app)[1:])

        baselines = {name: middle(floor) for name, floor in floors.items()}
        return against(case, figure, middle(ours), baselines, unit)

    return [
        row("first load", "until drawn", "ms", lambda app: app.loads),
        row("slider", "until painted", "ms", lambda app: app.moves),
        row("slider", "messages", "", lambda app: app.messages),
        row("slider", "received", "kB", lambda app: [n / 1e3 for n in app.received]),
    ]
