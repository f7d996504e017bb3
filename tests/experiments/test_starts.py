"""Convex models end in one point, networks do not, and the deeper the less so."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from torch.nn.functional import cross_entropy

from initviz import Batch, Network
from initviz.experiments.classical import CLASSICAL, LINE, PENALTY, STARTS, classical, compare
from initviz.experiments.starts import DEPTHS, logits, networks
from initviz.setting.network import build
from initviz.training.datasets import dataset
from initviz.training.descent import descend
from initviz.training.parameters import drawn
from initviz.training.run import train
from initviz.training.spec import Training


@pytest.mark.parametrize(
    ("name", "tolerance"),
    [
        ("Linear regression", 1e-12),
        ("Logistic regression", 1e-5),
        ("Support vector machine", 1e-3),
        ("Decision tree", 1e-12),
    ],
)
def test_what_has_no_start_or_a_convex_loss_ends_in_one_point(name: str, tolerance: float) -> None:
    fits = classical(name)
    assert fits.accuracy.shape == (STARTS,)
    assert np.ptp(fits.accuracy) == 0
    assert fits.spread < tolerance
    assert fits.disagreement == 0
    assert fits.accuracy[0] > 0.7


def test_disagreement_is_over_pairs_of_different_fits() -> None:
    labels = dataset("digits").test_labels.numpy()
    said = np.tile(labels, (STARTS, 1))
    said[0] = (labels + 1) % 10
    fits = compare(np.ones((STARTS, 3)), said)
    # One of the fits differs from all others: 19 of 190 pairs.
    assert fits.disagreement == pytest.approx(0.1)
    assert fits.accuracy.tolist() == [0.0] + [1.0] * (STARTS - 1)
    assert fits.spread == 0


def test_ties_of_a_tree_are_the_only_thing_chance_decides() -> None:
    fits = classical("Decision tree, ties by chance")
    assert 0 < fits.disagreement < 0.05
    assert np.ptp(fits.accuracy) < 0.05


@pytest.mark.parametrize("name", ["Linear regression", "Logistic regression"])
def test_the_line_between_solutions_is_flat_and_between_starts_convex(name: str) -> None:
    fits = classical(name)
    assert np.ptp(fits.line) < 1e-9 * fits.line[0]
    assert (np.diff(fits.chord, 2) > 0).all()
    assert (fits.chord > fits.line[0]).all()
    straight = (1 - LINE) * fits.chord[0] + LINE * fits.chord[-1]
    assert (fits.chord <= straight + 1e-12).all()


def test_linear_regression_is_as_good_as_scikit_learns() -> None:
    data = dataset("digits")
    x = np.column_stack((data.inputs.double().numpy(), np.ones(len(data.labels))))
    y = np.eye(10)[data.labels.numpy()]
    ridge = Ridge(alpha=PENALTY * len(x), fit_intercept=False).fit(x, y)
    w = ridge.coef_
    loss = np.square(x @ w.T - y).sum() / len(x) / 2 + PENALTY * np.square(w).sum() / 2
    assert classical("Linear regression").line[0] == pytest.approx(loss, rel=1e-9)


@pytest.fixture(scope="module")
def shallow_and_deep() -> tuple:
    return networks("he_normal", 1), networks("he_normal", DEPTHS[-1])


def test_deep_networks_depend_on_their_start_and_shallow_ones_little(shallow_and_deep) -> None:
    shallow, deep = shallow_and_deep
    assert np.ptp(shallow.accuracy) < 0.1
    assert shallow.accuracy.min() > 0.8
    assert np.ptp(deep.accuracy) > 0.2
    assert deep.disagreement > 2 * shallow.disagreement
    assert min(shallow.spread, deep.spread) > 0.5


def test_between_trained_networks_the_loss_is_a_barrier(shallow_and_deep) -> None:
    for fits in shallow_and_deep:
        assert fits.line.max() > 2 * max(fits.line[0], fits.line[-1])
        assert fits.chord.size == 0


def test_logits_are_pytorchs() -> None:
    data, network = dataset("digits"), Network(depth=4, width=8, bias_std=0.1)
    made = drawn([network] * 2, 3, data.features, data.classes, torch.float32)
    module = build(network, Batch(seed=3, inputs="digits", loss="cross_entropy"))
    with torch.no_grad():
        expected = module(data.inputs[:50])
    torch.testing.assert_close(logits(network, made, data.inputs[:50])[1], expected)


def test_descending_is_training() -> None:
    data, network = dataset("moons"), Network(depth=3, width=8)
    training = Training(data="moons", steps=12, optimizer="adam", dtype="float64")
    made = drawn([network], training.seed, data.features, data.classes, torch.float64)
    losses = [float(found.loss[0]) for _, found in descend(network, made, data, training)]
    assert losses == [float(step.loss[0]) for step in train([network], training)]
    after = cross_entropy(logits(network, made, data.inputs.double())[0], data.labels)
    assert float(after) < losses[0]


def test_a_model_that_is_not_here_is_refused() -> None:
    with pytest.raises(ValueError, match=r"name must be one of Linear regression.*got 'Boosting'"):
        classical("Boosting")
    assert set(CLASSICAL) >= {"Linear regression", "Decision tree"}
