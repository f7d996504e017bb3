"""A study's place in an address."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initviz.architectures import ARCHITECTURES
from initviz.architectures.setting import Setting, from_params, recipes_for, to_params
from initviz.recipes.roles import ROLES
from initviz.recipes.table import RECIPES

SETTINGS = [
    Setting("cnn", ARCHITECTURES["cnn"].spec()),
    Setting("cnn", ARCHITECTURES["cnn"].spec(kernel=5), "keras", (), "flax", 7),
    Setting("residual", ARCHITECTURES["residual"].spec(branch="fixup"), "fixup"),
    Setting("recurrent", ARCHITECTURES["recurrent"].spec(forget_bias=1.5, steps=99)),
    Setting(
        "transformer",
        ARCHITECTURES["transformer"].spec(norm="post", heads=8),
        rules=(("embedding.weight", "normal*0.5"), ("bias", "zeros")),
    ),
]


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_is_written_reads_back(setting: Setting) -> None:
    params = to_params(setting)
    again, problems = from_params({k: [v] for k, v in params.items()})
    assert not problems
    assert again == setting
    assert hash(again) == hash(setting)


def test_the_default_needs_no_words() -> None:
    assert to_params(SETTINGS[0]) == {}
    assert from_params({}) == (SETTINGS[0], [])


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"architecture": "mlp"}, "architecture must be one of cnn"),
        ({"recipe": "soup"}, "recipe must be one of pytorch.*using recommended"),
        ({"against": "soup"}, "against must be one of .*using none"),
        ({"seed": "-1"}, "seed must be a whole number from 0 to 4294967295; got '-1'; using 0"),
        ({"depth": "0"}, "depth must be a whole number from 1 to 100; got '0'; using 1"),
        ({"kernel": "4"}, "kernel must be odd.*got 4; using 3"),
        ({"colour": "red"}, "There is no setting 'colour' here"),
        (
            {"architecture": "residual", "branch": "fixup", "residual.last": "normal*1"},
            "residual.last is decided by the architecture here; ignoring it",
        ),
        ({"conv.weight": "soup"}, "conv.weight must be one of.*using the recipe's"),
        ({"architecture": "transformer", "width": "30"}, "heads must divide width.*using 1"),
        (
            {"architecture": "recurrent", "cell": "gru", "forget_bias": "1"},
            "forget_bias must be left out.*leaving it out",
        ),
        (
            {"architecture": "residual", "branch": "fixup", "normalization": "batch"},
            "normalization must be 'none'.*using none",
        ),
        (
            {"depth": "100", "channels": "256", "kernel": "7"},
            "billion operations.*fits; using that",
        ),
    ],
)
def test_a_problem_is_named_and_the_nearest_used(query: dict[str, str], problem: str) -> None:
    _, problems = from_params({k: [v] for k, v in query.items()})
    assert len(problems) == 1
    assert re.search(problem, problems[0]), problems


NAMES = [
    *("architecture", "recipe", "against", "seed"),
    *ROLES,
    *{f for a in ARCHITECTURES.values() for f in a.spec.model_fields},
]
TEXTS = st.one_of(
    st.text(max_size=12),
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from([*ARCHITECTURES, *RECIPES, "normal*0.1", "digits", "gru", "batch", "fixup"]),
)


@given(
    st.dictionaries(
        st.one_of(st.sampled_from(NAMES), st.text(max_size=8)),
        st.lists(TEXTS, max_size=2),
        max_size=8,
    )
)
def test_any_query_becomes_a_setting_that_reads_back(params: dict[str, list[str]]) -> None:
    setting, _ = from_params(params)
    again, problems = from_params({k: [v] for k, v in to_params(setting).items()})
    assert again == setting
    assert not problems


def test_recipes_that_lack_a_role_are_not_offered() -> None:
    convolutional = recipes_for("cnn", ARCHITECTURES["cnn"].spec())
    assert "gpt2" not in convolutional
    assert {"pytorch", "keras", "flax", "recommended", "lsuv"} <= set(convolutional)
    assert "gpt2" in recipes_for("transformer", ARCHITECTURES["transformer"].spec())
