"""Exported Keras and Flax is run where they are installed: the network, and its distributions."""

import numpy as np
import pytest
import torch

from initviz.architectures import ARCHITECTURES, Architecture
from initviz.export import source
from initviz.recipes.rules import Recipe
from initviz.recipes.table import RECIPES
from initviz.setting.spec import Spec
from tests.export.cases import FIELDS, FLAGS, NETWORKS, assert_alike, ours, own, ruled, run
from tests.libraries import exported

# Keras's own arrays do not know NumPy 2's protocol.
pytestmark = pytest.mark.filterwarnings("default", "ignore:__array__ impl:DeprecationWarning")
DRAWS = 3
# One of every kind of noise, and of fans that are told and that are read off the shape.
KINDS = [
    "constant", "normal", "lecun_truncated", "glorot_uniform", "orthogonal", "identity", "sparse",
]  # fmt: skip


@pytest.fixture(params=["keras", "flax"])
def framework(request: pytest.FixtureRequest) -> str:
    pytest.importorskip(request.param)
    return str(request.param)


def assert_same_draws(
    architecture: Architecture, spec: Spec, recipe: Recipe, framework: str
) -> None:
    scope = run(source(architecture, spec, recipe, framework))
    theirs: dict[str, list[np.ndarray]] = {}
    for seed in range(DRAWS):
        model = exported.build(scope, framework, seed)
        for name, values in exported.parameters(model, framework).items():
            theirs.setdefault(name, []).append(values)
    mine = ours(architecture, spec, recipe, DRAWS)
    assert theirs.keys() <= mine.keys()
    # Keras and Flax have one of the two biases of a cell, but for a GRU of Keras.
    assert mine.keys() - theirs.keys() <= {"cell.bias_hh"}
    for name, values in theirs.items():
        two = values[0].size == 2 * mine[name][0].size
        assert_alike(values, mine[name] + mine["cell.bias_hh"] if two else mine[name], name)


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


@pytest.mark.parametrize("initializer", KINDS)
@pytest.mark.parametrize("name", ["residual", "recurrent", "transformer"])
def test_so_are_those_of_a_recipe_of_ones_own(name: str, initializer: str, framework: str) -> None:
    architecture = ARCHITECTURES[name]
    shared = {} if name == "recurrent" else {"over_residuals": True}
    recipe = own(initializer, **FLAGS[1], **shared)
    assert_same_draws(architecture, architecture.spec(**FIELDS[name][1]), recipe, framework)


@pytest.mark.parametrize(("architecture", "spec"), NETWORKS)
def test_the_same_weights_give_the_same_outputs(
    architecture: Architecture, spec: Spec, framework: str
) -> None:
    if framework == "keras" and getattr(spec, "downsampling", "") == "stride" and spec.depth > 1:
        pytest.skip("Keras pads strided convolutions elsewhere, as the script says")
    recipe = RECIPES["flax"]  # its biases are zero, so that it makes no difference to have two
    model = exported.build(run(source(architecture, spec, recipe, framework)), framework)
    mine = architecture.build(spec)
    weights = exported.parameters(model, framework)
    if framework == "keras" and getattr(spec, "cell", "") == "gru":
        # PyTorch's order of the gates is r, z, n, that of Keras is z, r, n.
        swapped = np.arange(3 * spec.units).reshape(3, -1)[[1, 0, 2]].ravel()
        for name in ("cell.weight_ih", "cell.weight_hh"):
            weights[name] = weights[name][swapped]
    for name, parameter in mine.named_parameters():
        values = weights.get(name, np.zeros(parameter.shape))
        if "cell.bias" in name and spec.forget_bias is None:
            values = np.zeros(parameter.shape)
        parameter.data = torch.tensor(values, dtype=torch.float32).reshape(parameter.shape)
    x = architecture.inputs(spec, 4, 0)
    theirs = exported.outputs(model, x.numpy(), framework)
    np.testing.assert_allclose(theirs, mine(x).detach(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_script_prints_the_variance_of_every_parameter(
    name: str, framework: str, capsys: pytest.CaptureFixture[str]
) -> None:
    architecture = ARCHITECTURES[name]
    spec = architecture.spec(**FIELDS[name][1])
    scope = run(source(architecture, spec, RECIPES["keras"], framework), "__main__")
    *rows, output = capsys.readouterr().out.splitlines()
    names, variances = [r.split()[0] for r in rows], [float(r.split()[-1]) for r in rows]
    raw = exported.raw(scope["model"], framework)
    assert {n.replace("/", ".") for n in names} == {n for n, _ in raw}
    assert sorted(variances) == pytest.approx(sorted(v.var() for _, v in raw), rel=1e-3)
    assert output.startswith("output (8, ")
