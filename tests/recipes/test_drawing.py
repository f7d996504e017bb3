"""Recipes draw what the libraries draw, and say clearly what they cannot."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp
from torch import nn

from initviz import probe
from initviz.recipes.drawing import reinitialize
from initviz.recipes.roles import FALLBACKS, ROLES, slots
from initviz.recipes.rules import Recipe, Rule
from initviz.recipes.table import RECIPES

MODULES = {
    "linear": lambda: nn.Linear(24, 40),
    "conv1d": lambda: nn.Conv1d(6, 8, 5),
    "conv2d": lambda: nn.Conv2d(6, 12, 3, groups=2),
    "conv3d": lambda: nn.Conv3d(3, 4, 2),
    "rnn": lambda: nn.RNN(10, 16, num_layers=2),
    "lstm": lambda: nn.LSTM(10, 12, bidirectional=True),
    "lstm projected": lambda: nn.LSTM(10, 12, proj_size=6),
    "gru": lambda: nn.GRU(10, 12),
    "lstm cell": lambda: nn.LSTMCell(10, 12),
    "gru cell": lambda: nn.GRUCell(10, 12),
    "embedding": lambda: nn.Embedding(30, 16, padding_idx=3),
    "batch norm": lambda: nn.BatchNorm2d(7),
    "layer norm": lambda: nn.LayerNorm((4, 5)),
    "group norm": lambda: nn.GroupNorm(2, 8),
    "rms norm": lambda: nn.RMSNorm(9),
    "attention": lambda: nn.MultiheadAttention(16, 4),
    "cross attention": lambda: nn.MultiheadAttention(16, 4, kdim=10, vdim=12),
    "transformer layer": lambda: nn.TransformerEncoderLayer(16, 4, 32),
}  # fmt: skip
DRAWS = 40


def values(module: nn.Module) -> dict[str, np.ndarray]:
    return {n: p.detach().numpy().ravel().copy() for n, p in module.named_parameters()}


@pytest.mark.parametrize("kind", MODULES)
def test_the_pytorch_recipe_is_pytorchs_own_construction(kind: str) -> None:
    torch.manual_seed(1)
    fresh = [values(MODULES[kind]()) for _ in range(DRAWS)]
    module, ours = MODULES[kind](), []
    for seed in range(DRAWS):
        reinitialize(module, "pytorch", seed=seed)
        ours.append(values(module))
    for name in fresh[0]:
        expected, found = (np.concatenate([d[name] for d in draws]) for draws in (fresh, ours))
        if np.ptp(expected) == 0:
            np.testing.assert_array_equal(found, expected, err_msg=name)
        else:
            assert ks_2samp(expected, found).pvalue > 1e-4, name
            assert found.var() == pytest.approx(expected.var(), rel=0.12), name


X = torch.randn(5, 4, 10, generator=torch.Generator().manual_seed(0))
PROBED = {
    "linear": X.repeat(1, 1, 3)[..., :24],
    "conv1d": X.repeat(1, 2, 1)[:, :6],
    "conv2d": X.repeat(1, 2, 1)[:, :6, :, None].repeat(1, 1, 1, 5),
    "conv3d": X[:, :3, :4, None, None].repeat(1, 1, 1, 4, 4),
    "rnn": X, "lstm": X, "lstm projected": X, "gru": X, "lstm cell": X[0], "gru cell": X[0],
    "embedding": torch.arange(30).reshape(5, 6),
    "attention": (X.repeat(1, 1, 2)[..., :16],) * 3,
    "cross attention": (
        X.repeat(1, 1, 2)[..., :16], X, X.repeat(1, 1, 2)[..., :12],
    ),
    "transformer layer": X.repeat(1, 1, 2)[..., :16],
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:LSTM with projections")
@pytest.mark.parametrize("kind", PROBED)
def test_a_probe_sees_the_same_variances_in_both(kind: str) -> None:
    torch.manual_seed(2)
    module, seen = MODULES[kind](), {"fresh": [], "ours": []}
    for seed in range(20):
        reinitialize(module, "pytorch", seed=seed)
        for name, drawn in (("ours", module), ("fresh", MODULES[kind]())):
            table = probe(drawn, PROBED[kind], loss=first).table
            seen[name].append(table["weight_var"].to_numpy())
    fresh, ours = (np.array(seen[name]) for name in ("fresh", "ours"))
    spread = np.hypot(fresh.std(axis=0), ours.std(axis=0)) / math.sqrt(20)
    assert (np.abs(fresh.mean(axis=0) - ours.mean(axis=0)) < 4.5 * spread).all()


def first(output: object) -> torch.Tensor:
    while not isinstance(output, torch.Tensor):
        output = output[0]
    return output.square().sum()


@pytest.mark.parametrize("recipe", RECIPES)
def test_roles_and_their_fallbacks_exist(recipe: str) -> None:
    assert RECIPES[recipe].rules.keys() <= ROLES.keys()
    assert FALLBACKS.keys() <= ROLES.keys()


def variance_after(recipe: str, module: nn.Module, name: str) -> float:
    table = reinitialize(module, recipe).set_index("name")
    return float(table.loc[name, "variance"])


@pytest.mark.parametrize(
    ("recipe", "module", "name", "expected"),
    [
        ("pytorch", nn.Linear(300, 200), "weight", 1 / 900),
        ("pytorch", nn.LSTM(100, 200), "weight_ih_l0", 1 / 600),
        ("pytorch", nn.MultiheadAttention(128, 4), "in_proj_weight", 1 / 256),
        ("pytorch", nn.MultiheadAttention(128, 4), "out_proj.weight", 1 / 384),
        ("pytorch", nn.Embedding(500, 100), "weight", 1.0),
        ("keras", nn.Linear(300, 100), "weight", 2 / 400),
        ("keras", nn.Conv2d(16, 32, 3), "weight", 2 / (9 * 48)),
        ("keras", nn.LSTM(100, 50), "weight_ih_l0", 2 / 300),
        ("keras", nn.LSTM(100, 50), "weight_hh_l0", 1 / 200),
        ("keras", nn.Embedding(500, 100), "weight", 0.05**2 / 3),
        ("flax", nn.Linear(300, 200), "weight", 1 / 300),
        ("flax", nn.LSTM(100, 50), "weight_hh_l0", 1 / 50),
        ("flax", nn.GRU(100, 50), "weight_hh_l0", 1 / 150),
        ("flax", nn.Embedding(500, 100), "weight", 1 / 100),
        ("recommended", nn.Conv2d(16, 32, 3), "weight", 2 / (9 * 16)),
        ("recommended", nn.Embedding(500, 100), "weight", 0.02**2),
        ("gpt2", nn.Linear(300, 200), "weight", 0.02**2),
        ("bert", nn.Linear(300, 200), "weight", 0.0175925**2),
    ],
)
def test_variances_are_those_of_the_libraries(
    recipe: str, module: nn.Module, name: str, expected: float
) -> None:
    assert variance_after(recipe, module, name) == pytest.approx(expected, rel=0.05)


def test_a_block_of_keras_recurrent_weights_has_radius_a_half() -> None:
    cell = nn.LSTMCell(8, 256)
    reinitialize(cell, "keras")
    block = torch.linalg.eigvals(cell.weight_hh.detach()[:256]).abs().max()
    assert float(block) == pytest.approx(0.5, abs=0.05)
    stacked = cell.weight_hh.detach()
    torch.testing.assert_close(stacked.T @ stacked, torch.eye(256), atol=1e-4, rtol=0)


def test_recommended_recurrent_weights_are_orthogonal_gate_by_gate() -> None:
    gru = nn.GRU(8, 32)
    reinitialize(gru, "recommended")
    for gate in gru.weight_hh_l0.detach().split(32):
        torch.testing.assert_close(gate @ gate.T, torch.eye(32), atol=1e-5, rtol=0)


@pytest.mark.parametrize("recipe", ["keras", "recommended"])
def test_the_forget_gate_starts_open_by_one(recipe: str) -> None:
    lstm = nn.LSTM(4, 5)
    reinitialize(lstm, recipe)
    total = (lstm.bias_ih_l0 + lstm.bias_hh_l0).detach()
    assert total.tolist() == [0.0] * 5 + [1.0] * 5 + [0.0] * 10


def test_the_textbook_matches_dense_layers_to_what_follows() -> None:
    net = nn.Sequential(
        nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 256), nn.Tanh(), nn.Linear(256, 256),
        nn.BatchNorm1d(256), nn.SELU(), nn.Linear(256, 10),
    )  # fmt: skip
    table = reinitialize(net, "recommended").set_index("name")
    weights = table[table.index.str.endswith("weight") & table.role.str.contains("dense|readout")]
    drawn = list(weights.initializer)
    assert drawn == ["he_normal", "glorot_uniform", "lecun_normal", "glorot_uniform"]
    assert table.loc["7.weight", "role"] == "readout.weight"


def test_residual_projections_shrink_with_their_number() -> None:
    blocks = nn.ModuleList(
        nn.ModuleDict({"up": nn.Linear(64, 256), "out": nn.Linear(256, 64)}) for _ in range(24)
    )
    roles = {"*.out.weight": "residual.last"}
    table = reinitialize(blocks, "gpt2", roles=roles).set_index("name")
    std = math.sqrt(table.loc["5.out.weight", "variance"])
    # 12 blocks of attention and MLP have 24 residual projections.
    assert std == pytest.approx(0.00408248, rel=0.03)
    assert math.sqrt(table.loc["5.up.weight", "variance"]) == pytest.approx(0.02, rel=0.03)


def test_a_seed_is_a_draw_and_the_global_state_stays() -> None:
    nets = [nn.Sequential(nn.Linear(5, 6), nn.LSTM(6, 7)) for _ in range(3)]
    before = torch.random.get_rng_state()
    for net, seed in zip(nets, (4, 4, 5), strict=True):
        reinitialize(net, "keras", seed=seed)
    assert torch.equal(before, torch.random.get_rng_state())
    first, same, other = (values(net)["0.weight"] for net in nets)
    assert (first == same).all()
    assert (first != other).any()


def test_shared_and_frozen_parameters_are_drawn_once_and_stay_what_they_are() -> None:
    net = nn.Sequential(nn.Linear(8, 8), nn.Linear(8, 8))
    net[1].weight = net[0].weight
    net[0].weight.requires_grad_(requires_grad=False)
    table = reinitialize(net, "pytorch")
    assert list(table.name) == ["0.weight", "0.bias", "1.bias"]
    assert net[1].weight is net[0].weight
    assert not net[0].weight.requires_grad


def test_what_has_no_role_is_left_alone() -> None:
    net = nn.Linear(3, 3)
    net.register_parameter("token", nn.Parameter(torch.full((4,), 7.0)))
    assert "token" not in set(reinitialize(net, "keras").name)
    assert net.token.tolist() == [7.0] * 4


@pytest.mark.parametrize(
    ("recipe", "module", "roles", "message"),
    [
        ("tensorflow", nn.Linear(2, 2), None, "recipe must be one of pytorch, keras"),
        ("keras", nn.MultiheadAttention(4, 2), {"in_proj_weight": "attention.sideways"},
         "role must be one of .* got 'attention.sideways'"),
        ("gpt2", nn.Conv2d(2, 2, 1), None, "'gpt2' has no rule for the role 'conv.weight'"),
        ("fixup", nn.Conv2d(2, 2, 1), {"weight": "residual.inner"},
         "'fixup' divides by .* but no parameter has the role 'residual.last'"),
        ("gpt2", nn.Linear(2, 2), {"*.out": "residual.last"}, "no parameter .* named .*out"),
        ("keras", nn.ReLU(), None, "ReLU has no parameter that a recipe knows a role for"),
    ],
)  # fmt: skip
def test_mistakes_are_named_and_change_nothing(
    recipe: str, module: nn.Module, roles: dict[str, str] | None, message: str
) -> None:
    before = values(module)
    with pytest.raises(ValueError, match=message):
        reinitialize(module, recipe, roles=roles)
    assert all((before[n] == v).all() for n, v in values(module).items())


def test_a_recipe_of_ones_own() -> None:
    rules = {"dense.weight": Rule("constant", scale=3.0), "bias": Rule("ones")}
    mine = Recipe("mine", "Mine", "", rules)
    net = nn.Linear(2, 2)
    reinitialize(net, mine)
    assert net.weight.tolist() == [[3.0, 3.0], [3.0, 3.0]]


def test_slots_know_the_fans_of_grouped_convolutions() -> None:
    weight, _ = slots(nn.Conv2d(64, 64, 3, groups=64))
    assert (weight.fan_in, weight.fan_out) == (9, 9)


def test_delta_orthogonal_kernels_are_orthogonal_at_their_centre_and_zero_around_it() -> None:
    conv = nn.Conv2d(6, 10, (3, 5))
    reinitialize(conv, "delta_orthogonal")
    weight = conv.weight.detach()
    centre = weight[:, :, 1, 2].clone()
    torch.testing.assert_close(centre.T @ centre, torch.eye(6), atol=1e-5, rtol=0)
    weight[:, :, 1, 2] = 0
    assert not weight.any()


def test_a_kernels_centre_takes_the_rules_scale() -> None:
    conv = nn.Conv1d(5, 7, 3)
    rules = {"conv.weight": Rule("constant", scale=2.0, centred=True), "bias": Rule("zeros")}
    reinitialize(conv, Recipe("mine", "Mine", "", rules))
    assert conv.weight.unique().tolist() == [0.0, 2.0]
    assert (conv.weight[:, :, 1] == 2).all()


def test_fixup_shrinks_the_inside_of_its_branches_and_silences_their_ends() -> None:
    blocks = nn.Sequential(
        nn.Conv2d(1, 64, 3),
        *(nn.Sequential(nn.Conv2d(64, 64, 3), nn.Conv2d(64, 64, 3)) for _ in range(9)),
    )
    roles = {"*.0.weight": "residual.inner", "*.1.weight": "residual.last"}
    table = reinitialize(blocks, "fixup", roles=roles).set_index("name")
    assert table.loc["0.weight", "variance"] == pytest.approx(2 / 9, rel=0.3)
    assert table.loc["4.0.weight", "variance"] == pytest.approx(2 / (9 * 64) / 9, rel=0.05)
    assert table.loc["9.1.weight", "variance"] == 0


def test_a_role_given_to_a_layer_falls_back_on_what_the_layer_is() -> None:
    conv, dense = nn.Conv2d(8, 8, 3), nn.Linear(8, 8)
    for layer in (conv, dense):
        reinitialize(layer, "delta_orthogonal", roles={"weight": "residual.last"})
    assert conv.weight.count_nonzero() == 64
    assert dense.weight.count_nonzero() == 64
    roles = {"out_proj.weight": "residual.last"}
    table = reinitialize(nn.MultiheadAttention(8, 2), "recommended", roles=roles)
    assert dict(zip(table.name, table.initializer, strict=True))["out_proj.weight"] == (
        "glorot_uniform"
    )
