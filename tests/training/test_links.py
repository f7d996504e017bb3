"""The address and the command of a training say the same, and bad ones are named."""

import json
import shlex

import pytest

from initviz import Network
from initviz.training import Training
from initviz.training.links import command, from_params, networks_of, to_params
from tests.cli.test_main import run


def read(**params: str):
    return from_params({name: [text] for name, text in params.items()}, "he_normal")


def test_what_is_written_is_read_back() -> None:
    names = ("orthogonal", "zeros", "he_uniform")
    training = Training(
        data="moons", optimizer="adam", learning_rate=0.0123, steps=77, batch_size=64
    )
    reading = read(**to_params(names, training))
    assert (reading.initializers, reading.training, reading.problems) == (names, training, ())


def test_nothing_said_is_the_defaults_and_something_to_compare_with() -> None:
    assert read().training == Training()
    assert read().initializers == ("he_normal", "glorot_uniform")
    assert from_params({}, "zeros").initializers == ("zeros", "he_normal")


@pytest.mark.parametrize(
    ("params", "named", "used"),
    [
        ({"data": "digit"}, "data must be one of", {"data": "digits"}),
        ({"learning_rate": "0"}, "learning_rate must be", {"learning_rate": 1e-6}),
        ({"steps": "1e9"}, "steps must be a whole number from 1 to 2000", {"steps": 2000}),
        ({"optimizer": "lion"}, "optimizer must be one of sgd, adam", {"optimizer": "sgd"}),
        ({"batch_size": "many"}, "batch_size must be", {"batch_size": 128}),
    ],
)
def test_a_bad_value_is_named_and_the_nearest_used(params, named, used) -> None:
    reading = read(**params)
    [problem] = reading.problems
    assert named in problem
    assert reading.training == Training(**used)


@pytest.mark.parametrize(
    ("text", "named", "used"),
    [
        ("he_norml,zeros", "'he_norml'; using he_normal", ("he_normal", "zeros")),
        ("xavier_uniform,glorot_uniform", None, ("glorot_uniform",)),
        ("", "using he_normal, glorot_uniform.", ("he_normal", "glorot_uniform")),
        (
            "zeros,ones,constant,normal,uniform,sparse",
            "got 6; the first are used",
            ("zeros", "ones", "constant", "normal", "uniform"),
        ),
    ],
)
def test_bad_names_are_named(text, named, used) -> None:
    reading = read(initializers=text)
    assert reading.initializers == used
    assert [named in p for p in reading.problems] == ([True] if named else [])


def test_a_scale_is_for_those_that_have_one() -> None:
    network = Network(initializer="normal", scale=0.3)
    made = networks_of(network, ("he_normal", "uniform"))
    assert [n.scale for n in made] == [None, 0.3]


def test_the_command_trains_the_same(capsys, monkeypatch) -> None:
    network = Network(depth=2, width=8, activation="tanh", initializer="normal", scale=0.2)
    networks = networks_of(network, ("he_normal", "normal"))
    training = Training(steps=21, data="moons", learning_rate=1e-05, seed=3)
    words = shlex.split(command(networks, training))
    assert words[:4] == ["python", "-m", "initviz", "train"]
    code, out, err = run(capsys, monkeypatch, " ".join(words[3:]) + " --json")
    assert (code, err) == (0, "")
    document = json.loads(out)
    assert Training(**document["training"]) == training
    assert tuple(Network(**r["network"]) for r in document["runs"]) == networks
