"""A comparison is the probes that it stands for, ranked by what the verdicts look at."""

import math

import numpy as np
import pytest

from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network, probe
from initviz.experiments.compare import (
    MOST_SECONDS,
    PAIRS,
    Cell,
    check,
    compare,
    examine,
    fits,
    nearest,
    networks,
    places,
    ranked,
    seconds,
    table,
)
from initviz.runtime.turns import stoppable
from initviz.verdict.verdict import Verdict

ZEROS = np.zeros(2)
NETWORK, BATCH = Network(depth=5, width=16), Batch(size=8, seed=3)


def test_every_pair_is_there_once_one_initializer_at_a_time() -> None:
    pairs = [(n.initializer, n.activation) for n in networks(NETWORK)]
    assert pairs == [(i, a) for i in INITIALIZERS for a in ACTIVATIONS]
    assert len(pairs) == PAIRS


def test_a_cell_is_the_probe_of_its_pair() -> None:
    for cell in list(compare(NETWORK, BATCH))[::7]:
        initializer, activation = cell.pair
        signals = probe(NETWORK.replace(initializer=initializer, activation=activation), BATCH)
        assert (cell.verdict, cell.reason) == (signals.diagnosis.verdict, signals.diagnosis.reason)
        np.testing.assert_array_equal(cell.gradient, signals.log10["grad_preact_var"])
        np.testing.assert_array_equal(cell.activations, signals.log10["act_var"])


def test_the_same_seed_gives_the_same_table_whichever_pair_it_starts_from() -> None:
    first = table(list(compare(NETWORK, BATCH)))
    other = NETWORK.replace(initializer="orthogonal", activation="tanh")
    assert first.equals(table(list(compare(other, BATCH))))
    assert not first.equals(table(list(compare(NETWORK, BATCH.replace(seed=4)))))


def test_a_scale_belongs_to_its_own_initializer() -> None:
    scales = {
        n.initializer: n.scale for n in networks(NETWORK.replace(initializer="normal", scale=0.3))
    }
    assert scales == dict.fromkeys(INITIALIZERS, None) | {"normal": 0.3}


def cell(verdict: Verdict, gradient: list[float], activations: list[float]) -> Cell:
    return Cell(NETWORK, verdict, "", np.array(gradient), np.array(activations))


def test_decades_are_counted_the_way_each_signal_goes() -> None:
    vanishing = cell("vanishing", [-6.0, -4.0, -2.0, 0.0], [0.0, -1.0, -2.0, -2.5])
    assert vanishing.gradient_decades == -6
    assert vanishing.decades_per_layer == -2
    assert vanishing.activation_decades == -2.5
    assert vanishing.departure == 6


def test_a_departure_is_from_where_each_signal_starts() -> None:
    # The gradient starts at the last layer, the activations at the first.
    assert cell("exploding", [0.0, 5.0, 1.0], [0.0, 0.0, 0.0]).departure == 4
    assert cell("exploding", [0.0, 0.0, 0.0], [1.0, 5.0, 0.0]).departure == 4


def test_each_relu_layer_with_glorot_loses_a_factor_of_two() -> None:
    deep = Network(depth=30, width=256, initializer="glorot_normal")
    assert examine(deep, Batch()).decades_per_layer == pytest.approx(-math.log10(2), abs=0.03)


@pytest.mark.parametrize(
    ("ends", "decades"),
    [
        ((-math.inf, 0.0), -math.inf),
        ((math.inf, 0.0), math.inf),
        ((0.0, -math.inf), math.inf),
        ((-math.inf, -math.inf), math.nan),
        ((math.nan, 0.0), math.nan),
    ],
)
def test_nothing_and_infinity_at_the_ends(ends: tuple[float, float], decades: float) -> None:
    first, last = ends
    found = cell("symmetric", [first, 0.0, last], [0.0, 0.0, 0.0])
    np.testing.assert_equal(found.gradient_decades, decades)
    np.testing.assert_equal(found.decades_per_layer, decades)
    assert not math.isnan(found.departure)


def test_a_single_layer_has_no_way_to_drift() -> None:
    cells = list(compare(NETWORK.replace(depth=1), BATCH))
    drifts = [c.decades_per_layer for c in cells if math.isfinite(c.gradient[0])]
    assert len(drifts) > PAIRS / 2
    assert set(drifts) == {0.0}


def test_stable_ones_come_first_then_the_least_departure() -> None:
    cells = [
        cell("symmetric", [0.0, 0.0], [0.0, 0.0]),
        cell("exploding", [9.0, 0.0], [0.0, 0.0]),
        cell("stable", [2.0, 0.0], [0.0, 0.0]),
        cell("vanishing", [-4.0, 0.0], [0.0, 0.0]),
        cell("stable", [0.0, 0.0], [0.0, -1.0]),
    ]
    assert ranked(cells) == [cells[4], cells[2], cells[3], cells[1], cells[0]]


def test_stable_ones_share_the_first_place_and_the_derived_one_is_named_first() -> None:
    he, glorot = (
        Cell(NETWORK.replace(activation="tanh", initializer=name), "stable", "", np.array(g), ZEROS)
        for name, g in (("he_uniform", [0.7, 0.0]), ("glorot_uniform", [1.4, 0.0]))
    )
    lost = [cell("vanishing", [-4.0, 0.0], [0.0, 0.0]) for _ in range(2)]
    assert places([he, *lost, glorot]) == [(1, glorot), (1, he), (3, lost[0]), (3, lost[1])]


def test_textbooks_come_out_on_top() -> None:
    cells = list(compare(Network(depth=30, width=64), Batch(size=32)))
    best = [c.pair[0] for c in ranked(c for c in cells if c.pair[1] == "relu")]
    assert set(best[:3]) == {"he_normal", "he_uniform", "identity"}
    rows = table(cells)
    stable = rows["verdict"] == "stable"
    assert set(rows["rank"][stable]) == {1}
    assert rows["rank"].is_monotonic_increasing
    assert (rows["rank"] <= np.arange(1, PAIRS + 1)).all()
    assert stable[: stable.sum()].all()


@pytest.mark.parametrize(
    ("network", "batch"),
    [
        (Network(depth=200, width=512), Batch()),
        (Network(depth=200, width=2048), Batch(size=2)),
        (Network(depth=1, width=2048), Batch(size=4096)),
        (Network(depth=200, normalization="layer"), Batch(dtype="float16")),
    ],
)
def test_too_much_work_is_refused_with_what_fits(network: Network, batch: Batch) -> None:
    smaller, fewer = nearest(network, batch)
    with pytest.raises(ValueError, match=r"about \d+ seconds.* for 289 pairs; the most is 60") as e:
        compare(network, batch)
    fitting = str(e.value).split("; ")[2]
    for name, asked, found in (
        ("depth", network.depth, smaller.depth),
        ("width", network.width, smaller.width),
        ("batch size", batch.size, fewer.size),
    ):
        assert (f"{name} {found}" in fitting) == (asked != found)
    assert fits(smaller, fewer)
    assert seconds(smaller, fewer) > MOST_SECONDS / 4
    check(smaller, fewer)


def test_what_the_page_opens_with_fits() -> None:
    check(Network(), Batch())


class UnwantedError(Exception):
    """Whoever asked has left."""


def test_a_comparison_can_be_stopped() -> None:
    asked = 0

    def leave() -> None:
        nonlocal asked
        asked += 1
        if asked > 20:
            raise UnwantedError

    found = []
    with pytest.raises(UnwantedError), stoppable(leave):
        found.extend(compare(NETWORK.replace(width=17), BATCH))
    assert asked == 21
    assert len(found) < 10
