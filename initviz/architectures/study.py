"""An architecture with a recipe: drawn, probed, followed along its path, and judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from torch import Tensor

from initviz.architectures.cost import check
from initviz.architectures.record import Architecture, Path
from initviz.architectures.recurrent import Unrolled
from initviz.architectures.through_time import through_time
from initviz.architectures.trunk import along
from initviz.engine.statistics import Floats
from initviz.probe import probe
from initviz.recipes.drawing import reinitialize
from initviz.recipes.rules import Recipe
from initviz.runtime.turns import TURNS
from initviz.setting.spec import Spec
from initviz.signals import Signals
from initviz.verdict.diagnosis import Diagnosis
from initviz.verdict.verdict import judge, judge_drift

BATCH_SIZE = 32


@dataclass(frozen=True)
class Study:
    """What was measured of an architecture.

    `path` is the way that the signal takes: layers, blocks of a trunk, or steps of a sequence.
    `inside` is what there is beside it, by label: the layers of the branches, the cell state;
    each with where along the path, counted from 1, its points stand. `parameters` is what
    `reinitialize` returned.
    """

    noun: str
    path: Path
    inside: Mapping[str, tuple[Path, Floats]]
    signals: Signals
    parameters: pd.DataFrame

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """The verdict on the path, and its reason; a repair is looked for elsewhere."""
        gradient = self.path.grad_log10
        if "cell state" in self.inside:
            # What the last state owes to an early step comes through either state.
            gradient = np.maximum(gradient, self.inside["cell state"][0].grad_log10)
        drifting = judge_drift(self.path.act_log10, gradient, self.noun)
        if self.path.learns and not any(self.path.learns):
            reason = (
                f"No weight of any {self.noun} gets a gradient, so that none of them can learn."
            )
            return Diagnosis("dead", reason, None, None, 0.0)
        of = self.signals.values  # noqa: PD011 - no data frame
        silent = (of["weight_var"] == 0) & (of["weight_mean"] == 0)
        # Where all are silent, none is meant to be.
        verdict, reason = judge(self.signals, drifting, silent=silent & ~silent.all())
        return Diagnosis(verdict, reason, None, None, 0.0)

    @property
    def nbytes(self) -> int:
        """The memory that it takes, in bytes."""
        return self.signals.nbytes + 512 * (len(self.path.names) + len(self.parameters))


def study(
    architecture: Architecture[Any],
    spec: Spec,
    recipe: Recipe,
    *,
    seed: int = 0,
    batch_size: int = BATCH_SIZE,
) -> Study:
    """Draw an architecture's weights by a recipe, and measure one batch forward and backward.

    Raises:
        ValueError: if the work is over budget, or the recipe lacks a role.
    """
    check(architecture, spec, batch_size)
    with TURNS.turn():
        module = architecture.build(spec)
        chosen = architecture.recipe(spec, recipe)
        inputs = architecture.inputs(spec, batch_size, seed)
        roles = architecture.roles(spec)
        drawn = reinitialize(module, chosen, seed=seed, roles=roles, inputs=inputs)
        signals = probe(module, inputs)
        layers = Path(signals.layers.names, signals.log10["act_var"], signals.log10["grad_act_var"])
        path = layers
        inside: dict[str, tuple[Path, Floats]] = {}
        if isinstance(module, Unrolled):
            path, inside = _steps(module, inputs, seed)
        elif trunk := architecture.trunk(spec):
            path = along(module, inputs, trunk, seed=seed)
            inside = {"layers of the branches": (layers, _between(layers.names, trunk))}
    return Study(architecture.noun, path, inside, signals, drawn)


def _steps(
    module: Unrolled, inputs: Tensor, seed: int
) -> tuple[Path, dict[str, tuple[Path, Floats]]]:
    found = through_time(module, inputs, seed=seed)
    with np.errstate(divide="ignore"):
        names = tuple(f"step {step}" for step in range(1, len(found.act_var) + 1))
        hidden = Path(names, np.log10(found.act_var), np.log10(found.grad_act_var))
        if found.cell_var is None or found.grad_cell_var is None:
            return hidden, {}
        cell = Path(names, np.log10(found.cell_var), np.log10(found.grad_cell_var))
    return hidden, {"cell state": (cell, np.arange(1, len(names) + 1, dtype=float))}


def _between(layers: tuple[str, ...], trunk: tuple[str, ...]) -> Floats:
    """Return where along the trunk each layer stands: just before its block ends."""
    owners = [next((i for i, t in enumerate(trunk) if _within(n, t)), None) for n in layers]
    places = np.empty(len(layers))
    for at, owner in enumerate(owners):
        mates = [i for i, o in enumerate(owners) if o == owner]
        # What comes before the first block or after the last has no block of its own.
        block = owner if owner is not None else (-1 if at < len(layers) / 2 else len(trunk))
        places[at] = block + (mates.index(at) + 1) / (len(mates) + 1)
    return places


def _within(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")
