"""What training costs beside a bare PyTorch loop, and what each start comes to over five seeds."""

import math
import time
from collections.abc import Callable

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch.nn import functional as F

from benchmarks.report import Row, against
from benchmarks.timing import interleaved
from initviz import Batch, Network
from initviz.setting.network import build
from initviz.training import History, Training, train
from initviz.training.datasets import batches, dataset

SHAPES = ((5, 128, "relu"), (30, 128, "relu"), (30, 128, "tanh"), (20, 256, "relu"))
SEEDS = 5
_STEPS = 20
_TWICE = math.sqrt(2)
# Networks of 128 units by (activation, depth): initializer, gain, and a single run's loss over its
# last 20 steps and test accuracy in a loop written by someone else; None where it diverged.
STARTS: dict[tuple[str, int], list[tuple[str, float, float | None, float | None]]] = {
    ("relu", 5): [
        ("he_normal", 1, 0.003, 0.89),
        ("glorot_uniform", 1, 0.008, 0.90),
        ("normal", 1, 2.30, 0.10),
    ],
    ("relu", 22): [
        ("he_normal", 1, 0.18, 0.90),
        ("glorot_uniform", 1, 1.75, 0.22),
        ("he_normal", _TWICE, None, None),
    ],
    ("relu", 30): [
        ("he_normal", 1, 0.46, 0.67),
        ("glorot_uniform", 1, 2.28, 0.18),
        ("orthogonal", 1, 2.30, 0.10),
        ("he_normal", _TWICE, None, None),
    ],
    ("tanh", 30): [
        ("glorot_uniform", 1, 0.005, 0.88),
        ("orthogonal", 1, 0.008, 0.92),
        ("normal", 1, 2.30, 0.10),
    ],
    ("sigmoid", 8): [
        ("he_normal", 1, 2.31, 0.10),
        ("glorot_uniform", 1, 2.31, 0.10),
        ("orthogonal", 1, 2.31, 0.10),
    ],
}


def run(rounds: int = 9) -> list[Row]:
    """Return rows of times, on one thread, and of outcomes."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    # As in the app; threads of NumPy's that wait would count as time.
    with threadpool_limits(1, user_api="blas"):
        rows = [row for shape in SHAPES for row in _costs(*shape, rounds)]
        rows += [row for shape in STARTS for row in _outcomes(*shape)]
    torch.set_num_threads(before)
    return rows


def _costs(depth: int, width: int, activation: str, rounds: int) -> list[Row]:
    network = Network(depth=depth, width=width, activation=activation)
    five = [network.replace(gain=1 - 0.02 * place) for place in range(5)]
    training = Training(steps=_STEPS, learning_rate=1e-3)
    seconds = interleaved(
        {
            "bare": _bare(network, training),
            "off": lambda _: _exhaust([network], training),
            "on": lambda _: _exhaust([network], training, statistics=True),
            "distinct": lambda _: _exhaust([network], training, distinct=True),
            "five": lambda _: _exhaust(five, training),
            "in turn": lambda _: [_exhaust([one], training) for one in five],
        },
        rounds,
        # One thread: what others do on the machine does not count.
        time.process_time,
    )
    step = {name: 1e3 * taken / _STEPS for name, taken in seconds.items()}
    case = f"{activation}, {depth} × {width}"
    bare, in_turn = {"baseline": step["bare"]}, {"baseline": step["in turn"]}
    return [
        _row(against(case, "a step, ms ÷ bare PyTorch", step["off"], bare)),
        _row(against(case, "with layer statistics ÷ bare PyTorch", step["on"], bare)),
        _row(against(case, "and distinct units ÷ bare PyTorch", step["distinct"], bare)),
        _row(against(case, "five at once ÷ five in turn", step["five"], in_turn)),
    ]


def _row(row: Row, spread: float | None = None, diverged: int | None = None) -> Row:
    return row | {"spread": spread, "diverged": diverged}


def _exhaust(networks: list[Network], training: Training, **measured: bool) -> None:
    for _ in train(networks, training, **measured):
        pass


def _bare(network: Network, training: Training) -> Callable[[int], None]:
    """Return the loop that everybody writes: autograd, `torch.optim`, nothing measured."""
    data = dataset(training.data)

    def loop(_turn: int) -> None:
        module = build(network, Batch(inputs="digits", loss="cross_entropy"))
        optimizer = torch.optim.SGD(module.parameters(), lr=training.learning_rate, momentum=0.9)
        order = batches(len(data.labels), training.batch_size, training.seed)
        for _, rows in zip(range(training.steps), order, strict=False):
            optimizer.zero_grad()
            F.cross_entropy(module(data.inputs[rows]), data.labels[rows]).backward()
            optimizer.step()

    return loop


def _outcomes(activation: str, depth: int) -> list[Row]:
    starts = STARTS[activation, depth]
    networks = [
        Network(depth=depth, activation=activation, initializer=initializer, gain=gain)
        for initializer, gain, _, _ in starts
    ]
    runs = [
        History.of(networks, training, train(networks, training))
        for training in (Training(seed=seed) for seed in range(SEEDS))
    ]
    loss = np.array([run.final_loss for run in runs])
    right = np.array([run.test_accuracy for run in runs])
    rows = []
    for place, (initializer, gain, one_loss, one_right) in enumerate(starts):
        twice = " of twice the variance" if gain != 1 else ""
        case = f"{activation}, {depth} × 128, {initializer}{twice}"
        for figure, found, one in (
            ("loss of the last 20 steps", loss[:, place], one_loss),
            ("test accuracy", right[:, place], one_right),
        ):
            rows.append(_outcome(case, figure, found, one))
    return rows


def _outcome(case: str, figure: str, found: np.ndarray, one: float | None) -> Row:
    """Return the mean of the seeds that stayed finite, beside the single run, with their std."""
    finite = found[np.isfinite(found)]
    mean = float(finite.mean()) if len(finite) else None
    row: Row = {"case": case, "figure": figure, "ours": mean, "baseline": one}
    row["ours ÷ baseline"] = mean / one if mean is not None and one else None
    spread = float(finite.std(ddof=1)) if len(finite) > 1 else None
    return row | {"unit": "", "spread": spread, "diverged": len(found) - len(finite)}
