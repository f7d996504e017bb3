"""Queries that people, typos and attackers write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initviz import Batch, Network
from initviz.setting.links import FIELDS, from_params, from_query
from initviz.setting.network import NORMALIZATIONS


@pytest.mark.parametrize(
    ("query", "field", "used"),
    [
        ("depth=999", "depth", 200),
        ("depth=-3", "depth", 1),
        ("depth=abc", "depth", 20),
        ("depth=12.7", "depth", 13),
        ("depth=1e999", "depth", 200),
        ("gain=nan", "gain", 1.0),
        ("gain=1e9", "gain", 100.0),
        ("activation=ReLu", "activation", "relu"),
        ("activation=<script>alert(1)</script>", "activation", "relu"),
        ("initializer=he_norml", "initializer", "he_normal"),
        ("size=1", "size", 2),
        ("seed=99999999999999999999", "seed", 2**32 - 1),
        ("bias_std=-inf", "bias_std", 0.0),
        ("width=", "width", 128),
    ],
)
def test_a_bad_value_is_named_and_the_nearest_valid_one_used(
    query: str, field: str, used: object
) -> None:
    reading = from_query(query + "&normalization=layer")
    assert getattr(reading.network if FIELDS[field] is Network else reading.batch, field) == used
    assert reading.network.normalization == "layer"
    assert len(reading.problems) == 1
    assert field in reading.problems[0]


def test_contradictions_and_repetitions_are_named() -> None:
    assert "scale must be left out" in from_query("scale=3").problems[0].lower()
    assert "1797" in from_query("inputs=digits&size=4000").problems[0]
    reading = from_query("depth=3&depth=5")
    assert reading.network.depth == 5
    assert "2 times" in reading.problems[0]
    assert "'colour'" in from_query("colour=red").problems[0]


def test_a_very_long_query_is_read() -> None:
    assert from_query("depth=1&" * 5000).network.depth == 1


def test_work_over_budget_is_refused_with_the_nearest_that_fits() -> None:
    reading = from_query("depth=200&width=2048&size=4096")
    assert "billion" in reading.problems[0]
    assert reading.network.width == 2048
    assert reading.batch.size < 4096


@given(
    st.dictionaries(
        st.sampled_from([*FIELDS, "x"]) | st.text(max_size=20),
        st.lists(
            st.text(max_size=60) | st.floats().map(str) | st.integers().map(str),
            min_size=1,
            max_size=3,
        ),
        max_size=6,
    )
)
def test_any_query_gives_a_valid_setting(params: dict[str, list[str]]) -> None:
    reading = from_params(params)
    assert isinstance(reading.network, Network)
    assert isinstance(reading.batch, Batch)
    assert reading.network.normalization in NORMALIZATIONS
    assert all(len(problem) < 600 and "\n" not in problem for problem in reading.problems)


def test_a_setting_unknown_is_answered_with_those_that_a_page_has_too() -> None:
    [problem] = from_params({"lr": ["-1"]}, ("learning_rate",)).problems
    assert problem.startswith("There is no setting 'lr'; the settings are depth, width, ")
    assert problem.endswith(", seed, learning_rate.")
