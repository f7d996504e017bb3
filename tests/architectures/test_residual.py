"""Residual nets grow with depth unless normalized, and stand still with a silent branch."""

import numpy as np
import pytest
import torch

from initviz import probe
from initviz.architectures import ARCHITECTURES
from initviz.recipes.drawing import reinitialize
from initviz.recipes.rules import Recipe, Rule
from initviz.recipes.table import RECIPES

RESIDUAL = ARCHITECTURES["residual"]
HE = RECIPES["recommended"]
PRESERVING = Recipe(
    "preserving", "A branch that preserves the mean square", "",
    {"conv.weight": Rule("he_normal"), "residual.last": Rule("lecun_normal"),
     "bias": Rule("zeros")},
)  # fmt: skip
SILENT = ("fixup", "skipinit", "rezero")
DEPTH = 7


@torch.no_grad()
def trunk(recipe: Recipe, seed: int = 0, **fields: object) -> np.ndarray:
    """The mean square of what enters every block, over that of the first."""
    spec = RESIDUAL.spec(depth=DEPTH, channels=256, **({"kernel": 1} | fields))
    # Without the first convolution, the channels start independent of each other.
    module = RESIDUAL.build(spec)[1:]
    reinitialize(module, RESIDUAL.recipe(spec, recipe), seed=seed, roles=RESIDUAL.roles(spec))
    x = torch.randn(4, 256, 8, 8, generator=torch.Generator().manual_seed(seed))
    entering = []
    for block in module:
        entering.append(float(x.double().square().mean()))
        x = block(x)
    return np.array(entering) / entering[0]


@pytest.mark.parametrize(("recipe", "growth"), [(HE, 3), (PRESERVING, 2)])
def test_without_normalization_a_branch_multiplies_the_trunk(recipe: Recipe, growth: int) -> None:
    # A block's factor has a relative variance of about 3/256 over the weights: six of them and
    # eight draws leave 1.6 % of the rate.
    draws = [trunk(recipe, seed) for seed in range(8)]
    rate = np.mean(draws, axis=0)[-1] ** (1 / (DEPTH - 1))
    assert rate == pytest.approx(growth, rel=0.03)


def test_a_branch_that_ends_in_batch_normalization_adds_one_a_block() -> None:
    # PyTorch's defaults alone would add a sixth of what comes in.
    found = trunk(RECIPES["pytorch"], normalization="batch")
    np.testing.assert_allclose(found, 1 + np.arange(DEPTH), rtol=0.03)


@torch.no_grad()
def test_an_activation_after_the_sum_slows_the_growth() -> None:
    # x ← relu(x + F(x)), as in the first residual nets. The factor is the reference's simulated
    # 2.38; draws stray as above, and more, since halves of the sum are cut off.
    rates = []
    for seed in range(8):
        spec = RESIDUAL.spec(depth=DEPTH, channels=256, kernel=1)
        blocks = RESIDUAL.build(spec)[1:]
        reinitialize(blocks, HE, seed=seed, roles=RESIDUAL.roles(spec))
        x = torch.randn(4, 256, 8, 8, generator=torch.Generator().manual_seed(seed))
        sizes = []
        for block in blocks:
            x = block(x).relu()
            sizes.append(float(x.double().square().mean()))
        rates.append((sizes[-1] / sizes[0]) ** (1 / (DEPTH - 1)))
    assert np.mean(rates) == pytest.approx(2.38, rel=0.03)


@pytest.mark.parametrize("branch", SILENT)
def test_a_silent_branch_leaves_the_trunk_as_it_is(branch: str) -> None:
    assert trunk(HE, branch=branch, kernel=3).tolist() == [1.0] * DEPTH


@pytest.mark.parametrize("branch", SILENT)
def test_the_gradient_passes_a_silent_branch_unchanged(branch: str) -> None:
    stems = []
    for depth in (1, 30):
        spec = RESIDUAL.spec(depth=depth, branch=branch)
        module = RESIDUAL.build(spec)
        reinitialize(module, RESIDUAL.recipe(spec, HE), roles=RESIDUAL.roles(spec))
        table = probe(module, RESIDUAL.inputs(spec, 16, 0)).table
        stems.append(table["grad_preact_var"][0])
    assert stems[1] == pytest.approx(stems[0], rel=1e-6)


def test_the_gradient_of_a_plain_net_grows_as_its_trunk_does() -> None:
    spec = RESIDUAL.spec(depth=DEPTH, channels=128, kernel=1)
    rates = []
    for seed in range(4):
        module = RESIDUAL.build(spec)
        reinitialize(module, HE, seed=seed, roles=RESIDUAL.roles(spec))
        rates.append(probe(module, RESIDUAL.inputs(spec, 16, seed)).table["grad_preact_var"][0])
    assert np.mean(rates) ** (1 / DEPTH) == pytest.approx(3, rel=0.05)


def test_fixup_decides_over_its_branches_whatever_the_recipe() -> None:
    spec = RESIDUAL.spec(depth=16, channels=48, branch="fixup")
    module = RESIDUAL.build(spec)
    recipe = RESIDUAL.recipe(spec, RECIPES["keras"])
    table = reinitialize(module, recipe, roles=RESIDUAL.roles(spec)).set_index("name")
    assert table.loc["stem.weight", "initializer"] == "glorot_uniform"
    assert table.loc["block_3.branch.first.weight", "variance"] == pytest.approx(
        2 / (9 * 48) / 16, rel=0.05
    )
    assert table.loc["block_3.branch.last.weight", "variance"] == 0
    unchanged = RESIDUAL.recipe(spec.replace(branch="rezero"), RECIPES["keras"])
    assert unchanged is RECIPES["keras"]


@pytest.mark.parametrize(
    ("branch", "scalars"),
    [("plain", []), ("fixup", [0, 0, 0, 1, 0]), ("skipinit", [0]), ("rezero", [0])],
)
def test_scalars_start_where_the_papers_start_them(branch: str, scalars: list[int]) -> None:
    module = RESIDUAL.build(RESIDUAL.spec(depth=1, branch=branch))
    found = [p.item() for n, p in module.named_parameters() if n.endswith(("shift", "multiplier"))]
    assert found == scalars


def test_scalars_move_the_output_once_they_are_trained() -> None:
    module = RESIDUAL.build(RESIDUAL.spec(depth=1, channels=4, branch="fixup"))
    x = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for block_parameter in module[1].branch.parameters():
            block_parameter.zero_()
        module[1].branch.shift_4.shift.fill_(2.0)
    torch.testing.assert_close(module(x), module[0](x) + 2)


def test_normalization_and_its_replacements_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="normalization must be 'none' with branch='rezero'"):
        RESIDUAL.spec(branch="rezero", normalization="batch")
    with pytest.raises(ValueError, match="kernel must be odd"):
        RESIDUAL.spec(kernel=2)
