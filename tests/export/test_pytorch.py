"""Exported PyTorch is run: the same network, drawn from the same distributions."""

import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest
import torch

from initviz.architectures import ARCHITECTURES, Architecture
from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.initializers import INITIALIZERS
from initviz.export import source
from initviz.recipes.rules import Recipe, Rule
from initviz.recipes.table import RECIPES
from initviz.setting.spec import Spec
from tests.export.cases import FIELDS, FLAGS, NETWORKS, assert_alike, ours, own, ruled, run

DRAWS = 6


@pytest.fixture(autouse=True)
def _global_seed() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


def assert_same_draws(architecture: Architecture, spec: Spec, recipe: Recipe) -> None:
    build = run(source(architecture, spec, recipe, "pytorch"))["build"]
    theirs: dict[str, list[np.ndarray]] = {}
    for _ in range(DRAWS):
        for name, parameter in build().named_parameters():
            theirs.setdefault(name, []).append(parameter.detach().numpy())
    mine = ours(architecture, spec, recipe, DRAWS)
    assert list(theirs) == list(mine)
    for name in mine:
        assert_alike(theirs[name], mine[name], name)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize(("architecture", "spec"), NETWORKS)
def test_parameters_are_drawn_alike(architecture: Architecture, spec: Spec, recipe: str) -> None:
    if ruled(architecture, spec, RECIPES[recipe]):
        assert_same_draws(architecture, spec, RECIPES[recipe])
    else:
        with pytest.raises(ValueError, match=f"'{recipe}' has no rule for the role"):
            source(architecture, spec, RECIPES[recipe], "pytorch")


@pytest.mark.parametrize("flags", FLAGS, ids=["plain", "flags"])
@pytest.mark.parametrize("initializer", INITIALIZERS)
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_so_are_those_of_a_recipe_of_ones_own(name: str, initializer: str, flags: dict) -> None:
    architecture = ARCHITECTURES[name]
    spec = architecture.spec(**FIELDS[name][0])
    shared = {"over_residuals": True} if name in ("residual", "transformer") else {}
    assert_same_draws(architecture, spec, own(initializer, **flags, **shared))


@pytest.mark.parametrize(("architecture", "spec"), NETWORKS)
def test_it_is_the_same_network(architecture: Architecture, spec: Spec) -> None:
    theirs = run(source(architecture, spec, RECIPES["pytorch"], "pytorch"))["build"]()
    mine = architecture.build(spec)
    mine.load_state_dict(theirs.state_dict())
    x = architecture.inputs(spec, 5, 0)
    torch.testing.assert_close(theirs(x), mine(x))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_it_has_the_same_activation(activation: str) -> None:
    cnn = ARCHITECTURES["cnn"]
    spec = cnn.spec(depth=2, channels=3, activation=activation)
    test_it_is_the_same_network(cnn, spec)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_script_prints_the_variance_of_every_parameter(name: str) -> None:
    architecture = ARCHITECTURES[name]
    text = source(architecture, architecture.spec(), RECIPES["pytorch"], "pytorch")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", text], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    *rows, output = done.stdout.splitlines()
    parameters = dict(architecture.build(architecture.spec()).named_parameters())
    assert [row.split()[0] for row in rows] == list(parameters)
    assert output.startswith("output (8, ")


def test_a_rule_of_ones_own_is_followed_to_the_letter() -> None:
    rules = {
        **RECIPES["recommended"].rules,
        "residual.last": Rule("constant", scale=3.0, over_residuals=True),
    }
    residual = ARCHITECTURES["residual"]
    model = run(
        source(residual, residual.spec(depth=9), Recipe("mine", "Mine", "", rules), "pytorch")
    )["build"]()
    assert set(model.block_9.branch.last.weight.flatten().tolist()) == {1.0}
