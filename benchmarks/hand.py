"""Curves under a held slider, in a real Chromium: frames, script, messages, memory, first load."""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, CDPSession, Page, async_playwright

from benchmarks import chromium, servers
from benchmarks.classroom import Class, change_either, lesson
from benchmarks.report import Row, against
from benchmarks.servers import ROOT, Server, serve

SECONDS = 4.0
EVERY = 0.008  # seconds between two movements of the mouse
DRAGS = 2000
LET_GO = 10  # of so many drags one ends on another value
LOADS = 9
CLASS = Class(30, 1.0, 60)
DEEP = "?depth=200&activation=tanh&initializer=normal&scale=0.09&bias_std=0.1"
SLIDERS = ("depth", "width", "gain", "scale", "bias_std")

_READY = """() => document.querySelectorAll('.st-key-charts .scatterlayer .trace').length > 1
    && document.querySelector('[data-testid=stApp][data-test-script-state=notRunning]')"""
# What a frame's scripts take together, and how often what is drawn changes.
_WATCH = """() => {
    const frame = window.requestAnimationFrame.bind(window);
    window.seen = {frames: {}, curves: 0, values: new Set(), last: null};
    window.requestAnimationFrame = (work) => frame((at) => {
        const start = performance.now();
        work(at);
        const {frames} = window.seen;
        frames[at] = (frames[at] ?? 0) + performance.now() - start;
    });
    const look = () => {
        const drawn = document.querySelector('.hand .theory')?.getAttribute('d') ?? null;
        if (drawn !== window.seen.last) window.seen.curves++;
        window.seen.last = drawn;
        const thumb = document.querySelector(window.slider ?? 'none');
        if (thumb) window.seen.values.add(thumb.textContent);
        frame(look);
    };
    frame(look);
}"""
_RESET = """(slider) => {
    window.slider = slider;
    Object.assign(window.seen, {frames: {}, curves: 0, values: new Set()});
}"""
_READ = "() => [Object.values(window.seen.frames), window.seen.curves, window.seen.values.size]"


@dataclass
class Held:
    """What was seen while a slider was held, and how many messages left the page then and after."""

    script: list[float]
    curves: int
    values: int
    messages: int
    after: int


def run() -> list[Row]:
    """Hold every slider of a deep network, alone and beside a class; load; drag on and on."""
    return asyncio.run(_run())


async def _run() -> list[Row]:
    rows = []
    with servers.ours() as server:
        async with _chromium() as browser:
            rows += await _all_sliders(browser, server, "alone")
            students = asyncio.create_task(lesson(CLASS, server, change_either))
            rows += await _all_sliders(browser, server, f"beside {CLASS.students} students")
            students.cancel()
            rows.append(await _growth(browser, server))
    rows.append(await _loads())
    return rows


@asynccontextmanager
async def _chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**chromium.options())
        yield browser
        await browser.close()


async def _all_sliders(browser: Browser, server: Server, case: str) -> list[Row]:
    rows = []
    for slider in SLIDERS:
        page = await browser.new_page(viewport={"width": 1280, "height": 800})
        held, rest = await _hold(page, server, slider)
        script = statistics.quantiles(held.script, n=20)[-1]
        rows += [
            against(f"{slider}, {case}", "curves a second", held.curves / SECONDS, rest, "1/s"),
            against(f"{slider}, {case}", "values passed", held.values, {"at rest": 0.0}),
            against(f"{slider}, {case}", "script a frame, 95 %", script, {"at rest": 0.0}, "ms"),
            against(f"{slider}, {case}", "messages while held", held.messages, {"at rest": 0.0}),
            against(f"{slider}, {case}", "messages at release", held.after, {"at rest": 0.0}),
        ]
        await page.close()
    return rows


async def _hold(page: Page, server: Server, slider: str) -> tuple[Held, dict[str, float]]:
    sent: list[object] = []

    def heard(frame: object) -> None:
        sent.append(frame)

    page.on("websocket", lambda socket: socket.on("framesent", heard))
    await page.goto(f"{server.address}/{DEEP}")
    await page.wait_for_function(_READY)
    if slider == "bias_std":
        await page.get_by_role("button", name="More settings").click()
    thumb = f".st-key-{slider} [data-testid=stSliderThumbValue]"
    await page.wait_for_selector(thumb)
    await page.wait_for_function(_READY)
    await page.evaluate(_WATCH)
    await page.wait_for_timeout(1000)
    rest = len((await page.evaluate(_READ))[0]) or await _frames_at_rest(page)
    said = len(sent)
    await page.evaluate(_RESET, thumb)
    mouse = await page.context.new_cdp_session(page)
    await _to_and_fro(page, mouse, thumb)
    script, curves, values = await page.evaluate(_READ)
    while_held = len(sent) - said
    await page.mouse.up()
    await page.wait_for_timeout(1500)
    held = Held(script, curves, values, while_held, len(sent) - said - while_held)
    return held, {"at rest": float(rest)}


async def _frames_at_rest(page: Page) -> int:
    """Return how many frames a second the browser makes when nothing happens."""
    return int(
        await page.evaluate(
            """() => new Promise((done) => {
                let frames = 0;
                const start = performance.now();
                const count = () => performance.now() - start > 1000 ? done(frames)
                    : (frames++, requestAnimationFrame(count));
                count();
            })"""
        )
    )


async def _to_and_fro(page: Page, mouse: CDPSession, thumb: str) -> None:
    """Take a slider and move it over its whole length and back, every 8 ms, without waiting."""
    at = await page.locator(thumb).locator("xpath=..").bounding_box()
    track = await page.locator(thumb).locator("xpath=../..").bounding_box()
    assert at is not None
    assert track is not None
    x, y = at["x"] + at["width"] / 2, at["y"] + at["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    start, under_way = time.perf_counter(), []
    while (passed := (time.perf_counter() - start) / SECONDS) < 1:
        begun = (x - track["x"]) / track["width"]
        along = abs((begun + 2 * passed + 1) % 2 - 1)
        event = {"type": "mouseMoved", "x": track["x"] + along * track["width"], "y": y}
        under_way.append(
            asyncio.create_task(
                mouse.send("Input.dispatchMouseEvent", {**event, "buttons": 1, "button": "left"})
            )
        )
        await asyncio.sleep(EVERY)
    await asyncio.gather(*under_way)


async def _growth(browser: Browser, server: Server) -> Row:
    """Drag again and again; compare the page's memory, after collecting, with that before."""
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    await page.goto(f"{server.address}/?depth=50")
    await page.wait_for_function(_READY)
    session = await page.context.new_cdp_session(page)
    await session.send("Performance.enable")
    await _drag(page, DRAGS // 10)
    before = await _heap(session)
    await _drag(page, DRAGS)
    after = await _heap(session)
    await page.close()
    case = f"{DRAGS} drags"
    return against(case, "the page's memory", after / 2**20, {"before": before / 2**20}, "MiB")


async def _drag(page: Page, times: int) -> None:
    thumb = page.locator(".st-key-depth [data-testid=stSliderThumbValue]").locator("xpath=..")
    for turn in range(times):
        box = await thumb.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        ends = turn % LET_GO == 0
        await page.mouse.move(x, y)
        await page.mouse.down()
        way = 20 if turn % (2 * LET_GO) else -20
        await page.mouse.move(x + way, y)
        if not ends:
            await page.mouse.move(x, y)
        await page.mouse.up()
        if ends:
            await page.wait_for_function("() => !document.querySelector('.hand')")
            await page.wait_for_function(_READY)


async def _heap(session: CDPSession) -> float:
    await session.send("HeapProfiler.collectGarbage")
    await asyncio.sleep(1)
    await session.send("HeapProfiler.collectGarbage")
    metrics = (await session.send("Performance.getMetrics"))["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize"))


async def _loads() -> Row:
    """Load the page with the component and without it, in turn."""
    taken: dict[str, list[float]] = {"with": [], "without": []}
    with servers.ours() as ours, _handless() as handless:
        async with _chromium() as browser:
            for _ in range(1 + LOADS):
                for name, server in (("with", ours), ("without", handless)):
                    context = await browser.new_context()
                    page = await context.new_page()
                    await page.goto(server.address, wait_until="commit")
                    ready = _READY.replace("() =>", "() => performance.now() &&", 1)
                    await page.wait_for_function(ready)
                    taken[name].append(await page.evaluate("performance.now()"))
                    await context.close()
    ours_, without = (statistics.median(times[1:]) for times in taken.values())
    return against("first load", "until drawn", ours_, {"without it": without}, "ms")


@contextmanager
def _handless() -> Iterator[Server]:
    """Serve this app with a component that does nothing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for entry in ("initviz", "pages", "docs", ".streamlit"):
            (folder / entry).symlink_to(ROOT / entry)
        script = folder / "app.py"
        without = "from initviz.ui import hand\nhand.hand = lambda now: None\n"
        script.write_text(without + (ROOT / "app.py").read_text())
        with serve(script, folder) as server:
            yield server
