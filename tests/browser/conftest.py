"""A real server and a real Chromium."""

import os
import shutil
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[2]


def _chromium() -> str:
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        message = "no Chromium on this machine: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_chromium(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def address(browser: Browser) -> Iterator[str]:
    with serving(browser, "streamlit", "run", "app.py") as url:
        yield url


@contextmanager
def serving(browser: Browser, *module: str) -> Iterator[str]:
    """Serve the app, in a way of one's own, until the block ends."""
    port = _free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", *module, "--server.headless", "true",
         "--server.port", str(port), "--server.address", "127.0.0.1"],
        cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        page = browser.new_page()
        # Chromium itself asks again until the server answers.
        for _ in range(600):
            if server.poll() is not None:
                pytest.fail(f"the server ended with code {server.returncode}")
            if _answers(url):
                break
            page.wait_for_timeout(100)
        page.close()
        yield url
    finally:
        server.terminate()
        server.wait(timeout=20)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


class Visit:
    """A page as a person has it open, with everything its console complained about."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.complaints: list[str] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _listen(self, message) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} {message.location}")

    def open(self, path: str = "/") -> "Visit":
        self.page.goto(self.address + path)
        self.settle()
        return self

    def settle(self) -> None:
        """Wait until the run that is under way has ended and its charts are drawn."""
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        self.page.wait_for_function(
            """() => {
                const charts = [...document.querySelectorAll('.st-key-charts .js-plotly-plot')];
                return charts.length === 2 && charts.every(c => c._fullLayout && c.data.length)
                    && !document.querySelector('[data-stale=true]');
            }"""
        )

    def until(self, condition: str, argument: object = None) -> None:
        self.page.wait_for_function(condition, arg=argument)
        self.settle()

    def curve(self, side: str, name: str = "measured") -> list[float]:
        """Return the values that a curve of a chart is drawn from."""
        return self.page.evaluate(
            """([side, name]) => {
                const chart = document.querySelector(`.st-key-${side}_chart .js-plotly-plot`);
                const y = chart.data.find(t => t.name === name).y;
                return Array.from(y._inputArray ?? y);
            }""",
            [side, name],
        )

    def drawn_points(self, side: str) -> list[float]:
        """Return log10 of the values read off the last curve's markers, by their pixels."""
        return self.page.evaluate(
            """(side) => {
                const chart = document.querySelector(`.st-key-${side}_chart .js-plotly-plot`);
                const traces = chart.querySelectorAll('.scatterlayer .trace');
                const marks = [...traces[traces.length - 1].querySelectorAll('path.point')];
                const axis = chart._fullLayout.yaxis;
                return marks.map(m => axis.p2l(m.transform.baseVal.consolidate().matrix.f));
            }""",
            side,
        )

    @property
    def slip(self) -> str | None:
        """What went wrong in the script of the page, which keeps it to itself."""
        return self.page.evaluate("document.documentElement.dataset.handSlip ?? null")

    @property
    def verdict(self) -> str:
        return self.page.locator(".st-key-verdict").inner_text()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(30_000)
    visit = Visit(context.new_page(), address)
    yield visit
    slip = visit.slip
    context.close()
    assert visit.complaints == []
    assert slip is None, "an error in initviz/ui/hand"
