"""How time and memory grow with depth, width, batch and students: fitted exponents.

An exponent of 1 means that twice the size costs twice as much. The baseline of a probe's is that
of the estimate by which the app refuses work: a larger one would mean that it cannot be trusted.
"""

import asyncio
import math
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from statistics import linear_regression, median

from benchmarks import servers
from benchmarks.classroom import Class, Move, change_depth, change_points, lesson
from benchmarks.report import Row, against
from benchmarks.timing import interleaved
from initviz import Batch, Network, probe
from initviz.setting import cost

Setting = tuple[Network, Batch]

NETWORK, BATCH = Network(depth=32, width=256), Batch(size=256)
RANGES: dict[str, list[Setting]] = {
    "depth": [(NETWORK.replace(depth=2**i), BATCH) for i in range(3, 8)],
    "width": [(NETWORK.replace(width=2**i), BATCH) for i in range(6, 11)],
    "batch size": [(NETWORK, BATCH.replace(size=2**i)) for i in range(6, 12)],
}
SMALLEST = (Network(depth=1, width=1), Batch(size=2))
STUDENTS = (1, 2, 4, 8, 16, 32)  # as in every range, each twice the one before
ROUNDS = 9
MOVES = 128  # of all students together

# Not ru_maxrss, which begins with the peak of the process that started this one.
_PEAK = """
import re, sys
from pathlib import Path
from initviz import Batch, Network, probe
network, batch = Network.model_validate_json(sys.argv[1]), Batch.model_validate_json(sys.argv[2])
probe(network, batch)
print(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def run() -> list[Row]:
    """Fit an exponent to time and memory over each range."""
    cost.one_core_each()
    nothing = _peak(*SMALLEST)
    rows = []
    for name, settings in RANGES.items():
        times = interleaved(
            {str(i): partial(_probe, *setting) for i, setting in enumerate(settings)}, ROUNDS
        )
        peaks = [_peak(*setting) - nothing for setting in settings]
        for figure, measured, estimate in (
            ("exponent of time", list(times.values()), cost.flops),
            ("exponent of memory", peaks, cost.memory),
        ):
            rows.append(_row(name, figure, settings, measured, estimate))
    return [*rows, *_students()]


def _probe(network: Network, batch: Batch, turn: int) -> None:
    """Probe another draw each time, so that no cache helps."""
    probe(network, batch.replace(seed=turn + 1))


def _peak(network: Network, batch: Batch) -> int:
    """Return the most kilobytes that were resident in a process that made one probe."""
    command = [sys.executable, "-c", _PEAK, network.model_dump_json(), batch.model_dump_json()]
    return int(subprocess.run(command, cwd=servers.ROOT, capture_output=True, check=True).stdout)


def _row(
    name: str,
    figure: str,
    settings: Sequence[Setting],
    measured: Sequence[float],
    estimate: Callable[[Network, Batch], float],
) -> Row:
    estimated = [estimate(*setting) for setting in settings]
    return against(name, figure, _exponent(measured), {"baseline": _exponent(estimated)})


def _exponent(values: Sequence[float]) -> float:
    """Fit the exponent of values at sizes of which each is twice the one before."""
    return linear_regression(range(len(values)), list(map(math.log2, values))).slope


def _students() -> list[Row]:
    """Let more and more students move a slider without a pause, here and on the floor."""
    with servers.ours() as server:
        ours = asyncio.run(_class_sizes(server, change_depth))
    with servers.floor() as server:
        floor = asyncio.run(_class_sizes(server, change_points))
    return [
        against("students", "exponent of time", ours[0], {"baseline": floor[0]}),
        against("students", "memory a student", ours[1], {"baseline": floor[1]}, "MiB"),
    ]


async def _class_sizes(server: servers.Server, change: Move) -> tuple[float, float]:
    """Return the exponent of the median move, and the MiB that a student adds."""
    await lesson(Class(1, 0, MOVES), server, change)  # fills the caches
    lessons = [await lesson(Class(n, 0, MOVES // n), server, change) for n in STUDENTS]
    times = [median(run.seconds for run in one.runs) for one in lessons]
    memory = [one.memory / 2**20 for one in lessons]
    return _exponent(times), linear_regression(STUDENTS, memory).slope
