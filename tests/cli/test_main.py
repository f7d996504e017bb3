"""The command line as a user and a script meet it."""

import io
import json
import os
import socket
import subprocess
import sys

import pandas as pd
import pytest
from torch import nn

from initviz import ACTIVATIONS, INITIALIZERS, RECIPES, Batch, Network, probe
from initviz.cli import main
from initviz.engine.measurement import COLUMNS


def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str):
    monkeypatch.setattr(sys, "argv", ["initviz", *command.split()])
    with pytest.raises(SystemExit) as ended:
        main.main()
    captured = capsys.readouterr()
    return ended.value.code, captured.out, captured.err


def test_json_is_one_document_with_the_contracts_keys(capsys, monkeypatch) -> None:
    code, out, err = run(
        capsys, monkeypatch,
        "probe --depth 20 --width 256 --activation relu --initializer he_normal --json",
    )  # fmt: skip
    document = json.loads(out)
    assert (code, err) == (0, "")
    assert list(document) == ["network", "batch", "layers", "diagnosis"]
    assert Network(**document["network"]) == Network(depth=20, width=256)
    assert Batch(**document["batch"]) == Batch()
    assert [list(row) for row in document["layers"]] == [list(COLUMNS)] * 20
    assert list(document["diagnosis"]) == ["verdict", "reason", "fix", "outlook"]
    table = probe(Network(width=256)).table
    assert [row["act_var"] for row in document["layers"]] == pytest.approx(list(table["act_var"]))
    assert all(isinstance(row["fan_in"], int) for row in document["layers"])


def test_json_stays_valid_where_numbers_do_not(capsys, monkeypatch) -> None:
    code, out, _ = run(
        capsys, monkeypatch, "probe --gain 100 --depth 200 --width 16 --size 8 --json"
    )
    document = json.loads(out, parse_constant=pytest.fail)
    assert code == 0
    assert document["layers"][-1]["act_var"] is None
    assert document["diagnosis"]["verdict"] == "overflow"


def test_csv_is_the_table(capsys, monkeypatch) -> None:
    _, out, _ = run(capsys, monkeypatch, "probe --depth 3 --initializer xavier_normal --csv")
    table = pd.read_csv(io.StringIO(out))
    assert list(table.columns) == list(COLUMNS)
    assert len(table) == 3


def own() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 50), nn.Tanh(), nn.Linear(50, 50))


def test_a_module_of_ones_own_is_probed_and_drawn_anew(capsys, monkeypatch) -> None:
    command = f"probe --module {__name__}:own --input-shape 16,4 --recipe recommended --json"
    code, out, err = run(capsys, monkeypatch, command)
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert [row["name"] for row in document["layers"]] == ["0", "2"]
    assert document["layers"][0]["weight_var"] == pytest.approx(2 / 54, rel=0.3)
    assert document["network"] is None


def test_a_person_gets_a_table_the_reason_and_the_repair(capsys, monkeypatch) -> None:
    code, out, _ = run(capsys, monkeypatch, "probe --depth 30 --initializer glorot_uniform")
    assert code == 0
    assert "vanishing" in out
    assert "initializer=he_normal" in " ".join(out.split())


_SMALL = "compare --depth 4 --width 8 --size 4 --activation tanh"


def test_compare_gives_every_pair_with_its_rank(capsys, monkeypatch) -> None:
    code, out, err = run(capsys, monkeypatch, f"{_SMALL} --json")
    document = json.loads(out, parse_constant=pytest.fail)
    assert (code, err) == (0, "")
    assert list(document) == ["network", "batch", "pairs"]
    assert document["network"]["depth"] == 4
    pairs = document["pairs"]
    assert len(pairs) == len(ACTIVATIONS) * len(INITIALIZERS)
    assert [p["rank"] for p in pairs] == sorted(p["rank"] for p in pairs)
    _, out, _ = run(capsys, monkeypatch, f"{_SMALL} --csv")
    table = pd.read_csv(io.StringIO(out))
    assert list(table.columns) == list(pairs[0])
    assert list(table["reason"]) == [p["reason"] for p in pairs]


def test_compare_ranks_the_initializers_of_an_activation_for_a_person(capsys, monkeypatch) -> None:
    code, out, _ = run(capsys, monkeypatch, _SMALL)
    assert code == 0
    assert "Ranking with tanh" in out
    assert out.index("Glorot normal") < out.index("Zeros")
    assert "At depth 4 and width 8, " in out


@pytest.mark.parametrize(
    ("what", "names"),
    [("activations", ACTIVATIONS), ("initializers", INITIALIZERS), ("recipes", RECIPES)],
)
def test_list_names_every_record(capsys, monkeypatch, what: str, names) -> None:
    _, out, _ = run(capsys, monkeypatch, f"list {what} --json")
    assert [record["name"] for record in json.loads(out)] == list(names)
    _, out, _ = run(capsys, monkeypatch, f"list {what} --csv")
    assert list(pd.read_csv(io.StringIO(out))["name"]) == list(names)
    _, out, _ = run(capsys, monkeypatch, f"list {what}")
    assert all(name in out for name in names)


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("", "command"),
        ("prob", "prob"),
        ("probe --depth 0", "depth"),
        ("probe --depth 201", "201"),
        ("probe --depth ten", "ten"),
        ("probe --depth", "--depth"),
        ("probe --width 4096", "width"),
        ("probe --activation rely", "rely"),
        ("probe --initializer he", "he_normal"),
        ("probe --gain -1", "gain"),
        ("probe --gain nan", "nan"),
        ("probe --scale 0.1", "scale"),
        ("probe --initializer normal --scale -1", "scale"),
        ("probe --bias-std -1", "bias_std"),
        ("probe --bias-mean inf", "bias_mean"),
        ("probe --normalization group", "normalization"),
        ("probe --size 1", "size"),
        ("probe --inputs digits --size 1798", "1797"),
        ("probe --dtype int8", "float16"),
        ("probe --loss mse", "cross_entropy"),
        ("probe --seed -1", "seed"),
        ("probe --colour red", "--colour"),
        ("probe --json --csv", "--csv"),
        ("probe --depth 200 --width 2048 --size 4096", "billion"),
        ("probe extra", "extra"),
        ("probe --module torch.nn:Linear", "input-shape"),
        ("probe --module torch.nn --input-shape 2,3", "package.module:factory"),
        ("probe --module nowhere.at_all:net --input-shape 2,3", "No module named 'nowhere'"),
        ("probe --module torch.nn:Nothing --input-shape 2,3", "Nothing"),
        ("probe --module torch.nn:Linear --input-shape 2,3", "TypeError"),
        ("probe --module builtins:dict --input-shape 2,3", "must give an nn.Module; got dict"),
        ("probe --module torch.nn:ReLU --input-shape 2,3", "ReLU"),
        ("probe --module torch.nn:ReLU --input-shape 2,3 --depth 3", "no meaning with --module"),
        ("probe --module tests.cli.test_main:own --input-shape 2,5", "does not run on this batch"),
        ("probe --module tests.cli.test_main:own --input-shape 1,4", "input_shape"),
        ("probe --module tests.cli.test_main:own --input-shape 2,x", "'2,x'"),
        ("probe --module tests.cli.test_main:own --input-shape 9999999,99999", "at most"),
        (f"probe --module {__name__}:own --input-shape 2,4 --recipe bread", "pytorch, keras"),
        ("probe --recipe keras", "--module"),
        ("compare --depth 0", "depth"),
        ("compare --depth 200 --width 512", "depth 33 and batch size 32 fits"),
        ("compare --json --csv", "--csv"),
        ("list networks", "networks"),
        ("app --port 0", "port"),
        ("app --port http", "http"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(capsys, monkeypatch, command, named) -> None:
    code, out, err = run(capsys, monkeypatch, command)
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert named in err


def test_python_m_initviz_runs() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "initviz", "probe", "--depth", "x"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "error: depth must be a whole number from 1 to 200; got 'x'\n"


@pytest.mark.server
def test_the_server_ends_with_the_command_that_began_it() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, "-m", "initviz", "app", "--port", str(port)],
        env={**os.environ, "STREAMLIT_SERVER_HEADLESS": "true"},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as command:  # fmt: skip
        assert any("URL" in line for line in command.stdout)
        socket.create_connection(("127.0.0.1", port)).close()
        command.terminate()
        command.wait(timeout=20)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
