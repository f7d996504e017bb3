"""How likely a network learns: learned from one half of the evidence, held against the other."""

import json

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score
from torch import nn

from benchmarks.outlook import networks, others
from initviz import Batch, Network, probe
from initviz.engine.networks import measure
from initviz.verdict.outlook import in_words, outlook

BOUNDS = {"sgd": 0.95, "adam": 0.90}


def test_it_tells_those_that_learn_in_the_half_that_set_no_coefficient() -> None:
    held = others().iloc[::2]
    said = [outlook(measure(network, Batch(size=32))) or {} for network in networks(held)]
    for name, least in BOUNDS.items():
        chance, learned = np.array([one[name] for one in said]), held[name].to_numpy() > 0.5
        assert roc_auc_score(learned, chance) >= least
        assert brier_score_loss(learned, chance) <= 0.12
        assert learned[chance >= 0.9].mean() >= 0.9


@pytest.mark.parametrize(
    ("network", "sgd", "adam"),
    [
        (Network(depth=5), True, True),
        (Network(depth=22, initializer="glorot_uniform"), False, True),
        (Network(depth=30, initializer="he_normal", gain=2), False, False),
        (Network(initializer="zeros"), False, False),
        (Network(depth=30, activation="sigmoid", initializer="glorot_uniform"), False, False),
    ],
)
def test_what_is_known_of_stories_is_said(network: Network, sgd: bool, adam: bool) -> None:
    found = probe(network).diagnosis.outlook
    assert found is not None
    assert (found["sgd"] > 0.5, found["adam"] > 0.5) == (sgd, adam)


def test_extreme_networks_have_a_probability_too() -> None:
    for network in (Network(depth=200, gain=100), Network(depth=1, width=1), Network(gain=0)):
        found = probe(network).diagnosis.outlook
        assert found is not None
        assert all(0 <= p <= 1 for p in found.values())


def test_a_module_has_none_and_json_has_both() -> None:
    module = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 4))
    assert probe(module, Batch(size=8)).diagnosis.outlook is None
    found = json.loads(probe(Network(depth=3)).to_json())["diagnosis"]["outlook"]
    assert list(found) == ["sgd", "adam"]


def test_it_is_said_in_words_and_who_is_unsure_says_so() -> None:
    told = in_words({"sgd": 0.1, "adam": 0.5})
    assert told.startswith("Outlook: with Adam it is unsure whether it learns; with SGD it likely ")
    assert "does not learn (learned from " in told
