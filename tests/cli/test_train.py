"""`python -m initviz train` as a person and a script meet it."""

import io
import json
import math

import numpy as np
import pandas as pd
import pytest

from initviz import Network
from initviz.runtime.turns import stoppable
from initviz.training import Training, train
from initviz.training.history import LAYER_COLUMNS
from tests.cli.test_main import run

BRIEF = "train --depth 3 --width 16 --steps 25"
BOTH = f"{BRIEF} --initializer he_normal --initializer xavier_uniform"


def test_json_is_one_document_with_an_entry_an_initializer(capsys, monkeypatch) -> None:
    code, out, err = run(capsys, monkeypatch, f"{BOTH} --seed 3 --json")
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert Training(**document["training"]) == Training(steps=25, seed=3)
    he, glorot = document["runs"]
    assert [he["initializer"], glorot["initializer"]] == ["he_normal", "glorot_uniform"]
    assert Network(**he["network"]) == Network(depth=3, width=16)
    assert [row["step"] for row in he["history"]] == list(range(1, 26))
    assert list(he["history"][0]) == ["step", "loss", "accuracy"]
    last = [row["loss"] for row in he["history"][-20:]]
    assert he["final_loss"] == pytest.approx(sum(last) / 20)
    assert he["first_nonfinite_step"] is None
    assert 0 < he["test_accuracy"] <= 1
    assert he["verdict"] in ("trained", "learning", "stalled")
    assert he["reading"].startswith("He normal (Kaiming)")


def test_json_has_null_where_a_network_has_no_numbers(capsys, monkeypatch) -> None:
    code, out, _ = run(capsys, monkeypatch, f"{BRIEF} --depth 22 --gain 1e2 --json")
    [entry] = json.loads(out, parse_constant=pytest.fail)["runs"]
    assert code == 0
    assert (entry["final_loss"], entry["test_accuracy"]) == (None, None)
    step = entry["first_nonfinite_step"]
    assert entry["history"][step - 1]["loss"] is None
    assert entry["verdict"] == "diverged"


def test_every_layer_at_every_step_is_there_when_asked(capsys, monkeypatch) -> None:
    networks = [Network(depth=3, width=16, initializer=i) for i in ("he_normal", "zeros")]
    expected = [s.layers for s in train(networks, Training(steps=25), statistics=True)]
    both = f"{BRIEF} --initializer he_normal --initializer zeros --layers"
    _, out, _ = run(capsys, monkeypatch, f"{both} --json")
    for place, entry in enumerate(json.loads(out, parse_constant=pytest.fail)["runs"]):
        assert list(entry["history"][0]) == ["step", "loss", "accuracy", *LAYER_COLUMNS]
        for name in LAYER_COLUMNS:
            told = [[math.nan if v is None else v for v in row[name]] for row in entry["history"]]
            np.testing.assert_array_equal(told, [getattr(s, name)[place] for s in expected])
    code, out, err = run(capsys, monkeypatch, f"{both} --csv")
    table = pd.read_csv(io.StringIO(out))
    assert (code, err, len(table)) == (0, "", 2 * 25 * 3)
    assert list(table) == ["network", "initializer", "step", "layer", *LAYER_COLUMNS]
    row = table[(table["network"] == 1) & (table["step"] == 7) & (table["layer"] == 2)].iloc[0]
    assert row["initializer"] == "he_normal"
    assert row["update_ratio"] == pytest.approx(expected[6].update_ratio[0, 1])


@pytest.mark.parametrize("calls", [1, 200])
def test_who_stops_it_keeps_what_there_is(capsys, monkeypatch, calls: int) -> None:
    counted = iter(range(calls))

    def interrupt() -> None:
        if next(counted, None) is None:
            raise KeyboardInterrupt

    with stoppable(interrupt):
        code, out, err = run(capsys, monkeypatch, "train --depth 3 --width 16 --json")
    assert code == 130
    if calls == 1:
        assert (out, err) == ("", "")
        return
    [entry] = json.loads(out)["runs"]
    made = len(entry["history"])
    assert 1 < made < 300
    assert entry["test_accuracy"] is None
    assert err == f"Stopped after step {made} of 300.\n"


def test_csv_is_the_history(capsys, monkeypatch) -> None:
    code, out, err = run(capsys, monkeypatch, f"{BOTH} --csv")
    table = pd.read_csv(io.StringIO(out))
    assert (code, err) == (0, "")
    assert list(table) == ["network", "initializer", "step", "loss", "accuracy"]
    assert len(table) == 50


def test_a_person_gets_a_table_and_the_reading(capsys, monkeypatch) -> None:
    code, out, err = run(capsys, monkeypatch, BOTH)
    assert (code, err) == (0, "")
    assert "glorot_uniform" in out
    assert "He normal (Kaiming)" in out
    assert "Theory" in out


def test_the_defaults_are_a_run_of_300_steps_on_digits(capsys, monkeypatch) -> None:
    _, out, _ = run(capsys, monkeypatch, "train --depth 1 --width 8 --json")
    document = json.loads(out)
    assert Training(**document["training"]) == Training()
    [entry] = document["runs"]
    assert Network(**entry["network"]) == Network(depth=1, width=8)
    assert entry["final_loss"] < math.log(10) / 2


def test_a_scale_goes_to_those_that_have_one(capsys, monkeypatch) -> None:
    command = f"{BRIEF} --initializer normal --initializer he_normal --scale 0.2 --json"
    _, out, _ = run(capsys, monkeypatch, command)
    scales = [entry["network"]["scale"] for entry in json.loads(out)["runs"]]
    assert scales == [0.2, None]


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("train --depth 0", "depth"),
        ("train --initializer he", "he_normal"),
        ("train --initializer he_normal --scale 0.1", "scale"),
        ("train --steps 1e9", "steps must be a whole number from 1 to 2000"),
        ("train --learning-rate 0", "learning_rate"),
        ("train --data mnist", "breast_cancer"),
        ("train --optimizer lion", "adam"),
        ("train --dtype float16", "float32"),
        ("train --json --csv", "--csv"),
        ("train --layers", "--json or --csv"),
        ("train --depth 200 --width 2048", "fits"),
        ("train " + " ".join(["--initializer zeros"] * 6), "1 to 5"),
        ("train extra", "extra"),
        ("train --architecture cnn", "--architecture"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(capsys, monkeypatch, command, named) -> None:
    code, out, err = run(capsys, monkeypatch, command)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert named in err
