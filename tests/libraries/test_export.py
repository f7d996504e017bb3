"""Exported Keras and Flax is run where they are installed: the distributions are PyTorch's."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from initviz.architectures import ARCHITECTURES, Architecture
from initviz.export import source
from initviz.initializers import INITIALIZERS
from initviz.recipes import RECIPES, Recipe
from initviz.spec import Spec
from tests.export.cases import FIELDS, FLAGS, NETWORKS, assert_alike, ours, own, ruled, run

# Keras's own arrays do not know NumPy 2's protocol.
pytestmark = pytest.mark.filterwarnings("default", "ignore:__array__ impl:DeprecationWarning")
DRAWS = 3


def keras_values(build: Callable[[], Any], _: int) -> Iterator[tuple[str, np.ndarray]]:
    for variable in build().trainable_variables:
        yield variable.path.replace("/", "."), np.array(variable)


def flax_values(build: Callable[[int], Any], seed: int) -> Iterator[tuple[str, np.ndarray]]:
    nnx = pytest.importorskip("flax.nnx")
    for path, parameter in nnx.to_flat_state(nnx.state(build(seed), nnx.Param)):
        yield ".".join(map(str, path)), np.asarray(parameter[...])


READ = {"keras": keras_values, "flax": flax_values}
# What the libraries call a parameter, and what PyTorch calls it, the first match first.
NAMES = {
    "keras": [
        (r"^(reader|sequential)(_\d+)?\.", ""),
        (r"cell\.\w+_cell\.kernel", "cell.weight_ih"),
        (r"cell\.\w+_cell\.recurrent_kernel", "cell.weight_hh"),
        (r"cell\.\w+_cell\.bias", "cell.bias_ih"),
        (r"(query|key|value)\.kernel", "in_proj_weight"),
        (r"(query|key|value)\.bias", "in_proj_bias"),
        (r"blocks_", "blocks."),
        (r"attention_output\.", "out_proj."),
        (r"\.(gamma|kernel|embeddings)$", ".weight"),
        (r"\.beta$", ".bias"),
    ],
    "flax": [
        (r"dense_i\.kernel", "weight_ih"),
        (r"dense_h\.kernel", "weight_hh"),
        (r"dense_[ih]\.bias", "bias_ih"),
        (r"(query|key|value)\.kernel", "in_proj_weight"),
        (r"(query|key|value)\.bias", "in_proj_bias"),
        (r"\.out\.", ".out_proj."),
        (r"\.(scale|kernel|embedding)$", ".weight"),
    ],
}


def pytorch_name(name: str, framework: str) -> str:
    for pattern, replacement in NAMES[framework]:
        name = re.sub(pattern, replacement, name)
    return name


def assert_same_draws(
    architecture: Architecture, spec: Spec, recipe: Recipe, framework: str
) -> None:
    scope = run(source(architecture, spec, recipe, framework))
    theirs: dict[str, list[np.ndarray]] = {}
    for seed in range(DRAWS):
        for name, values in READ[framework](scope["build"], seed):
            theirs.setdefault(pytorch_name(name, framework), []).append(values)
    mine = ours(architecture, spec, recipe, DRAWS)
    # Of two biases that are added, Keras and Flax have one, but for a GRU of Keras.
    missing = mine.keys() - theirs.keys()
    assert theirs.keys() <= mine.keys()
    assert missing <= {"cell.bias_hh"}
    for name, values in theirs.items():
        two = name == "cell.bias_ih" and values[0].ndim == 2
        expected = mine[name] + mine["cell.bias_hh"] if two else mine[name]
        assert_alike(values, expected, name)


@pytest.fixture(params=READ)
def framework(request: pytest.FixtureRequest) -> str:
    pytest.importorskip(request.param)
    return str(request.param)


@pytest.mark.parametrize("recipe", ["pytorch", "recommended", "delta_orthogonal"])
@pytest.mark.parametrize(("architecture", "spec"), NETWORKS)
def test_parameters_are_drawn_alike(
    architecture: Architecture, spec: Spec, recipe: str, framework: str
) -> None:
    if ruled(architecture, spec, RECIPES[recipe]):
        assert_same_draws(architecture, spec, RECIPES[recipe], framework)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_by_every_recipe(name: str, recipe: str, framework: str) -> None:
    architecture = ARCHITECTURES[name]
    spec = architecture.spec(**FIELDS[name][1])
    test_parameters_are_drawn_alike(architecture, spec, recipe, framework)


@pytest.mark.parametrize("flags", FLAGS, ids=["plain", "flags"])
@pytest.mark.parametrize("initializer", INITIALIZERS)
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_so_are_those_of_a_recipe_of_ones_own(
    name: str, initializer: str, flags: dict[str, Any], framework: str
) -> None:
    architecture = ARCHITECTURES[name]
    shared = {"over_residuals": True} if name in ("residual", "transformer") else {}
    recipe = own(initializer, **flags, **shared)
    assert_same_draws(architecture, architecture.spec(**FIELDS[name][0]), recipe, framework)
