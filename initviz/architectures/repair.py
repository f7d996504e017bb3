"""The repair of an architecture: another recipe or another setting that was itself measured."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from initviz.architectures.cost import flops
from initviz.architectures.record import Architecture
from initviz.architectures.study import BATCH_SIZE, study
from initviz.recipes.rules import Recipe
from initviz.recipes.table import RECIPES
from initviz.setting.spec import Spec
from initviz.verdict.thresholds import OTHER_SEEDS

# Operations that the search may spend, a few seconds, and the batch it shrinks to when large.
_SEARCH_FLOPS = 2e11
_SMALL_BATCH = 4
_OTHERS = ("delta_orthogonal", "keras", "flax", "pytorch")
# What is tried of a spec, one field at a time; where a field does not take it, it is left out.
_SETTINGS: tuple[dict[str, Any], ...] = (
    {"normalization": "batch"},
    {"branch": "fixup"},
    {"branch": "skipinit"},
    {"norm": "pre"},
    {"forget_bias": 1.0},
    {"forget_bias": 2.0},
    {"forget_bias": 3.0},
    {"forget_bias": 4.0},
    {"forget_bias": 5.0},
)


@dataclass(frozen=True)
class Repair:
    """A spec and a recipe that were found stable together."""

    spec: Spec
    recipe: Recipe


def find_repair(
    architecture: Architecture[Any], spec: Spec, recipe: Recipe, *, seed: int = 0
) -> Repair | None:
    """Return the first change that is stable for the seed at hand and a few others, or None."""
    spent = 0.0
    large = flops(architecture, spec, BATCH_SIZE) > _SEARCH_FLOPS / 20
    size = _SMALL_BATCH if large else BATCH_SIZE
    for changed, other in _candidates(architecture, spec, recipe):
        for offset in range(OTHER_SEEDS + 1):
            if spent > _SEARCH_FLOPS:
                return None
            spent += flops(architecture, changed, size)
            if not _stable(architecture, changed, other, (seed + offset) % 2**32, size):
                break
        else:
            # On the whole batch last, since it may take longest.
            if not large or _stable(architecture, changed, other, seed, BATCH_SIZE):
                return Repair(changed, other)
    return None


def _candidates(
    architecture: Architecture[Any], spec: Spec, recipe: Recipe
) -> Iterator[tuple[Spec, Recipe]]:
    """Yield the textbook's recipe, other settings, both, and then the other recipes."""
    advised = RECIPES["recommended"]
    changed = list(_changed(architecture, spec))
    if recipe != advised:
        yield spec, advised
    yield from ((other, recipe) for other in changed)
    if recipe != advised:
        yield from ((other, advised) for other in changed)
    yield from ((spec, RECIPES[name]) for name in _OTHERS if RECIPES[name] != recipe)


def _changed(architecture: Architecture[Any], spec: Spec) -> Iterator[Spec]:
    for setting in _SETTINGS:
        if not set(setting) <= set(architecture.spec.model_fields):
            continue
        try:
            changed = spec.replace(**setting)
        except ValueError:
            continue
        if changed != spec:
            yield changed


def _stable(
    architecture: Architecture[Any], spec: Spec, recipe: Recipe, seed: int, size: int
) -> bool:
    try:
        found = study(architecture, spec, recipe, seed=seed, batch_size=size)
    except ValueError:
        return False
    return found.diagnosis.verdict == "stable"
