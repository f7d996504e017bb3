"""What a run says: outcomes, verdicts, and the theory held beside them."""

import math

import numpy as np
import pytest

from initviz import Batch, Network, predict
from initviz.runtime.words import number
from initviz.training import History, Reading, Training, read, train
from initviz.training.reading import DIVERGED

NOTHING = math.log(10)


def after(network: Network, loss: float, test: float = 0.9) -> Reading:
    """Read a run of 30 steps that ended at a loss."""
    loss_, right = np.full((30, 1), loss), np.full((30, 1), 0.1)
    [reading] = read(History((network,), Training(steps=30), loss_, right, np.array([test])))
    return reading


@pytest.mark.parametrize(
    ("network", "loss", "verdict", "sentence"),
    [
        (
            Network(depth=22), 0.18, "trained",
            ("He normal (Kaiming) reached a loss of 0.18 and 90 % of the test digits. "
            "Theory lets a gradient through any number of layers of it."),
        ),
        (
            Network(depth=22, initializer="glorot_uniform"), 2.28, "stalled",
            ("Glorot uniform (Xavier) stalled at a loss of 2.28, where guessing costs 2.30. "
            "Theory lets a gradient through about 9 layers of it, and the network has 22."),
        ),
        (
            Network(depth=22, initializer="glorot_uniform"), 1.75, "learning",
            ("reached a loss of 1.8 and 90 % of the test digits, and was still learning. Theory "
            "lets a gradient through about 9 layers of it, and the network has 22, so it learns "
            "slowly."),
        ),
        (
            Network(depth=12, initializer="glorot_uniform"), math.nan, "diverged",
            ("about 9 layers of it, and the network has 12, which makes no loss grow: look at the "
            "learning rate."),
        ),
        (
            Network(depth=12, initializer="glorot_uniform"), 0.1, "trained",
            ("Theory lets a gradient through about 9 layers of it, and the network has 12: "
            "that is further than expected."),
        ),
        (
            Network(depth=22), 2.3, "stalled",
            "Theory lets a gradient through any number of layers of it: the signal keeps its",
        ),
        (
            Network(depth=10, activation="tanh", initializer="normal", scale=3, gain=1.5),
            3.0, "stalled",
            "Each layer multiplies the gradient's variance by 27, all by 2.3 × 10¹⁴.",
        ),
        (
            Network(depth=22, gain=math.sqrt(2)), math.nan, "diverged",
            ("He normal (Kaiming), gain 1.41 diverged: from step 1 on its loss is not a number. "
            "Each layer multiplies the signal's mean square by 2.0, all by 4.2 × 10⁶."),
        ),
        (
            Network(depth=3, gain=math.sqrt(2)), 0.1, "trained",
            "digits. Each layer multiplies the signal's mean square by 2.0, all by 8.0.",
        ),
        (
            Network(depth=12, gain=math.sqrt(2)), 0.1, "trained",
            ("That is more than theory promises: each layer multiplies the signal's mean square "
            "by 2.0, all by 4100."),
        ),
        (
            Network(depth=20, activation="leaky_relu"), 0.3, "trained",
            "digits. Each layer multiplies the signal's mean square by 1.00, all by 1.0.",
        ),
        (
            Network(depth=10, bias_std=0.4), 2.3, "stalled",
            ("Each layer multiplies the signal's mean square by 1.06, all by 1.8: the signal keeps "
            "its size, so try other learning rates"),
        ),
        (
            Network(depth=200, width=256, gain=100), math.nan, "diverged",
            "Each layer multiplies the signal's mean square by 1 × 10⁴, all by 1 × 10⁸⁰⁰.",
        ),
        (
            Network(depth=3, bias_std=1e200), math.nan, "diverged",
            "from step 1 on its loss is not a number.",
        ),
        (
            Network(depth=3, activation="tanh", initializer="normal", scale=1e150), 3.0, "stalled",
            "where guessing costs 2.30.",
        ),
        (
            Network(depth=3, activation="tanh", bias_std=1e10), 3.0, "stalled",
            "Each layer multiplies the signal's mean square by 1.00, all by 1.0.",
        ),
        (Network(depth=5), 40.0, "diverged", "diverged to a loss of 40.0, where guessing costs 2."),
        (Network(depth=5), 1.0, "learning", "and was still learning"),
        (
            Network(depth=5, initializer="constant", scale=0.05), 2.3, "stalled",
            ("Constant, scale 0.05 stalled at a loss of 2.30, where guessing costs 2.30. "
            "All units of a layer begin as copies and get the same gradient, so copies they stay, "
            "but for rounding."),
        ),
        (
            Network(depth=2, initializer="zeros", activation="tanh", bias_std=1), 0.001, "trained",
            ("Theory lets a gradient through about 0 layers of it, and the network has 2: "
            "that is further than expected."),
        ),
        (
            Network(depth=2, width=1), 2.3, "stalled",
            "Theory is of wide networks, and says nothing of 2 layers of 1 unit.",
        ),
        (
            Network(depth=20, initializer="ones"), math.nan, "diverged",
            "Equal weights add up: each layer multiplies what comes in by 130.",
        ),
        (
            Network(depth=10, activation="softplus"), 0.1, "trained",
            "Theory lets a gradient through about 1.8 × 10⁶ layers of it, and the network has 10.",
        ),
        (
            Network(depth=5, normalization="batch"), 0.1, "trained",
            "He normal (Kaiming) reached a loss of 0.10 and 90 % of the test digits.",
        ),
        (
            Network(depth=8, activation="sigmoid", initializer="glorot_uniform"), 2.31, "stalled",
            "Theory lets a gradient through about 2 layers of it, and the network has 8.",
        ),
    ],
)  # fmt: skip
def test_each_outcome_is_told_beside_what_theory_expects(
    network: Network, loss: float, verdict: str, sentence: str
) -> None:
    reading = after(network, loss)
    assert reading.verdict == verdict
    assert reading.sentence.endswith(sentence) or sentence in reading.sentence


def test_who_begins_high_and_comes_down_has_not_diverged() -> None:
    networks, training = [Network(depth=5, gain=1.5)], Training(steps=30, learning_rate=1e-5)
    history = History.of(networks, training, train(networks, training))
    [reading] = read(history)
    assert DIVERGED * NOTHING < history.final_loss[0] < history.loss[0, 0]
    assert reading.verdict == "stalled"
    assert f"came down from {number(history.loss[0, 0])} to " in reading.sentence


def test_who_gets_more_right_than_a_guess_is_learning_whatever_the_loss() -> None:
    loss, right = np.full((30, 2), 2.28), np.tile([0.2, 0.4], (30, 1))
    networks = (Network(depth=12, initializer="glorot_uniform"),) * 2
    readings = read(History(networks, Training(steps=30), loss, right, np.full(2, np.nan)))
    assert [reading.verdict for reading in readings] == ["stalled", "learning"]


def test_always_saying_the_commoner_class_is_guessing() -> None:
    networks, training = [Network(depth=5, initializer="zeros")], Training(data="breast_cancer")
    [reading] = read(History.of(networks, training, train(networks, training)))
    assert reading.verdict == "stalled"
    assert "stalled at a loss of 0.675, where guessing costs 0.676" in reading.sentence


def test_of_few_steps_nothing_is_said_but_where_the_loss_is_no_number() -> None:
    networks = [Network(depth=3, gain=2), Network(depth=3, bias_mean=1e39)]
    training = Training(data="breast_cancer", steps=1)
    high, lost = read(History.of(networks, training, train(networks, training)))
    assert (high.verdict, lost.verdict) == ("early", "diverged")
    assert high.sentence.endswith("where guessing costs 0.676, after 1 step: too few to tell.")


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "elu", "selu", "gelu"])
def test_the_growth_it_tells_is_what_is_predicted(activation: str) -> None:
    network = Network(depth=30, width=256, activation=activation, gain=1.3, bias_std=0.1)
    square = predict(network, Batch(size=4096))["act_ms"].iloc[-1]
    assert f"all by {number(square)}." in after(network, math.nan).sentence


def test_a_run_that_was_stopped_is_read_without_a_test() -> None:
    assert "test" not in after(Network(), 0.1, math.nan).sentence


def test_a_history_tells_the_outcomes() -> None:
    networks = [Network(depth=2, width=16), Network(depth=2, width=16, bias_mean=1e39)]
    training = Training(steps=30)
    history = History.of(networks, training, train(networks, training))
    assert history.loss.shape == history.accuracy.shape == (30, 2)
    assert history.final_loss[0] == pytest.approx(history.loss[10:, 0].mean())
    assert math.isnan(history.final_loss[1])
    assert history.first_nonfinite_step == [None, 1]
    table = history.table()
    assert list(table) == ["network", "initializer", "step", "loss", "accuracy"]
    assert table["loss"][:30].tolist() == history.loss[:, 0].tolist()
    assert table["network"].tolist() == [1] * 30 + [2] * 30


def test_a_run_that_was_stopped_is_a_history_too() -> None:
    networks, training = [Network(depth=2, width=16)], Training(steps=30)
    run = train(networks, training)
    history = History.of(networks, training, [next(run), next(run)])
    assert history.loss.shape == (2, 1)
    assert np.isnan(history.test_accuracy).all()
