"""A residual network of two-layer branches, and three ways to silence them at the start."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator
from torch import Tensor, nn

from initviz.architectures import branches
from initviz.architectures.fields import (
    ActivationName,
    BatchNorm,
    activation,
    channels,
    check_odd,
    depth,
    kernel,
    normalization,
)
from initviz.architectures.inputs import images
from initviz.architectures.record import Architecture
from initviz.catalog.activations import ACTIVATIONS
from initviz.recipes.rules import Recipe
from initviz.recipes.table import FIXUP_BRANCH
from initviz.setting.network import DIGITS_PIXELS, Whole
from initviz.setting.spec import Spec

_BRANCHES = {
    "plain": branches.plain,
    "fixup": branches.fixup,
    "skipinit": branches.silenced,
    "rezero": branches.silenced,
}


class ResidualNet(Spec):
    """`depth` residual blocks x ← x + F(x), F = W₂ ∗ φ(W₁ ∗ x), after a first convolution.

    Fixup stands F's layers among scalars, and its rules replace a recipe's inside F: Zhang,
    Dauphin and Ma 2019, arXiv:1901.09321, section 3. SkipInit (De and Smith 2020,
    arXiv:2002.10444) and ReZero (Bachlechner et al. 2020, arXiv:2003.04887) multiply F by a scalar
    that starts at 0; here that makes them the same network.
    """

    choices: ClassVar = {
        "branch": tuple(_BRANCHES),
        "activation": tuple(ACTIVATIONS),
        "normalization": ("none", "batch"),
    }

    depth: Whole = depth("residual blocks", 10, 100)
    channels: Whole = channels()
    kernel: Whole = kernel()
    branch: Literal["plain", "fixup", "skipinit", "rezero"] = Field(
        "plain", title="Branch", description="What the branches are at the start, beside the trunk."
    )
    activation: ActivationName = activation("between a branch's two layers")
    normalization: BatchNorm = normalization(" after each convolution of a branch")

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        check_odd(self.kernel)
        if self.branch != "plain" and self.normalization != "none":
            raise ValueError(
                f"normalization must be 'none' with branch={self.branch!r}, which replaces it; "
                f"got {self.normalization!r}"
            )
        return self


def _build(spec: ResidualNet) -> nn.Sequential:
    """Stack layers named stem, block_1, block_2 and so on."""
    normalized = spec.normalization == "batch"
    layers_of = branches.normalized if normalized else _BRANCHES[spec.branch]
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    layers["stem"] = nn.Conv2d(1, spec.channels, spec.kernel, padding=spec.kernel // 2)
    for block in range(1, spec.depth + 1):
        branch = layers_of(spec.channels, spec.kernel, ACTIVATIONS[spec.activation].build())
        layers[f"block_{block}"] = branches.Block(branch)
    return nn.Sequential(layers)


def _inputs(_: ResidualNet, batch_size: int, seed: int) -> Tensor:
    return images(batch_size, seed)


def _trunk(spec: ResidualNet) -> tuple[str, ...]:
    return tuple(f"block_{block}" for block in range(1, spec.depth + 1))


def _roles(_: ResidualNet) -> Mapping[str, str]:
    return {"*.first.weight": "residual.inner", "*.last.weight": "residual.last"}


def _recipe(spec: ResidualNet, recipe: Recipe) -> Recipe:
    if spec.branch != "fixup":
        return recipe
    return replace(recipe, rules={**recipe.rules, **FIXUP_BRANCH})


RESIDUAL = Architecture(
    name="residual",
    label="Residual network",
    description="Convolutions in pairs, each pair added to what came before it.",
    spec=ResidualNet,
    module=_build,
    inputs=_inputs,
    noun="block",
    drawn="The line is the trunk at the end of each block; the marks are the layers of the "
    "branches, by their own names when pointed at.",
    lesson="A branch that keeps the size of what it reads doubles the trunk at every block; two He "
    "layers around a ReLU double what they read and triple it, less what zeros around the image "
    "take away. Normalized branches add the same each time; silent ones (Fixup, SkipInit, ReZero) "
    "add nothing at the start.",
    positions=lambda _: DIGITS_PIXELS,
    values=lambda spec: 9 * DIGITS_PIXELS * spec.channels * spec.depth,
    sizes=("depth", "channels"),
    roles=_roles,
    trunk=_trunk,
    idle=lambda spec: () if spec.branch == "plain" else ("normalization",),
    recipe=_recipe,
)
