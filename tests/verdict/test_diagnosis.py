"""Verdicts, reasons and repairs."""

import re

import pytest

from initviz import Batch, Network, probe
from initviz.ui.stories import STORIES
from initviz.verdict.thresholds import DECADES
from initviz.verdict.verdict import Verdict


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "stable"),
        ({"depth": 50, "initializer": "glorot_uniform"}, "vanishing"),
        ({"depth": 5, "initializer": "glorot_uniform"}, "stable"),
        ({"depth": 30, "activation": "sigmoid", "initializer": "glorot_uniform"}, "vanishing"),
        ({"depth": 8, "activation": "sigmoid", "initializer": "he_normal"}, "vanishing"),
        ({"depth": 5, "activation": "tanh", "initializer": "normal"}, "vanishing"),
        ({"depth": 22, "gain": 2**0.5}, "exploding"),
        ({"depth": 30, "activation": "tanh", "initializer": "glorot_uniform"}, "stable"),
        ({"depth": 30, "activation": "tanh", "initializer": "orthogonal"}, "stable"),
        ({"depth": 30, "initializer": "orthogonal"}, "vanishing"),
        ({"initializer": "zeros"}, "symmetric"),
        ({"initializer": "constant"}, "symmetric"),
        ({"bias_mean": -5.0}, "dead"),
        ({"depth": 2, "activation": "hardtanh", "gain": 30.0}, "saturated"),
        ({"depth": 1}, "stable"),
    ],
)
def test_the_verdict_is_the_one_that_training_shows(
    changes: dict[str, object], verdict: Verdict
) -> None:
    assert probe(Network(**changes)).diagnosis.verdict == verdict


def test_overflow_is_the_number_formats_verdict() -> None:
    diagnosis = probe(Network(gain=4.0), Batch(dtype="float16")).diagnosis
    assert diagnosis.verdict == "overflow"
    assert diagnosis.reason.startswith("float16 cannot hold the numbers in layers")


def test_the_reason_holds_the_number() -> None:
    signals = probe(Network(depth=50, initializer="glorot_uniform"))
    drift = signals.log10["grad_preact_var"][0] - signals.log10["grad_preact_var"][-1]
    mantissa, power = re.search(r"is ([\d.]+) × 10(\S+) of", signals.diagnosis.reason).groups()
    exponent = int(power.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")))
    assert float(mantissa) * 10**exponent == pytest.approx(10**drift, rel=0.06)
    assert drift < -DECADES
    assert "each layer halves it" in signals.diagnosis.reason


@pytest.mark.parametrize("name", STORIES)
def test_every_story_that_goes_wrong_has_a_repair_that_is_stable_for_other_seeds(name: str) -> None:
    network = STORIES[name]
    diagnosis = probe(network).diagnosis
    if diagnosis.verdict == "stable":
        assert diagnosis.fix is None
        return
    fix = diagnosis.fix
    assert fix is not None
    assert fix != network
    changed = {f for f in Network.model_fields if getattr(fix, f) != getattr(network, f)}
    assert changed <= {"initializer", "gain", "scale", "normalization"}
    assert all(probe(fix, Batch(seed=s)).diagnosis.verdict == "stable" for s in range(3))


def test_the_smallest_change_comes_first() -> None:
    assert probe(Network(gain=3.0)).diagnosis.fix == Network()
    fix = probe(Network(depth=50, initializer="glorot_uniform")).diagnosis.fix
    assert fix == Network(depth=50, initializer="he_normal")


@pytest.mark.parametrize(
    ("network", "alone"),
    [
        (Network(depth=60, width=16, initializer="glorot_uniform"), {"gain": 1.49}),
        (
            Network(depth=60, width=32, activation="tanh", initializer="normal"),
            {"initializer": "glorot_uniform"},
        ),
    ],
)
def test_what_is_stable_for_one_seed_alone_is_no_repair(
    network: Network, alone: dict[str, object]
) -> None:
    batch = Batch(size=32)
    lucky = network.replace(**alone)
    assert probe(lucky, batch).diagnosis.verdict == "stable"
    assert probe(network, batch).diagnosis.fix != lucky


def test_no_repair_is_offered_where_none_was_found() -> None:
    assert probe(Network(depth=100, width=1)).diagnosis.fix is None


def test_a_module_has_a_verdict_and_no_repair() -> None:
    from initviz.setting.network import build  # noqa: PLC0415 - only here

    network = Network(depth=40, initializer="glorot_uniform")
    diagnosis = probe(build(network, Batch()), Batch()).diagnosis
    assert (diagnosis.verdict, diagnosis.fix) == ("vanishing", None)
