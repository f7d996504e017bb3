"""Recipes changed role by role: as text in an address, and as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from initviz.catalog.initializers import ALIASES, INITIALIZERS
from initviz.recipes.roles import ROLES
from initviz.recipes.rules import Recipe, Rule
from initviz.runtime.words import listed, quoted


def rule_of(role: str, text: str) -> Rule:
    """Read a rule from `initializer` or `initializer*scale`, as in `normal*0.02`.

    Raises:
        ValueError: naming the role, if the initializer is unknown, or the scale is no finite
            number of 0 or more or has no meaning for it.
    """
    given, times, scale = text.partition("*")
    name = ALIASES.get(given, given)
    if role not in ROLES:
        raise ValueError(f"role must be one of {listed(ROLES)}; got {quoted(role)}")
    if name not in INITIALIZERS:
        raise ValueError(f"{role} must be one of {listed(INITIALIZERS)}; got {quoted(given)}")
    if not times:
        return Rule(name)
    if INITIALIZERS[name].scale_meaning is None:
        raise ValueError(
            f"{role} must be {name} without a scale, which it has none of; got {quoted(text)}"
        )
    return Rule(name, scale=_number(role, scale))


def _number(role: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < float("inf"):
        raise ValueError(f"{role} must have a scale of 0 or more; got {quoted(text)}")
    return value


def text_of(rule: Rule) -> str:
    """Return what `rule_of` reads."""
    scale = rule.scale
    return rule.initializer if scale is None else f"{rule.initializer}*{scale:g}"


def edited(recipe: Recipe, changes: Mapping[str, Rule]) -> Recipe:
    """Return a recipe with other rules for some roles; the recipe itself without changes."""
    if not changes:
        return recipe
    return replace(recipe, label=f"{recipe.label}, edited", rules={**recipe.rules, **changes})


def document(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as JSON-ready data: of each rule, what differs from the plain one."""
    plain = asdict(Rule(""))
    return {
        "name": recipe.name,
        "label": recipe.label,
        "reference": recipe.reference,
        "unit_variance": recipe.unit_variance,
        "rules": {
            role: {f: v for f, v in asdict(rule).items() if v != plain[f]}
            for role, rule in recipe.rules.items()
        },
    }
