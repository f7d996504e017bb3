"""The band that is estimated from draws."""

import time

import numpy as np
import pytest

from initviz import Batch, Network, probe
from initviz.engine.measurement import SIZES
from initviz.experiments.ensemble import DRAWS, affordable, ensemble
from initviz.theory.band import luck

FRESH = range(10**6, 10**6 + 40)


@pytest.mark.parametrize(
    "change",
    [
        {"activation": "gelu", "gain": 1.084, "depth": 30},
        {"normalization": "batch", "activation": "relu"},
        {"normalization": "layer"},
        {"bias_mean": 0.5, "activation": "tanh"},
        {"initializer": "glorot_uniform"},
    ],
)
def test_about_95_percent_of_other_draws_lie_in_it(change: dict[str, object]) -> None:
    network, batch = Network(**({"depth": 8, "width": 48} | change)), Batch(size=32)
    fresh = [probe(network, batch.replace(seed=seed)).log10 for seed in FRESH]
    # One estimate from 20 draws is itself a draw, so there are three of them.
    inside = []
    for seed in range(3):
        found = ensemble(network, batch.replace(seed=seed))
        assert found.draws == DRAWS
        for column in ("act_var", "grad_preact_var", "grad_weight_var"):
            low, high = found.ends[column]
            inside += [np.mean((logs[column] >= low) & (logs[column] <= high)) for logs in fresh]
    assert 0.9 <= np.mean(inside) <= 0.985


def test_where_a_law_holds_it_says_much_the_same() -> None:
    network, batch = Network(depth=20, width=64), Batch(size=32)
    law, found = luck(network, batch), ensemble(network, batch)
    assert law.draws is None
    for column, (low, high) in law.ends.items():
        drawn_low, drawn_high = found.ends[column]
        # Four standard deviations of a standard deviation from 20 draws, and Student's t.
        ratios = (drawn_high - drawn_low) / (high - low) * 1.96 / 2.145
        assert np.all((ratios > 0.35) & (ratios < 1.65)), column
    assert found.ends.keys() == set(SIZES)


def test_other_seeds_give_other_draws_and_the_same_seed_the_same() -> None:
    network = Network(depth=3, width=16)
    first, again, other = (ensemble(network, Batch(size=8, seed=s)).ends for s in (1, 1, 2))
    for column in SIZES:
        np.testing.assert_array_equal(first[column], again[column])
    assert not np.array_equal(first["act_var"], other["act_var"])


def test_a_dead_network_has_no_range_and_says_so() -> None:
    found = ensemble(Network(depth=5, width=8, initializer="zeros"), Batch(size=8))
    assert "act_var" not in found.ends
    assert "exactly 0" in found.reason


@pytest.mark.parametrize(
    "network", [Network(depth=80, activation="gelu"), Network(depth=30, normalization="batch")]
)
def test_what_counts_as_affordable_is_over_in_a_few_seconds(network: Network) -> None:
    batch = Batch()
    assert affordable(network, batch)
    start = time.process_time()
    ensemble(network, batch)
    # Generous: cores differ, and others may be at work.
    assert time.process_time() - start < 16


def test_what_would_take_long_is_not_offered() -> None:
    assert not affordable(Network(width=1024), Batch())
    assert not affordable(Network(depth=200, width=16, normalization="layer"), Batch(size=256))
