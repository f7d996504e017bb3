"""Recipes edited role by role, and written down."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from initviz.catalog.initializers import INITIALIZERS
from initviz.recipes.drawing import reinitialize
from initviz.recipes.edits import document, edited, rule_of, text_of
from initviz.recipes.roles import ROLES
from initviz.recipes.rules import Rule
from initviz.recipes.table import RECIPES

SCALED = [name for name, i in INITIALIZERS.items() if i.scale_meaning]


@pytest.mark.parametrize("name", INITIALIZERS)
def test_what_is_written_reads_back(name: str) -> None:
    assert rule_of("dense.weight", text_of(Rule(name))) == Rule(name)


@given(st.sampled_from(SCALED), st.floats(0, 1e6).map(lambda v: float(f"{v:g}")))
def test_a_scale_reads_back(name: str, scale: float) -> None:
    assert rule_of("bias", text_of(Rule(name, scale=scale))) == Rule(name, scale=scale)


def test_aliases_are_understood() -> None:
    assert rule_of("conv.weight", "kaiming_normal") == Rule("he_normal")


@pytest.mark.parametrize(
    ("role", "text", "message"),
    [
        ("weights", "zeros", r"role must be one of dense.weight.*got 'weights'"),
        ("bias", "he", r"bias must be one of zeros.*got 'he'"),
        ("bias", "he_normal*2", r"bias must be he_normal without a scale.*got 'he_normal\*2'"),
        ("bias", "normal*-1", "bias must have a scale of 0 or more; got '-1'"),
        ("bias", "normal*nan", "bias must have a scale of 0 or more; got 'nan'"),
        ("bias", "normal*inf", "got 'inf'"),
        ("bias", "normal*", "got ''"),
    ],
)
def test_a_bad_rule_is_named(role: str, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rule_of(role, text)


@given(st.sampled_from([*ROLES, "x"]), st.text(max_size=30))
def test_any_text_is_a_rule_or_refused(role: str, text: str) -> None:
    try:
        rule_of(role, text)
    except ValueError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right


def test_an_edited_recipe_draws_what_it_says() -> None:
    module = nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 5))
    recipe = edited(RECIPES["recommended"], {"conv.weight": Rule("normal", scale=0.5)})
    reinitialize(module, recipe)
    assert module[0].weight.std().item() == pytest.approx(0.5, rel=0.15)
    assert recipe.label.endswith(", edited")
    assert edited(recipe, {}) is recipe
    assert RECIPES["recommended"].rules["conv.weight"] == Rule("he_normal")


@pytest.mark.parametrize("name", RECIPES)
def test_a_document_says_every_rule_and_is_json(name: str) -> None:
    written = json.loads(json.dumps(document(RECIPES[name])))
    for role, rule in RECIPES[name].rules.items():
        assert Rule(**written["rules"][role] | {"per_gate": rule.per_gate}) == rule
