"""A study: the path that a signal takes, its verdict, and a repair that holds."""

import numpy as np
import pytest
import torch

from initviz.architectures import ARCHITECTURES
from initviz.architectures.cost import check, flops, nearest
from initviz.architectures.repair import find_repair
from initviz.architectures.study import BATCH_SIZE, study
from initviz.recipes.drawing import reinitialize
from initviz.recipes.edits import edited, rule_of
from initviz.recipes.table import RECIPES
from initviz.setting.cost import MAX_FLOPS
from initviz.setting.data import draw_cotangent

A = ARCHITECTURES


@pytest.mark.parametrize("name", ["residual", "transformer"])
def test_the_trunk_is_what_leaves_each_block(name: str) -> None:
    architecture = A[name]
    spec = architecture.spec(depth=3)
    found = study(architecture, spec, RECIPES["recommended"], seed=2)
    module = architecture.build(spec)
    reinitialize(module, RECIPES["recommended"], seed=2, roles=architecture.roles(spec))
    x = architecture.inputs(spec, BATCH_SIZE, 2)
    module, x = module.double(), x.double() if x.is_floating_point() else x
    outputs: list[torch.Tensor] = []
    blocks = [module.get_submodule(path) for path in architecture.trunk(spec)]
    for block in blocks:
        block.register_forward_hook(lambda *args: outputs.append(args[-1]))
    out = module(x)
    loss = (out * draw_cotangent(2, out.shape)).sum()
    gradients = torch.autograd.grad(loss, outputs)
    for measured, expected in (
        (found.path.act_log10, outputs),
        (found.path.grad_log10, gradients),
    ):
        np.testing.assert_allclose(
            10**measured, [e.var(correction=0).item() for e in expected], rtol=1e-9
        )


def test_layers_of_branches_stand_inside_their_block() -> None:
    found = study(A["residual"], A["residual"].spec(depth=3), RECIPES["recommended"])
    layers, places = found.inside["layers of the branches"]
    inside = dict(zip(layers.names, places, strict=True))
    assert 0 < inside["block_1.branch.first"] < inside["block_1.branch.last"] < 1
    assert 2 < inside["block_3.branch.first"] < inside["block_3.branch.last"] < 3
    assert inside["stem"] < inside["block_1.branch.first"]


def test_branches_that_start_silent_are_no_fault() -> None:
    spec = A["residual"].spec(depth=20, branch="skipinit")
    found = study(A["residual"], spec, RECIPES["recommended"])
    assert found.diagnosis.verdict == "stable"
    np.testing.assert_allclose(found.path.act_log10, found.path.act_log10[0], atol=1e-12)


def test_a_residual_network_grows_and_its_reason_counts_blocks() -> None:
    found = study(A["residual"], A["residual"].spec(depth=30), RECIPES["recommended"])
    assert found.diagnosis.verdict == "exploding"
    assert "at block 1 is" in found.diagnosis.reason


def test_a_recurrent_network_forgets_and_its_reason_counts_steps() -> None:
    found = study(A["recurrent"], A["recurrent"].spec(), RECIPES["pytorch"])
    assert found.diagnosis.verdict == "vanishing"
    assert "at step 1 is" in found.diagnosis.reason
    assert len(found.path.names) == 50
    assert list(found.inside) == ["cell state"]


def test_equal_units_are_called_symmetric() -> None:
    equal = edited(RECIPES["recommended"], {"conv.weight": rule_of("conv.weight", "constant*0.1")})
    assert study(A["cnn"], A["cnn"].spec(), equal).diagnosis.verdict == "symmetric"


@pytest.mark.parametrize(
    ("name", "fields", "recipe"),
    [
        ("cnn", {"depth": 30}, "pytorch"),
        ("residual", {"depth": 20}, "recommended"),
        ("recurrent", {}, "pytorch"),
    ],
)
def test_a_repair_is_stable_for_other_seeds_too(
    name: str, fields: dict[str, object], recipe: str
) -> None:
    architecture = A[name]
    spec = architecture.spec(**fields)
    assert study(architecture, spec, RECIPES[recipe]).diagnosis.verdict != "stable"
    repair = find_repair(architecture, spec, RECIPES[recipe])
    assert repair is not None
    for seed in range(3):
        found = study(architecture, repair.spec, repair.recipe, seed=seed)
        assert found.diagnosis.verdict == "stable"


def test_a_plain_recurrent_network_over_hundreds_of_steps_has_no_repair() -> None:
    spec = A["recurrent"].spec(cell="rnn", steps=100)
    assert find_repair(A["recurrent"], spec, RECIPES["pytorch"]) is None


LARGEST = {
    "cnn": {"depth": 100, "channels": 256, "kernel": 7},
    "residual": {"depth": 100, "channels": 256, "kernel": 7},
    "recurrent": {"units": 512, "steps": 500},
    "transformer": {"depth": 48, "width": 512, "steps": 256},
}


@pytest.mark.parametrize("name", A)
def test_too_much_work_is_refused_with_what_fits(name: str) -> None:
    architecture = A[name]
    spec = architecture.spec(**LARGEST[name])
    with pytest.raises(
        ValueError, match=r"would take about .*(billion operations|GiB); the most is .* fits"
    ):
        check(architecture, spec, BATCH_SIZE)
    smaller = nearest(architecture, spec, BATCH_SIZE)
    assert flops(architecture, smaller, BATCH_SIZE) <= MAX_FLOPS
    check(architecture, architecture.spec(), BATCH_SIZE)


@pytest.mark.parametrize(
    ("name", "fields", "recipe", "rules"),
    [
        ("residual", {"branch": "skipinit"}, "fixup", {}),
        ("residual", {}, "recommended", {"residual.inner": "zeros", "residual.last": "zeros"}),
        ("transformer", {}, "recommended", {"readout.weight": "zeros"}),
    ],
)
def test_a_network_that_cannot_learn_is_dead(
    name: str, fields: dict[str, object], recipe: str, rules: dict[str, str]
) -> None:
    architecture = A[name]
    drawn = edited(RECIPES[recipe], {role: rule_of(role, t) for role, t in rules.items()})
    spec = architecture.spec(depth=3, activation="tanh", **fields)
    found = study(architecture, spec, drawn)
    assert found.diagnosis.verdict == "dead"
    assert "none of them can learn" in found.diagnosis.reason


def test_an_lstm_that_remembers_in_its_cell_is_stable() -> None:
    # With hardly any recurrent weights all memory is the cell's: σ(5)² = 0.987 a step.
    drawn = edited(
        RECIPES["recommended"], {"recurrent.hidden": rule_of("recurrent.hidden", "normal*0.001")}
    )
    found = study(A["recurrent"], A["recurrent"].spec(forget_bias=5.0), drawn)
    assert found.diagnosis.verdict == "stable"
    assert found.path.grad_log10[0] < -6
    cell, _ = found.inside["cell state"]
    kept = 10 ** ((cell.grad_log10[-1] - cell.grad_log10[0]) / 49)
    assert kept == pytest.approx(1 / 0.987, abs=0.02)


def test_a_larger_network_is_searched_with_a_smaller_batch() -> None:
    spec = A["cnn"].spec(depth=40, channels=64)
    repair = find_repair(A["cnn"], spec, RECIPES["pytorch"])
    assert repair is not None
    assert repair.recipe.name == "recommended"
