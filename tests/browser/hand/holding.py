"""A hand on the page, and what it sees there."""

from collections.abc import Iterator

from playwright.sync_api import Browser, Page

from initviz.ui.hand.joined import joined
from tests.browser.conftest import ROOT, Visit

SOURCE = joined(ROOT / "initviz" / "ui" / "hand" / "hand.js") + "export { Luck, Theory, words };"

GLOROT = "/?depth=50&initializer=glorot_uniform"

# Two frames: the page has taken in the last movement, and drawn it.
FRAMES = """() => new Promise((done) =>
    requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"""


class Wire:
    """Counts what the page says to the server."""

    def __init__(self, page: Page) -> None:
        self.sent = 0
        page.on("websocket", lambda socket: socket.on("framesent", self._count))

    def _count(self, _: object) -> None:
        self.sent += 1


def thumb(visit: Visit, field: str) -> tuple[float, float]:
    said = visit.page.locator(f".st-key-{field} [data-testid=stSliderThumbValue]")
    box = said.locator("xpath=..").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def in_hand(visit: Visit, name: str = "theory", side: str = "gradient") -> list[float] | None:
    """Return log10 of a curve that is drawn under the finger."""
    return visit.page.evaluate(
        """([side, name]) => {
            const chart = document.querySelector(`.st-key-${side}_chart`);
            return chart.querySelector(`.hand .${name}`)?.values ?? null;
        }""",
        [side, name],
    )


def value(visit: Visit, field: str) -> float:
    return float(
        visit.page.locator(f".st-key-{field} [data-testid=stSliderThumbValue]").inner_text()
    )


def watch(visit: Visit) -> None:
    """Count, at every frame, how often the drawn curve changes, and the slider's values."""
    visit.page.evaluate(
        """() => {
            window.seen = {curves: new Set(), values: new Set()};
            const look = () => {
                const paths = [...document.querySelectorAll('.hand path')];
                const drawn = paths.map(p => p.getAttribute('d')).join();
                if (drawn) window.seen.curves.add(drawn);
                window.frame = requestAnimationFrame(look);
            };
            look();
        }"""
    )


def listen(visit: Visit) -> None:
    """Wait for the script, which comes after the charts and hears nothing before."""
    visit.page.locator("[data-part=play]").evaluate(
        """(button) => new Promise((done) => {
            const look = () => button.onclick ? done(true) : requestAnimationFrame(look);
            look();
        })"""
    )


def drag(visit: Visit, field: str, by: float, steps: int = 40) -> set[float]:
    """Hold a slider and move it, without letting go; return the values that it passed."""
    listen(visit)
    x, y = thumb(visit, field)
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    passed = set()
    for step in range(1, steps + 1):
        visit.page.mouse.move(x + by * step / steps, y)
        visit.page.evaluate(FRAMES)
        passed.add(value(visit, field))
    return passed


def phone(browser: Browser, address: str) -> Iterator[Visit]:
    """Open a phone of 390 × 844 pixels."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    yield Visit(context.new_page(), address)
    context.close()
