"""Recipes: which initializer a parameter gets, by its role.

What PyTorch, Keras and Flax do by default, what the textbook recommends, what GPT-2 and BERT
did, and what Fixup and delta-orthogonal initialization are.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Generator, Tensor, nn

from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.initializers import INITIALIZERS
from initviz.catalog.registry import index
from initviz.engine.structures import Inputs
from initviz.recipes.lsuv import scale_to_unit_variance
from initviz.recipes.roles import FALLBACKS, Slot, slots
from initviz.runtime.randomness import generator


@dataclass(frozen=True)
class Rule:
    """How a role is drawn.

    In the layers `per_gate`, stacked blocks are drawn one by one, with the fans of one block.
    `hidden` takes the size of a recurrent state for the fan-in. `forget` is what the forget gate's
    bias is set to, in one of PyTorch's two. `matched` prefers the partner of the activation that
    follows. `over_residuals` divides by the root of the number of residual branches. `centred` puts
    a convolution's weights at the kernel's centre and zeros around it.
    """

    initializer: str
    scale: float | None = None
    per_gate: tuple[str, ...] = ()
    hidden: bool = False
    forget: float | None = None
    matched: bool = False
    over_residuals: bool = False
    centred: bool = False

    def drawn_as(self, slot: Slot) -> str:
        """Return the name of the initializer that the parameter gets."""
        if self.matched and slot.activation is not None:
            return ACTIVATIONS[slot.activation].partner
        return self.initializer

    def blocks(self, slot: Slot) -> int:
        """Return how many equal blocks the parameter is drawn in."""
        return slot.gates if slot.cell in self.per_gate else 1

    def fan_in(self, slot: Slot) -> int:
        """Return the fan-in that the parameter is drawn with."""
        return slot.hidden if self.hidden and slot.hidden is not None else slot.fan_in


@dataclass(frozen=True)
class Recipe:
    """Rules by role, with where they are documented.

    `unit_variance` then divides the weights of every layer by what makes the variance of its
    outputs 1 on a batch of inputs: Mishkin and Matas 2016, arXiv:1511.06422, algorithm 1.
    """

    name: str
    label: str
    reference: str
    rules: Mapping[str, Rule]
    unit_variance: bool = False

    def rule(self, slot: Slot) -> Rule:
        """Return the rule of a parameter's role, or of a role it falls back on.

        A role that was given to a parameter falls back on the one its layer alone would give.

        Raises:
            ValueError: if the recipe has none of them.
        """
        plain = slot.plain or slot.role
        fallbacks = (FALLBACKS.get(role, plain) for role in (plain, slot.role))
        for role in (slot.role, plain, *fallbacks):
            if role in self.rules:
                return self.rules[role]
        raise ValueError(
            f"recipe {self.name!r} has no rule for the role {slot.role!r} of {slot.name}; "
            f"its roles are {', '.join(self.rules)}"
        )


_STACKED = ("LSTM", "GRU", "RNN", "attention")
_NORM = {"norm.scale": Rule("ones"), "norm.shift": Rule("zeros")}
# Fixup's L^(−1/(2m−2)) for branches of m = 2 layers: one over the root of their number.
FIXUP_BRANCH = {
    "residual.inner": Rule("he_normal", over_residuals=True),
    "residual.last": Rule("zeros"),
}

RECIPES = index(
    (
        Recipe(
            name="pytorch",
            label="PyTorch's defaults",
            reference="PyTorch documentation, torch.nn: Linear, Conv2d, LSTM, Embedding, "
            "MultiheadAttention",
            rules={
                "dense.weight": Rule("torch_default"),
                "conv.weight": Rule("torch_default"),
                "bias": Rule("torch_default"),
                "recurrent.input": Rule("torch_default", hidden=True),
                "recurrent.hidden": Rule("torch_default", hidden=True),
                "recurrent.bias": Rule("torch_default"),
                "attention.in": Rule("glorot_uniform"),
                "attention.out": Rule("torch_default"),
                "attention.bias": Rule("zeros"),
                "embedding.weight": Rule("normal", scale=1.0),
                **_NORM,
            },
        ),
        Recipe(
            name="keras",
            label="Keras's defaults",
            reference="Keras documentation: Dense, Conv2D, LSTM, GRU, Embedding",
            rules={
                "dense.weight": Rule("glorot_uniform"),
                "conv.weight": Rule("glorot_uniform"),
                "bias": Rule("zeros"),
                "recurrent.input": Rule("glorot_uniform"),
                "recurrent.hidden": Rule("orthogonal"),
                "recurrent.bias": Rule("zeros", forget=1.0),
                "embedding.weight": Rule("uniform", scale=0.05),
                **_NORM,
            },
        ),
        Recipe(
            name="flax",
            label="Flax's defaults",
            reference="Flax documentation, nnx: Linear, Conv, LSTMCell, MultiHeadAttention, Embed",
            rules={
                "dense.weight": Rule("lecun_truncated"),
                "conv.weight": Rule("lecun_truncated"),
                "bias": Rule("zeros"),
                "recurrent.input": Rule("lecun_truncated"),
                "recurrent.hidden": Rule("orthogonal", per_gate=("LSTM",)),
                "attention.in": Rule("lecun_truncated"),
                "attention.out": Rule("lecun_truncated"),
                "embedding.weight": Rule("lecun_normal"),
                **_NORM,
            },
        ),
        Recipe(
            name="recommended",
            label="The textbook's advice",
            reference="He et al. 2015, arXiv:1502.01852; Glorot and Bengio 2010; Saxe et al. 2014, "
            "arXiv:1312.6120; Jozefowicz et al. 2015 (forget bias 1)",
            rules={
                "dense.weight": Rule("he_normal", matched=True),
                "readout.weight": Rule("glorot_uniform"),
                "conv.weight": Rule("he_normal"),
                "bias": Rule("zeros"),
                "recurrent.input": Rule("glorot_uniform", per_gate=_STACKED),
                "recurrent.hidden": Rule("orthogonal", per_gate=_STACKED),
                "recurrent.bias": Rule("zeros", forget=1.0),
                "attention.in": Rule("glorot_uniform", per_gate=_STACKED),
                "attention.out": Rule("glorot_uniform"),
                "embedding.weight": Rule("normal", scale=0.02),
                **_NORM,
            },
        ),
        Recipe(
            name="gpt2",
            label="GPT-2",
            reference="Radford et al. 2019, section 2.3, and OpenAI's code: N(0, 0.02²), residual "
            "projections divided by √N",
            rules={
                "dense.weight": Rule("normal", scale=0.02),
                "attention.in": Rule("normal", scale=0.02),
                "residual.last": Rule("normal", scale=0.02, over_residuals=True),
                "bias": Rule("zeros"),
                "embedding.weight": Rule("normal", scale=0.02),
                **_NORM,
            },
        ),
        Recipe(
            name="bert",
            label="BERT",
            reference="Devlin et al. 2019, arXiv:1810.04805, and Google's code: truncated at two "
            "standard deviations of 0.02",
            rules={
                "dense.weight": Rule("truncated_normal", scale=0.02),
                "bias": Rule("zeros"),
                "embedding.weight": Rule("truncated_normal", scale=0.02),
                **_NORM,
            },
        ),
        Recipe(
            name="fixup",
            label="Fixup",
            reference="Zhang, Dauphin and Ma 2019, arXiv:1901.09321, section 3, for branches of "
            "two layers",
            rules={
                "dense.weight": Rule("he_normal"),
                "conv.weight": Rule("he_normal"),
                "readout.weight": Rule("zeros"),
                "bias": Rule("zeros"),
                **FIXUP_BRANCH,
                **_NORM,
            },
        ),
        Recipe(
            name="delta_orthogonal",
            label="Delta-orthogonal",
            reference="Xiao et al. 2018, arXiv:1806.05393, section 2.4",
            rules={
                "dense.weight": Rule("orthogonal"),
                "conv.weight": Rule("orthogonal", centred=True),
                "bias": Rule("zeros"),
                **_NORM,
            },
        ),
        Recipe(
            name="lsuv",
            label="LSUV (from data)",
            reference="Mishkin and Matas 2016, arXiv:1511.06422: orthogonal, then each layer's "
            "outputs scaled to variance 1 on a batch",
            unit_variance=True,
            rules={
                "dense.weight": Rule("orthogonal"),
                "conv.weight": Rule("orthogonal"),
                "bias": Rule("zeros"),
                "embedding.weight": Rule("normal", scale=1.0),
                **_NORM,
            },
        ),
    )
)


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
