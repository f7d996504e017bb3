"""What an architecture is: a validated spec, the module it stands for, its inputs and roles."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from initviz.engine.statistics import Floats
from initviz.recipes.rules import Recipe
from initviz.runtime.randomness import global_seed
from initviz.setting.spec import Spec

AnySpec = TypeVar("AnySpec", bound=Spec)


@dataclass(frozen=True)
class Path:
    """Where a signal was measured on its way, and log10 of its variance there.

    `act_log10` is of the values, `grad_log10` of ∂ℓ/∂ them, both over batch × units. `learns` says
    at which places a parameter other than a bias gets a gradient, where that was looked at.
    """

    names: tuple[str, ...]
    act_log10: Floats
    grad_log10: Floats
    learns: tuple[bool, ...] = ()


def _no_trunk(_: Spec) -> tuple[str, ...]:
    return ()


def _none_idle(_: Spec) -> tuple[str, ...]:
    return ()


def _no_roles(_: Spec) -> Mapping[str, str]:
    return {}


def _unchanged(_: Spec, recipe: Recipe) -> Recipe:
    return recipe


@dataclass(frozen=True)
class Architecture(Generic[AnySpec]):
    """A kind of network: how a spec becomes a module, and what is sent through it.

    `inputs(spec, batch_size, seed)` draws a batch, which is not to be written to, and raises a
    ValueError where the data does not have that many. `roles(spec)` gives patterns of parameter
    names the roles that a layer cannot show by itself. `recipe(spec, recipe)` is the recipe with
    the rules that the spec decides. `trunk(spec)` names the modules whose outputs are the path
    past all branches, if there are branches. `noun` is what the path is counted in, `drawn` says
    what its line is, `lesson` what there is to see. Each weight acts at `positions(spec)` places of
    an input, and about `values(spec)` numbers are kept of an input in a pass; the fields `sizes`
    are made smaller, in this order, where a spec is too much work. The fields `idle(spec)` mean
    nothing beside the others.
    """

    name: str
    label: str
    description: str
    spec: type[AnySpec]
    module: Callable[[AnySpec], nn.Module]
    inputs: Callable[[AnySpec, int, int], Tensor]
    noun: str
    drawn: str
    lesson: str
    positions: Callable[[AnySpec], int]
    values: Callable[[AnySpec], int]
    sizes: tuple[str, ...]
    roles: Callable[[AnySpec], Mapping[str, str]] = _no_roles
    recipe: Callable[[AnySpec, Recipe], Recipe] = _unchanged
    trunk: Callable[[AnySpec], tuple[str, ...]] = _no_trunk
    idle: Callable[[AnySpec], tuple[str, ...]] = _none_idle

    def outline(self, spec: AnySpec) -> nn.Module:
        """Build the structure on the meta device, where parameters have shapes and no values."""
        with torch.device("meta"):
            return self.module(spec)

    def build(self, spec: AnySpec) -> nn.Module:
        """Build the structure, float32; `initviz.recipes.reinitialize` then draws its weights.

        Until then they are one fixed draw of PyTorch's defaults. The global random state is
        left as it was.
        """
        with global_seed(0):
            return self.module(spec)
