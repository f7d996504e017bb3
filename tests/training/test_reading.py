"""What a run says: outcomes, verdicts, and the theory held beside them."""

import math

import numpy as np
import pytest

from initviz import Batch, Network, predict
from initviz.training import History, Reading, Training, read, train
from initviz.training.reading import DIVERGED
from initviz.words import number

NOTHING = math.log(10)


def after(network: Network, loss: float, test: float = 0.9) -> Reading:
    """Read a run of 30 steps that ended at a loss."""
    curve = np.full((30, 1), loss)
    [reading] = read(History((network,), Training(steps=30), curve, curve, np.array([test])))
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
            Network(depth=22, initializer="glorot_uniform"), 1.75, "stalled",
            ("Glorot uniform (Xavier) stalled at a loss of 1.75, where guessing costs 2.30. "
            "Theory lets a gradient through 9 layers of it, and the network has 22."),
        ),
        (
            Network(depth=12, initializer="glorot_uniform"), 0.1, "trained",
            ("Theory lets a gradient through 9 layers of it, and the network has 12: "
            "that is further than expected."),
        ),
        (
            Network(depth=22), 2.3, "stalled",
            ("Theory lets a gradient through any number of layers of it: the start is sound, "
            "so look at the learning rate and the steps."),
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
            "digits. Each layer multiplies the signal's mean square by 1.0, all by 1.0.",
        ),
        (
            Network(depth=10, bias_std=0.4), 2.3, "stalled",
            ("Each layer multiplies the signal's mean square by 1.1, all by 1.8: the start is "
            "sound, so look at the learning rate and the steps."),
        ),
        (
            Network(depth=200, gain=100), math.nan, "diverged",
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
            "Each layer multiplies the signal's mean square by 1.0, all by 1.0.",
        ),
        (Network(depth=5), 40.0, "diverged", "diverged to a loss of 40, where guessing costs 2.30"),
        (Network(depth=5), 1.0, "learning", "and was still learning"),
        (
            Network(depth=5, initializer="constant", scale=0.05), 2.3, "stalled",
            ("Constant, scale 0.05 stalled at a loss of 2.30, where guessing costs 2.30. "
            "All units of a layer begin as copies and get the same gradient, so copies they stay."),
        ),
        (
            Network(depth=2, initializer="zeros", activation="tanh", bias_std=1), 0.001, "trained",
            ("Theory lets a gradient through 0 layers of it, and the network has 2: "
            "that is further than expected."),
        ),
        (
            Network(depth=2, initializer="identity", width=1), 2.3, "stalled",
            "where guessing costs 2.30.",
        ),
        (
            Network(depth=20, initializer="ones"), math.nan, "diverged",
            "Equal weights add up: each layer multiplies what comes in by 130.",
        ),
        (
            Network(depth=10, activation="softplus"), 0.1, "trained",
            "Theory lets a gradient through 1.8 × 10⁶ layers of it, and the network has 10.",
        ),
        (
            Network(depth=5, normalization="batch"), 0.1, "trained",
            "He normal (Kaiming) reached a loss of 0.10 and 90 % of the test digits.",
        ),
        (
            Network(depth=8, activation="sigmoid", initializer="glorot_uniform"), 2.31, "stalled",
            "Theory lets a gradient through 2 layers of it, and the network has 8.",
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


@pytest.mark.parametrize(
    ("start", "end", "verdict"),
    [(2.3, 1.4, "learning"), (1.5, 1.5, "stalled"), (2.3, 2.2, "stalled"), (1.4, 2.3, "stalled")],
)
def test_who_is_still_coming_down_has_not_stalled(start: float, end: float, verdict: str) -> None:
    curve = np.linspace(start, end, 60)[:, None]
    [reading] = read(History((Network(),), Training(steps=60), curve, curve, np.array([0.5])))
    assert reading.verdict == verdict
    assert ("and was still learning" in reading.sentence) == (verdict == "learning")


def test_a_single_step_has_diverged_only_where_it_is_no_number() -> None:
    networks = [Network(depth=3, gain=2), Network(depth=3, bias_mean=1e39)]
    training = Training(data="breast_cancer", steps=1)
    high, lost = read(History.of(networks, training, train(networks, training)))
    assert (high.verdict, lost.verdict) == ("stalled", "diverged")
    assert "stalled at a loss of 7." in high.sentence


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
