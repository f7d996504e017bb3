"""What a run says: outcomes, verdicts, and the theory held beside them."""

import math

import numpy as np
import pytest

from initviz import Network
from initviz.training import History, Reading, Training, read, train

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
            Network(depth=10, activation="tanh", initializer="normal", scale=3, gain=1.5),
            3.0, "stalled",
            ("Inputs stay apart in all 10 layers, but each layer multiplies the gradient's "
            "variance by 27, all by 2.3 × 10¹⁴."),
        ),
        (
            Network(depth=22, gain=math.sqrt(2)), math.nan, "diverged",
            ("He normal (Kaiming), gain 1.41 diverged: from step 1 on its loss is not a number. "
            "Each layer multiplies the signal's mean square by 2.0, all by 4.2 × 10⁶."),
        ),
        (
            Network(depth=3, gain=math.sqrt(2)), 0.1, "trained",
            ("That is more than theory promises: each layer multiplies the signal's mean square "
            "by 2.0, all by 8.0."),
        ),
        (Network(depth=5), 40.0, "diverged", "diverged to a loss of 40, where guessing costs 2.30"),
        (Network(depth=5), 1.0, "learning", "and was still learning"),
        (
            Network(depth=5, initializer="constant", scale=0.05), 2.3, "stalled",
            ("Constant, scale 0.05 stalled at a loss of 2.30, where guessing costs 2.30. "
            "All units of a layer begin as copies and get the same gradient, so copies they stay."),
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
