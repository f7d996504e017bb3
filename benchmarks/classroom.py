"""Students who move sliders at the same time, on this app and on the floors.

A move lasts from the browser's request until it hears that the run has ended.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import chain

from benchmarks import servers
from benchmarks.report import Row, against
from benchmarks.servers import Server
from benchmarks.session import Run, Session, opened

WARM_UP = 2  # moves of each student that are not counted
LONGEST = 90.0  # seconds after which no student begins another move
ALONE = 40  # moves of a student who is alone
GAINS = tuple(f"{hundredths / 100:g}" for hundredths in range(50, 201))

Move = Callable[[Session, random.Random], Awaitable[Run]]


@dataclass(frozen=True)
class Class:
    """So many students, who think for so many seconds on average before each move."""

    students: int
    think: float
    moves: int

    def __str__(self) -> str:
        return f"{self.students} students, {self.think:g} s"


CLASSES = (Class(10, 1.0, 20), Class(30, 1.0, 20), Class(100, 3.0, 8))


@dataclass(frozen=True)
class Lesson:
    """What the students of a class met, and what it took of the machine."""

    runs: Sequence[Run]
    seconds: float
    memory: int
    open_files: int
    server_cpu: float
    client_cpu: float
    errors: int


def change_depth(session: Session, dice: random.Random) -> Awaitable[Run]:
    """Move the Depth slider."""
    return session.move("Depth", dice.randint(1, 60))


def change_gain(session: Session, dice: random.Random) -> Awaitable[Run]:
    """Move the Gain slider, which takes most networks out of what trains."""
    return session.move("Gain", dice.choice(GAINS))


def change_either(session: Session, dice: random.Random) -> Awaitable[Run]:
    """Move the Depth or the Gain slider."""
    return dice.choice((change_depth, change_gain))(session, dice)


def change_points(session: Session, dice: random.Random) -> Awaitable[Run]:
    """Move the slider of the floor app."""
    return session.move("Points", dice.randint(1, 200))


def run() -> list[Row]:
    """Compare a student alone, then larger and larger classes, with the floors."""
    rows = asyncio.run(_alone())
    for group in CLASSES:
        with servers.ours() as server:
            ours = asyncio.run(lesson(group, server, change_either))
        floors = {}
        for name, serve in servers.FLOORS.items():
            with serve() as server:
                floors[name] = asyncio.run(lesson(group, server, change_points))
        rows += _rows(str(group), ours, floors)
    return rows


async def _alone() -> list[Row]:
    """Let one student change depth, then gain, without a pause, in turn with the floors."""
    dice = random.Random(0)
    async with AsyncExitStack() as stack:

        async def tab(serve: servers.Serve) -> Session:
            address = stack.enter_context(serve()).address
            return await stack.enter_async_context(opened(address))

        mine = await tab(servers.ours)
        plain = {name: await tab(serve) for name, serve in servers.FLOORS.items()}
        rows = []
        for slider, change in (("Depth", change_depth), ("Gain", change_gain)):
            await mine.move("Depth", 20)
            runs: list[Run] = []
            floors: dict[str, list[Run]] = {name: [] for name in plain}
            for _ in range(ALONE):
                runs.append(await change(mine, dice))
                for name, session in plain.items():
                    floors[name].append(await change_points(session, dice))
            rows += _times(f"1 student, {slider}", runs, floors)
    return rows


async def lesson(group: Class, server: Server, change: Move) -> Lesson:
    """Let a class open the page, warm up, which is not timed, and move sliders."""
    async with AsyncExitStack() as stack:
        sessions = await asyncio.gather(
            *(stack.enter_async_context(opened(server.address)) for _ in range(group.students))
        )
        dice = [random.Random(seat) for seat in range(group.students)]
        students = list(zip(sessions, dice, strict=True))
        warm_up = await asyncio.gather(
            *(_moves(*student, change, 0, WARM_UP) for student in students)
        )
        cpu, own, start = server.cpu_seconds, time.process_time(), time.perf_counter()
        moves = await asyncio.gather(
            *(_moves(*student, change, group.think, group.moves) for student in students)
        )
        runs = list(chain.from_iterable(moves))
        untimed = chain((session.first_run for session in sessions), *warm_up)
        return Lesson(
            runs=runs,
            seconds=time.perf_counter() - start,
            memory=server.memory,
            open_files=server.open_files,
            server_cpu=server.cpu_seconds - cpu,
            client_cpu=time.process_time() - own,
            errors=sum(bool(run.errors) for run in chain(untimed, runs)) + server.tracebacks,
        )


async def _moves(
    session: Session, dice: random.Random, change: Move, think: float, moves: int
) -> list[Run]:
    runs: list[Run] = []
    end = time.perf_counter() + LONGEST
    while len(runs) < moves and time.perf_counter() < end:
        if think:
            await asyncio.sleep(dice.expovariate(1 / think))
        runs.append(await change(session, dice))
    return runs


def _rows(case: str, ours: Lesson, floors: Mapping[str, Lesson]) -> list[Row]:
    def row(figure: str, unit: str, of: Callable[[Lesson], float]) -> Row:
        baselines = {name: of(floor) for name, floor in floors.items()}
        return against(case, figure, of(ours), baselines, unit)

    return [
        *_times(case, ours.runs, {name: floor.runs for name, floor in floors.items()}),
        row("moves", "", lambda one: len(one.runs)),
        row("moves a second", "1/s", lambda one: len(one.runs) / one.seconds),
        row("server CPU a move", "ms", lambda one: 1e3 * one.server_cpu / len(one.runs)),
        row("client CPU", "cores", lambda one: one.client_cpu / one.seconds),
        row("resident memory", "MiB", lambda one: one.memory / 2**20),
        row("open files", "", lambda one: one.open_files),
        row("errors", "", lambda one: one.errors),
    ]


def _times(case: str, ours: Sequence[Run], floors: Mapping[str, Sequence[Run]]) -> list[Row]:
    def row(figure: str, of: Callable[[Sequence[float]], float]) -> Row:
        def milliseconds(runs: Sequence[Run]) -> float:
            return of([1e3 * run.seconds for run in runs])

        baselines = {name: milliseconds(floor) for name, floor in floors.items()}
        return against(case, figure, milliseconds(ours), baselines, "ms")

    return [
        row("median move", statistics.median),
        row("95th percentile", _p95),
        row("longest move", max),
    ]


def _p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]
