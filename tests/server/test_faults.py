"""What people do to a server: after each fault the others are served and nothing is left."""

import asyncio
import subprocess
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchmarks.servers import Server
from benchmarks.session import Session, abandon, opened

pytestmark = pytest.mark.xdist_group("server")

ROOT = Path(__file__).parents[2]
# Seconds of work: long enough to be left in the middle of it.
SLOW = "depth=150&width=700&size=256&initializer=orthogonal"


def run(story: Coroutine[None, None, None]) -> None:
    """Run a story in a thread of its own, since Playwright keeps an event loop in the tests'."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, story).result()


async def go_on(session: Session, server: Server, threads: int) -> None:
    """Move until the server has no more threads than before; every move has to succeed."""
    for move in range(200):
        moved = await session.move("Depth", 3 + move % 40)
        assert moved.errors == []
        if server.threads <= threads:
            return
    pytest.fail(f"{server.threads} threads are left, {threads} were there before")


def test_a_tab_closed_in_the_middle_of_a_probe_leaves_nothing_behind(server: Server) -> None:
    async def story() -> None:
        async with opened(server.address) as other:
            await other.move("Depth", 5)
            threads = server.threads
            for seed in range(4):
                await abandon(server.address, f"{SLOW}&seed={seed}")
            await go_on(other, server, threads)

    run(story())
    assert server.tracebacks == 0


def test_a_flood_of_moves_ends_at_the_last_one_and_hinders_nobody(server: Server) -> None:
    async def story() -> None:
        async with opened(server.address) as eager, opened(server.address) as other:
            await other.move("Depth", 5)
            threads = server.threads
            await eager.flood("Depth", [1 + i % 150 for i in range(300)] + [77])
            assert (await other.move("Depth", 6)).errors == []
            await eager.arrive("depth=77")
            await go_on(other, server, threads)

    run(story())
    assert server.tracebacks == 0


def test_a_newer_move_does_not_wait_for_the_work_of_an_older_one(server: Server) -> None:
    async def story() -> None:
        async with opened(server.address, SLOW.replace("depth=150", "depth=2")) as session:
            drawn = await session.overtake("Depth", 150, 3)
            assert "slider" in drawn
            assert "plotly_chart" not in drawn
            await session.arrive("depth=3")

    run(story())
    assert server.tracebacks == 0


def test_a_probe_without_memory_is_explained_and_the_next_one_works() -> None:
    assert run_python(_SHORT_OF_MEMORY).splitlines() == ["explained", "served"]


_SHORT_OF_MEMORY = """
import resource
from pathlib import Path
from streamlit.testing.v1 import AppTest

app = AppTest.from_file("app.py", default_timeout=60).run()
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + 400 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
app.slider(key="depth").set_value(30).run()
app.select_slider(key="width").set_value(2048).run()
assert not app.exception
print("explained" if "did not work here" in app.error[0].value else app.error)
app.select_slider(key="width").set_value(16).run()
assert not app.exception
drawn = len(app.get("plotly_chart")) == 4
print("served" if drawn and not app.error else [e.value for e in app.error])
"""


def run_python(source: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
