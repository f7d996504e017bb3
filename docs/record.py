"""Make docs/hand.gif: `python -m docs.record`, ten seconds of a hand on the page.

Takes pictures of a real Chromium while a mouse moves; needs it installed (`chromium`).
"""

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

from benchmarks import chromium, servers

PICTURE = Path(__file__).with_name("hand.gif")
SIZE = {"width": 1180, "height": 800}
SHOWN = {"x": 30, "y": 100, "width": 1120, "height": 690}
WIDTH = 900
COLOURS = 128
FRAME = 0.1  # seconds

_POINTER = """() => {
    const dot = document.createElement('div');
    dot.style = `position: fixed; z-index: 1e9; width: 18px; height: 18px; margin: -9px;
        border-radius: 50%; background: rgba(213, 94, 0, .75); pointer-events: none`;
    document.body.append(dot);
    addEventListener('pointermove', ({clientX, clientY}) => {
        dot.style.left = `${clientX}px`;
        dot.style.top = `${clientY}px`;
    }, true);
}"""


@dataclass
class Film:
    """A page, and the pictures taken of it."""

    page: Page
    frames: list[Image.Image] = field(default_factory=list)

    def take(self, times: int = 1) -> None:
        """Take pictures, one after the other."""
        for _ in range(times):
            shot = Image.open(io.BytesIO(self.page.screenshot(clip=SHOWN))).convert("RGB")
            height = round(shot.height * WIDTH / shot.width)
            self.frames.append(shot.resize((WIDTH, height), Image.Resampling.LANCZOS))

    def glide(self, way: list[tuple[float, float]]) -> None:
        """Move the mouse from place to place."""
        for x, y in way:
            self.page.mouse.move(x, y)
            self.take()

    def watch(self, seconds: float) -> None:
        """Take pictures for a while, at the pace of the film."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            start = time.monotonic()
            self.take()
            self.page.wait_for_timeout(max(0.0, 1e3 * (FRAME - (time.monotonic() - start))))

    def save(self) -> None:
        """Write the pictures as one that moves."""
        # Colours that only some pictures have are in the middle of the film and at its ends.
        few = self.frames[:: len(self.frames) // 4]
        sample = Image.new("RGB", (WIDTH, sum(f.height for f in few)))
        for place, frame in enumerate(few):
            sample.paste(frame, (0, place * frame.height))
        palette = sample.quantize(COLOURS)
        first, *others = [
            f.quantize(palette=palette, dither=Image.Dither.NONE) for f in self.frames
        ]
        first.save(
            PICTURE, save_all=True, append_images=others, duration=round(1e3 * FRAME), loop=0,
            optimize=True,
        )  # fmt: skip


def main() -> None:
    """Hold the gain of a vanishing network, let go where it is flat, and play the pass."""
    with servers.ours() as server, _opened(server.address) as page:
        film = Film(page)
        thumb = page.locator(".st-key-gain [data-testid=stSliderThumbValue]").locator("xpath=..")
        x, y, _ = _middle(thumb)
        step = _middle(thumb.locator("xpath=.."))[2] / 308
        film.glide([(x + 8 * i, y + 6 * i) for i in range(6, -1, -1)])
        page.mouse.down()
        there = [*range(0, 71, 2), *range(70, 40, -2)]
        film.glide([(x + step * i, y) for i in there])
        page.mouse.up()
        film.watch(1.2)
        page.get_by_role("button", name="Play").click()
        film.watch(4.2)
        film.save()


def _middle(part: Locator) -> tuple[float, float, float]:
    """Return where the middle of a part of the page is, and how wide it is."""
    x, y, width, height = part.evaluate(
        "e => (({x, y, width, height}) => [x, y, width, height])(e.getBoundingClientRect())"
    )
    return x + width / 2, y + height / 2, width


@contextmanager
def _opened(address: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.options())
        page = browser.new_page(viewport=SIZE)
        page.goto(f"{address}/?depth=40&initializer=glorot_uniform")
        page.wait_for_selector(".st-key-gradient_chart .scatterlayer .trace")
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        page.evaluate(_POINTER)
        page.wait_for_timeout(1000)
        yield page
        browser.close()


if __name__ == "__main__":
    main()
