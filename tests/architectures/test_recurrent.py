"""Recurrent nets over time: what orthogonal weights hold, what a forget gate remembers."""

import math

import numpy as np
import pytest
import torch

from initviz.architectures import ARCHITECTURES, through_time
from initviz.recipes.drawing import reinitialize
from initviz.recipes.roles import slots
from initviz.recipes.rules import Recipe, Rule
from initviz.recipes.table import RECIPES
from initviz.setting.data import draw_cotangent

RECURRENT = ARCHITECTURES["recurrent"]
CELLS = ("rnn", "lstm", "gru")


def hidden(initializer: str) -> Recipe:
    return Recipe(
        initializer, initializer, "",
        {"recurrent.input": Rule("glorot_uniform"), "recurrent.hidden": Rule(initializer),
         "recurrent.bias": Rule("zeros"), "dense.weight": Rule("lecun_normal"),
         "bias": Rule("zeros")},
    )  # fmt: skip


def drawn(recipe: Recipe, seed: int = 0, **fields: object) -> torch.nn.Module:
    spec = RECURRENT.spec(**fields)
    module = RECURRENT.build(spec)
    reinitialize(module, RECURRENT.recipe(spec, recipe), seed=seed, roles=RECURRENT.roles(spec))
    return module


def test_gradients_are_those_of_backpropagation_through_time_by_hand() -> None:
    module = drawn(hidden("lecun_normal"), cell="rnn", units=12)
    x = torch.randn(5, 7, 8, generator=torch.Generator().manual_seed(0))
    found = through_time(module, x, seed=3)
    w, u = (p.detach().double().numpy() for p in (module.cell.weight_ih, module.cell.weight_hh))
    h, states = np.zeros((5, 12)), []
    for step in x.double().unbind(1):
        h = np.tanh(step.numpy() @ w.T + h @ u.T)
        states.append(h)
    gradients = [draw_cotangent(3, torch.Size((5, 12))).double().numpy()]
    for h in reversed(states[1:]):
        gradients.insert(0, (gradients[0] * (1 - h**2)) @ u)
    np.testing.assert_allclose(found.act_var, [s.var() for s in states], rtol=1e-6)
    np.testing.assert_allclose(found.grad_act_var, [g.var() for g in gradients], rtol=1e-6)
    assert (found.cell_var, found.grad_cell_var) == (None, None)


@pytest.mark.parametrize("cell", CELLS)
def test_states_are_those_of_the_whole_layer(cell: str) -> None:
    module = drawn(RECIPES["pytorch"], cell=cell, units=12)
    layer = getattr(torch.nn, cell.upper())(8, 12, batch_first=True)
    layer.load_state_dict({f"{k}_l0": v for k, v in module.cell.state_dict().items()})
    x = RECURRENT.inputs(RECURRENT.spec(cell=cell, steps=9), 6, 0)
    outputs, _ = layer(x)
    states = torch.stack([state[0] for state in module.states(x)], dim=1)
    torch.testing.assert_close(states, outputs)
    torch.testing.assert_close(module(x), module.readout(outputs[:, -1]))


@pytest.mark.parametrize("cell", CELLS)
def test_measuring_leaves_the_module_alone_even_frozen(cell: str) -> None:
    module = drawn(RECIPES["keras"], cell=cell).requires_grad_(requires_grad=False)
    spec = RECURRENT.spec(cell=cell, steps=6)
    found = through_time(module, RECURRENT.inputs(spec, 4, 0))
    assert all(p.grad is None and p.dtype == torch.float32 for p in module.parameters())
    assert found.act_var.shape == found.grad_act_var.shape == (6,)
    assert found.act_var.dtype == found.grad_act_var.dtype == np.float64
    assert (found.grad_act_var > 0).all()
    assert (found.cell_var is not None) == (cell == "lstm")


def test_orthogonal_weights_carry_a_gradient_over_200_steps_where_gaussian_ones_gamble() -> None:
    spec = RECURRENT.spec(cell="rnn", units=64, steps=200)
    reached = {}
    for initializer in ("orthogonal", "lecun_normal", "torch_default"):
        reached[initializer] = []
        for seed in range(4):
            module = drawn(hidden(initializer), seed, cell="rnn", units=64)
            # So small that tanh is a straight line for states that do not grow.
            small = 1e-4 * RECURRENT.inputs(spec, 8, seed)
            gradient = through_time(module, small).grad_act_var
            reached[initializer].append(gradient[0] / gradient[-1])
    # The mean square is held exactly; the mean, of which a variance is freed, is not.
    np.testing.assert_allclose(reached["orthogonal"], 1, rtol=1e-2)
    assert np.ptp(np.log10(reached["lecun_normal"])) > 3
    # Radius 1/√3: 1/3 of the variance a step.
    assert np.mean(np.log10(reached["torch_default"])) == pytest.approx(
        -199 * math.log10(3), rel=0.1
    )


@pytest.mark.parametrize(
    ("initializer", "radius", "norm"),
    [
        ("lecun_normal", 1.0, 2.0),
        ("torch_default", 1 / math.sqrt(3), 2 / math.sqrt(3)),
        ("orthogonal", 1.0, 1.0),
    ],
)
def test_spectral_radius_of_recurrent_weights(initializer: str, radius: float, norm: float) -> None:
    module = drawn(hidden(initializer), cell="rnn", units=400)
    weight = module.cell.weight_hh.detach()
    # The eigenvalues' disc has an edge that is about 1/√n wide.
    tolerance = 1e-4 if initializer == "orthogonal" else 1 / math.sqrt(400)
    found = float(torch.linalg.eigvals(weight).abs().max())
    assert found == pytest.approx(radius, rel=tolerance)
    assert float(torch.linalg.matrix_norm(weight, 2)) == pytest.approx(norm, rel=tolerance)


@pytest.mark.parametrize(("forget_bias", "kept"), [(0.0, 0.5), (1.0, 0.731059), (-2.0, 0.119203)])
def test_without_recurrent_weights_a_cell_keeps_the_forget_gates_share(
    forget_bias: float, kept: float
) -> None:
    module = drawn(hidden("zeros"), forget_bias=forget_bias, units=16)
    found = through_time(module, torch.zeros(4, 12, 8))
    np.testing.assert_allclose(
        found.grad_cell_var[:-1] / found.grad_cell_var[1:], kept**2, rtol=1e-5
    )
    # Nothing but the cell state remembers then.
    assert (found.grad_act_var[:-1] == 0).all()


def test_a_forget_bias_of_one_lengthens_memory() -> None:
    spec = RECURRENT.spec(steps=30)
    closed, open_ = (
        through_time(drawn(RECIPES["recommended"], forget_bias=bias), RECURRENT.inputs(spec, 16, 0))
        for bias in (0.0, 1.0)
    )
    assert open_.grad_cell_var[0] > 1e4 * closed.grad_cell_var[0]
    assert open_.grad_act_var[0] > 1e4 * closed.grad_act_var[0]


def test_the_forget_bias_is_the_specs_or_else_the_recipes() -> None:
    forget = slice(16, 32)
    for recipe, fields, expected in (
        ("keras", {}, 1.0), ("keras", {"forget_bias": -2}, -2.0),
        ("flax", {}, 0.0), ("flax", {"forget_bias": 3}, 3.0),
    ):  # fmt: skip
        module = drawn(RECIPES[recipe], units=16, **fields)
        bias = (module.cell.bias_ih + module.cell.bias_hh).detach()
        assert set(bias[forget].tolist()) == {expected}
        assert not bias[:16].any()


def test_inputs_are_rows_of_digits_or_noise_of_a_length() -> None:
    digits = RECURRENT.inputs(RECURRENT.spec(inputs="digits", steps=99), 10, 0)
    images = ARCHITECTURES["cnn"].inputs(ARCHITECTURES["cnn"].spec(), 10, 0)
    assert digits.shape == (10, 8, 8)
    torch.testing.assert_close(digits[:, 3], images[:, 0, 3])
    normal = RECURRENT.inputs(RECURRENT.spec(steps=99), 100, 0)
    assert normal.shape == (100, 99, 8)
    assert normal.var().item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("cell", CELLS)
def test_parameters_have_the_roles_of_their_cell(cell: str) -> None:
    module = RECURRENT.build(RECURRENT.spec(cell=cell))
    roles = [slot.role for slot in slots(module)]
    assert roles == [
        "recurrent.input", "recurrent.hidden", "recurrent.bias", "recurrent.bias",
        "dense.weight", "bias",
    ]  # fmt: skip


def test_only_an_lstm_has_a_forget_gate() -> None:
    with pytest.raises(ValueError, match="forget_bias must be left out with cell='gru'"):
        RECURRENT.spec(cell="gru", forget_bias=1.0)
