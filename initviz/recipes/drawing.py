"""A module's parameters drawn anew by a recipe."""

import math
from collections.abc import Mapping

import pandas as pd
import torch
from torch import Generator, Tensor, nn

from initviz.catalog.initializers import INITIALIZERS
from initviz.engine.structures import Inputs
from initviz.recipes.lsuv import scale_to_unit_variance
from initviz.recipes.roles import Slot, slots
from initviz.recipes.rules import Recipe, Rule
from initviz.recipes.table import RECIPES
from initviz.runtime.randomness import generator


def reinitialize(
    module: nn.Module,
    recipe: str | Recipe,
    *,
    seed: int = 0,
    roles: Mapping[str, str] | None = None,
    inputs: Inputs | None = None,
) -> pd.DataFrame:
    """Draw a module's parameters anew, in place, by their roles.

    `inputs`, given to the module as `probe` does, are what a recipe with `unit_variance` needs.

    `roles` gives parameters another role, by name or shell pattern:
    `{"blocks.*.out.weight": "residual.last"}`. Returns a row for every parameter that was
    drawn: `name`, `role`, `initializer`, `fan_in`, `fan_out`, and the `variance` it has now.
    Parameters without a role, such as a bare `nn.Parameter`, stay as they are. The same seed
    gives the same weights; the global random state is not touched.

    Raises:
        ValueError: if the recipe or a role is unknown, the recipe has no rule for a role, wants
            inputs and gets none, or divides by a number of residual branches that is 0, or the
            module has no parameter with a role; the module is then unchanged.
    """
    if not isinstance(module, nn.Module):
        raise ValueError(f"module must be an nn.Module; got {type(module).__name__}")
    chosen = recipe if isinstance(recipe, Recipe) else _named(recipe)
    ruled, residuals = rules_of(module, chosen, roles)
    if chosen.unit_variance and inputs is None:
        raise ValueError(f"inputs must be given for the recipe {chosen.name!r}; got None")
    before = [(s.parameter, s.parameter.detach().clone()) for s, _ in ruled if inputs is not None]
    for place, (slot, rule) in enumerate(ruled):
        name = rule.drawn_as(slot)
        values = _draw(slot, rule, name, generator(seed, "weight", place))
        if rule.over_residuals:
            values /= math.sqrt(residuals)
        with torch.no_grad():
            slot.parameter.copy_(values.reshape(slot.parameter.shape))
            _set_forget(slot, rule)
            _clear_padding(module, slot)
    if chosen.unit_variance and inputs is not None:
        try:
            scale_to_unit_variance(module, inputs)
        except Exception as error:
            with torch.no_grad():
                for parameter, value in before:
                    parameter.copy_(value)
            reason = " ".join(str(error).split())
            raise ValueError(
                f"{type(module).__name__} does not run on these inputs: {reason}"
            ) from error
    rows = [
        (s.name, s.role, rule.drawn_as(s), s.fan_in, s.fan_out, _variance(s.parameter))
        for s, rule in ruled
    ]
    columns = ["name", "role", "initializer", "fan_in", "fan_out", "variance"]
    return pd.DataFrame(rows, columns=columns)


def rules_of(
    module: nn.Module, recipe: Recipe, roles: Mapping[str, str] | None
) -> tuple[list[tuple[Slot, Rule]], int]:
    """Return every parameter with its rule, and the number of residual branches.

    Raises:
        ValueError: as `reinitialize` does.
    """
    found = slots(module, roles)
    if not found:
        raise ValueError(f"{type(module).__name__} has no parameter that a recipe knows a role for")
    ruled = [(slot, recipe.rule(slot)) for slot in found]
    residuals = sum(slot.role == "residual.last" for slot in found)
    if residuals == 0 and any(rule.over_residuals for _, rule in ruled):
        raise ValueError(
            f"recipe {recipe.name!r} divides by the number of residual branches, but no parameter "
            "has the role 'residual.last'"
        )
    return ruled, residuals


def _variance(parameter: Tensor) -> float:
    return float(parameter.detach().double().var(correction=0))


def _named(recipe: str) -> Recipe:
    if recipe not in RECIPES:
        raise ValueError(f"recipe must be one of {', '.join(RECIPES)}; got {recipe!r}")
    return RECIPES[recipe]


def _draw(slot: Slot, rule: Rule, name: str, source: Generator) -> Tensor:
    """Draw a parameter as a matrix of (rows, columns), or its blocks one by one."""
    if rule.centred and slot.parameter.dim() > 2:
        return _draw_centre(slot, rule, name, source)
    rows = len(slot.parameter)
    columns = slot.parameter[0].numel() if slot.parameter.dim() > 1 else 1
    blocks = rule.blocks(slot)
    initializer = INITIALIZERS[name]
    factor = initializer.factor(rule.fan_in(slot), slot.fan_out // blocks, scale=rule.scale)
    drawn = [initializer.noise.draw(rows // blocks, columns, source) for _ in range(blocks)]
    return torch.cat(drawn) * factor


def _draw_centre(slot: Slot, rule: Rule, name: str, source: Generator) -> Tensor:
    """Draw a kernel, shape (out, in, *sides), whose only weights are at its centre."""
    kernel = torch.zeros(slot.parameter.shape)
    centre = kernel
    while centre.dim() > 2:
        centre = centre.select(-1, centre.shape[-1] // 2)
    fan_out, fan_in = centre.shape
    centre.copy_(INITIALIZERS[name].sample(fan_in, fan_out, source, scale=rule.scale))
    return kernel


def _set_forget(slot: Slot, rule: Rule) -> None:
    rows = slot.forget_rows
    if rule.forget is not None and rows is not None:
        slot.parameter[rows] = rule.forget


def _clear_padding(module: nn.Module, slot: Slot) -> None:
    if slot.role != "embedding.weight":
        return
    owner = module.get_submodule(slot.name.rpartition(".")[0])
    if isinstance(owner, nn.Embedding) and owner.padding_idx is not None:
        slot.parameter[owner.padding_idx] = 0
