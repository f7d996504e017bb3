"""Everything that a study is a function of, and its place in an address."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from torch import nn

from initviz.architectures import ARCHITECTURES
from initviz.architectures.cost import check, nearest
from initviz.architectures.record import Architecture
from initviz.architectures.study import BATCH_SIZE
from initviz.recipes.drawing import rules_of
from initviz.recipes.edits import edited, rule_of, text_of
from initviz.recipes.roles import ROLES
from initviz.recipes.rules import Recipe
from initviz.recipes.table import RECIPES
from initviz.runtime.words import listed, quoted
from initviz.setting.links import shortened
from initviz.setting.network import Batch
from initviz.setting.spec import Spec

RECIPE = "recommended"
_OWN = ("architecture", "recipe", "against", "seed")


@dataclass(frozen=True)
class Setting:
    """An architecture with its fields, a recipe with edited roles, and a seed.

    `rules` are pairs of a role and what `initviz.recipes.edits.rule_of` reads. `against` names the
    recipe to compare with, if any.
    """

    architecture: str
    spec: Spec
    recipe: str = RECIPE
    rules: tuple[tuple[str, str], ...] = ()
    against: str | None = None
    seed: int = 0

    @property
    def record(self) -> Architecture[Any]:
        """The architecture's record."""
        return ARCHITECTURES[self.architecture]

    @property
    def drawn_by(self) -> Recipe:
        """The recipe with its edited roles."""
        return edited(RECIPES[self.recipe], {role: rule_of(role, t) for role, t in self.rules})


def to_params(setting: Setting) -> dict[str, str]:
    """Return what differs from the defaults, as text that reads back exactly."""
    params = (
        {}
        if setting.architecture == next(iter(ARCHITECTURES))
        else {"architecture": setting.architecture}
    )
    for field, value in setting.spec.model_dump().items():
        if value != type(setting.spec).model_fields[field].default:
            params[field] = value if isinstance(value, str) else repr(value).removesuffix(".0")
    params |= {} if setting.recipe == RECIPE else {"recipe": setting.recipe}
    params |= {} if setting.against is None else {"against": setting.against}
    params |= {} if setting.seed == 0 else {"seed": str(setting.seed)}
    return params | dict(setting.rules)


def from_params(params: Mapping[str, Sequence[str]]) -> tuple[Setting, list[str]]:
    """Read a setting from query parameters, and a sentence for everything that is not used.

    Never raises: what is not understood is replaced by the nearest that is.
    """
    problems = [
        f"{quoted(name)} is given {len(texts)} times; the last one is used."
        for name, texts in params.items()
        if len(texts) > 1
    ]
    given = {name: texts[-1] for name, texts in params.items() if texts}
    name = _choice("architecture", given, list(ARCHITECTURES), problems)
    recipe = _choice("recipe", given, list(RECIPES), problems, RECIPE)
    against = _choice("against", given, list(RECIPES), problems, "") or None
    kind = ARCHITECTURES[name].spec
    seed = _read(Batch, "seed", given["seed"], problems) if "seed" in given else 0
    rules: dict[str, str] = {}
    values: dict[str, Any] = {}
    for field, text in given.items():
        if field in ROLES:
            rules |= _rule(field, text, problems)
        elif field in kind.model_fields:
            values[field] = _read(kind, field, text, problems)
        elif field not in _OWN:
            known = listed((*_OWN, *kind.model_fields))
            problems.append(f"There is no setting {quoted(field)} here; the settings are {known}.")
    spec, more = settle(ARCHITECTURES[name], values)
    heeded, ignored = heed(ARCHITECTURES[name], spec, rules)
    setting = Setting(name, spec, recipe, heeded, against, seed)
    return setting, shortened([*problems, *more, *ignored])


def heed(
    architecture: Architecture[Any], spec: Spec, rules: Mapping[str, str]
) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """Return the edited rules that the spec does not decide itself, and words on the others."""
    ignored = []
    for role, text in rules.items():
        rule = rule_of(role, text)
        used = architecture.recipe(spec, edited(RECIPES[RECIPE], {role: rule})).rules[role]
        if (used.initializer, used.scale) != (rule.initializer, rule.scale):
            ignored.append(role)
    kept = tuple((role, text) for role, text in rules.items() if role not in ignored)
    return kept, [f"{role} is decided by the architecture here; ignoring it." for role in ignored]


@lru_cache(maxsize=256)
def recipes_for(architecture: str, spec: Spec) -> tuple[str, ...]:
    """Return the names of the recipes that have a rule for every parameter."""
    record = ARCHITECTURES[architecture]
    module = record.outline(spec)
    return tuple(name for name in RECIPES if _covers(RECIPES[name], record, spec, module))


def _covers(recipe: Recipe, record: Architecture[Any], spec: Spec, module: nn.Module) -> bool:
    try:
        rules_of(module, record.recipe(spec, recipe), record.roles(spec))
    except ValueError:
        return False
    return True


def settle(architecture: Architecture[Any], values: Mapping[str, Any]) -> tuple[Spec, list[str]]:
    """Build a spec, giving way where fields contradict each other or cost too much."""
    values, problems = dict(values), []
    while True:
        try:
            spec: Spec = architecture.spec(**values)
            break
        except ValueError as error:
            field = str(error).partition(" ")[0]
            fallback = architecture.spec.model_fields[field].default
            # A default may contradict what is given too; the smallest value does not.
            smallest = field not in values or values[field] == fallback
            values[field] = int(architecture.spec.bounds(field)[0]) if smallest else fallback
            used = "leaving it out" if values[field] is None else f"using {values[field]}"
            problems.append(f"{error}; {used}.")
    try:
        check(architecture, spec, BATCH_SIZE)
    except ValueError as error:
        problems.append(f"{error}; using that.")
        spec = nearest(architecture, spec, BATCH_SIZE)
    return spec, problems


def _choice(
    field: str,
    given: Mapping[str, str],
    names: Sequence[str],
    problems: list[str],
    default: str | None = None,
) -> str:
    fallback = names[0] if default is None else default
    text = given.get(field, fallback)
    if text in names or text == fallback:
        return text
    used = fallback or "none"
    problems.append(f"{field} must be one of {listed(names)}; got {quoted(text)}; using {used}.")
    return fallback


def _read(spec: type[Spec], field: str, text: str, problems: list[str]) -> Any:
    """Return a field's value; whether it agrees with other fields is judged later."""
    value, allowed = spec.nearest(field, text), spec.allowed(field)
    try:
        spec(**{field: text})
    except ValueError as error:
        if str(error).startswith(f"{field} must be {allowed}"):
            problems.append(f"{field} must be {allowed}; got {quoted(text)}; using {value}.")
    return value


def _rule(role: str, text: str, problems: list[str]) -> dict[str, str]:
    try:
        return {role: text_of(rule_of(role, text))}
    except ValueError as error:
        problems.append(f"{error}; using the recipe's.")
        return {}
