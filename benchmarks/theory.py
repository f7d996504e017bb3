"""What a prediction costs, beside the probe that it predicts, and a phase plane."""

import importlib
import pkgutil

import torch

import initviz.theory
from benchmarks.report import Row, against
from benchmarks.timing import interleaved
from initviz import Batch, Network, probe
from initviz.runtime.cache import forget
from initviz.theory.forecast import forecast
from initviz.theory.plane import plane

ACTIVATIONS = ("relu", "tanh", "gelu")
_DEPTH = 100


def run(rounds: int = 5) -> list[Row]:
    """Compare predictions of 100 layers with probes of them, on one thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    rows = [row for activation in ACTIVATIONS for row in _compare(activation, rounds)]
    torch.set_num_threads(before)
    return rows


def _compare(activation: str, rounds: int) -> list[Row]:
    network, batch = Network(depth=_DEPTH, activation=activation, bias_std=0.1), Batch()
    seconds = interleaved(
        {
            "probe": lambda _: _probed(network, batch),
            "first": lambda _: _predicted_first(network, batch),
            "next": lambda turn: forecast(network.replace(bias_std=0.2 + 0.01 * turn), batch),
            "kept": lambda _: forecast(network, batch),
            "plane": lambda _: _drawn_first(activation),
        },
        rounds,
    )
    base = {"probe": 1e3 * seconds["probe"]}
    names = {
        "first": "prediction, the first for this activation",
        "next": "prediction of another network",
        "kept": "prediction, once more",
        "plane": "phase plane",
    }
    return [against(activation, names[n], 1e3 * seconds[n], base, "ms") for n in names]


def _probed(network: Network, batch: Batch) -> None:
    forget()
    probe(network, batch)


def _predicted_first(network: Network, batch: Batch) -> None:
    _forget_theory()
    forecast(network, batch)


def _drawn_first(activation: str) -> None:
    _forget_theory()
    plane(activation)


def _forget_theory() -> None:
    for module in pkgutil.iter_modules(initviz.theory.__path__, "initviz.theory."):
        for value in vars(importlib.import_module(module.name)).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()
