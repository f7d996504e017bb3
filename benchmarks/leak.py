"""Whether a server that is used for long holds on to memory, threads or open files.

The settings come round again and again, so that what the caches may hold is held before the
first reading.
"""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import chain, cycle, islice

from benchmarks import servers
from benchmarks.report import Row, against
from benchmarks.servers import Server
from benchmarks.session import Run, Session, opened
from benchmarks.widgets import Value

TABS = 5
DEPTHS = range(1, 61)
GAINS = ("1", "1.4", "0.7")
ROUND = len(GAINS) * (1 + len(DEPTHS))
WARM_UP = 2 * ROUND
MOVES = 2000
READINGS = 4
# Streamlit keeps a closed tab's session for two minutes, and looks when another one closes.
KEPT = 130.0


@dataclass(frozen=True)
class Reading:
    """What a server holds at one moment."""

    memory: float  # MiB
    threads: int
    files: int


def run() -> list[Row]:
    """Read memory, threads and open files before, during and after many moves."""
    with servers.ours() as server:
        return asyncio.run(_follow(server))


async def _follow(server: Server) -> list[Row]:
    rows: list[Row] = []
    runs: list[Run] = []
    async with AsyncExitStack() as stack:
        tabs = [await stack.enter_async_context(opened(server.address)) for _ in range(TABS)]
        # The tabs begin at different places of the round.
        paths = [islice(_moves(), tab * ROUND // TABS, None) for tab in range(TABS)]
        runs += await _move_all(tabs, paths, WARM_UP)
        before = _read(server)
        for reading in range(1, READINGS + 1):
            runs += await _move_all(tabs, paths, MOVES // READINGS)
            rows += _rows(f"after {reading * MOVES // READINGS} moves", _read(server), before)
    await asyncio.sleep(KEPT)
    async with opened(server.address):
        pass
    await asyncio.sleep(1)
    rows += _rows("all tabs closed", _read(server), before)
    errors = sum(bool(run.errors) for run in runs) + server.tracebacks
    return [*rows, against("all moves", "errors", errors, {"before": 0})]


def _moves() -> Iterator[tuple[str, Value]]:
    for gain in cycle(GAINS):
        yield "Gain", gain
        for depth in DEPTHS:
            yield "Depth", depth


async def _move_all(
    tabs: Sequence[Session], paths: Sequence[Iterator[tuple[str, Value]]], moves: int
) -> list[Run]:
    """Make so many moves in all, in all tabs at the same time."""

    async def go(tab: Session, path: Iterator[tuple[str, Value]]) -> list[Run]:
        return [await tab.move(*move) for move in islice(path, moves // TABS)]

    return list(chain.from_iterable(await asyncio.gather(*map(go, tabs, paths))))


def _read(server: Server) -> Reading:
    return Reading(server.memory / 2**20, server.threads, server.open_files)


def _rows(case: str, now: Reading, before: Reading) -> list[Row]:
    return [
        against(case, "resident memory", now.memory, {"before": before.memory}, "MiB"),
        against(case, "threads", now.threads, {"before": before.threads}),
        against(case, "open files", now.files, {"before": before.files}),
    ]
