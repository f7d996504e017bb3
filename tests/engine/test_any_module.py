"""Modules as people write them: what they take and return, and what happens inside."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from initviz import probe
from initviz.setting.data import draw_cotangent

X = torch.randn(16, 6, generator=torch.Generator().manual_seed(0))


def gradient(module: nn.Module, x: Tensor, name: str) -> float:
    """The variance of ∂ℓ/∂W by autograd alone."""
    output = module(x)
    loss = (output * draw_cotangent(0, output.shape)).sum()
    return torch.autograd.grad(loss, module.get_parameter(name))[0].var(correction=0).item()


class Between(nn.Module):
    """Two layers, and whatever a subclass puts around them."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 6)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(F.relu(self.first(x)))


class Keywords(Between):
    def forward(self, x: Tensor, *, mask: Tensor, factor: float = 1.0) -> dict[str, object]:
        hidden = F.relu(input=F.linear(input=x, weight=self.first.weight, bias=self.first.bias))
        return {"name": "logits", "logits": factor * self.second(hidden) * mask}


class Several(Between):
    def forward(self, x: Tensor, pair: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        return self.second(F.relu(self.first(x + pair[0]))), pair[1]


class Tied(Between):
    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.first(x)) @ self.first.weight


class Bare(nn.Module):
    """Weights that belong to no layer, one of them used in parts."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(6, 8))
        self.both = nn.Parameter(torch.randn(16, 8))
        self.bias = nn.Parameter(torch.zeros(8))

    def forward(self, x: Tensor) -> Tensor:
        left, right = self.both.split(8)
        h = torch.relu(torch.addmm(self.bias, x, self.w))
        return F.linear(h, left) + F.linear(h, right)


class Checkpointed(Between):
    reentrant = False

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.first(x)
        return checkpoint(lambda h: self.second(F.relu(h)), hidden, use_reentrant=self.reentrant)


class Reentrant(Checkpointed):
    reentrant = True


class Deciding(Between):
    """Goes where the data sends it, a layer as often as they say."""

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(1 + int(x.sum() > -1e9)):
            x = self.second(torch.tanh(self.first(x)))
        return x


class Overwriting(Between):
    """Writes over pre-activations and activations, in every way there is."""

    def forward(self, x: Tensor) -> Tensor:
        z = self.first(x)
        h = F.relu(z, inplace=True)
        h += 1
        z = self.second(h)
        z[:, 0] = 3.0
        return z.mul_(2)


class Blind(Between):
    """A first layer that no gradient reaches."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            hidden = self.first(x)
        return self.second(hidden)


def test_keyword_arguments_and_a_mapping_of_results() -> None:
    module = Keywords()
    table = probe(module, {"x": X, "mask": torch.ones(16, 1), "factor": 2.0}).table
    assert list(table["name"]) == ["first", "second"]
    plain = Between()
    plain.load_state_dict(module.state_dict())
    assert table["act_var"][0] == pytest.approx(
        F.relu(plain.first(X)).var(correction=0).item(), rel=1e-5
    )
    assert table["grad_weight_var"][0] == pytest.approx(
        4 * gradient(plain, X, "first.weight"), rel=1e-4
    )


def test_positional_arguments_with_tensors_inside() -> None:
    table = probe(Several(), (X, (X, X))).table
    assert list(table["name"]) == ["first", "second"]


def test_a_tied_weight_is_a_row_at_each_use_and_its_gradient_that_of_both() -> None:
    module = Tied()
    table = probe(module, X).table
    assert list(table["name"]) == ["first", "first"]
    assert list(table["fan_in"]) == [6, 8]
    expected = gradient(module, X, "first.weight")
    np.testing.assert_allclose(table["grad_weight_var"], expected, rtol=1e-4)


def test_weights_without_a_layer_are_rows_and_parts_are_told_apart() -> None:
    module = Bare()
    table = probe(module, X).table
    assert list(table["name"]) == ["w", "both", "both"]
    assert list(table["fan_in"]) == [6, 8, 8]
    assert table["act_var"][0] == pytest.approx((X @ module.w).relu().var(correction=0).item())
    assert table["weight_var"][2] == pytest.approx(module.both[8:].var(correction=0).item())


@pytest.mark.parametrize("kind", [Checkpointed, Reentrant])
def test_checkpointed_blocks_are_seen_inside(kind: type[Checkpointed]) -> None:
    module, plain = kind(), Between()
    plain.load_state_dict(module.state_dict())
    table = probe(module, X).table
    assert list(table["name"]) == ["first", "second"]
    for layer, name in enumerate(("first.weight", "second.weight")):
        assert table["grad_weight_var"][layer] == pytest.approx(gradient(plain, X, name), rel=1e-4)
    # Afterwards a checkpoint recomputes again.
    calls = []
    x = X.clone().requires_grad_()
    checkpoint(lambda x: calls.append(1) or x * 2, x, use_reentrant=True).sum().backward()
    assert len(calls) == 2


def test_a_compiled_module_is_run_as_it_was_written() -> None:
    plain = Between()
    table = probe(torch.compile(plain, backend="eager"), X).table
    assert list(table["name"]) == ["first", "second"]
    np.testing.assert_allclose(table["act_var"], probe(plain, X).table["act_var"])


def test_control_flow_may_depend_on_the_data() -> None:
    assert list(probe(Deciding(), X).table["name"]) == ["first", "second", "first", "second"]


def test_what_is_written_over_is_measured_before() -> None:
    module = Overwriting()
    table = probe(module, X).table
    z = module.first(X)
    h = F.relu(z)
    of = {"preact_var": z, "act_var": h}
    for column, values in of.items():
        assert table[column][0] == pytest.approx(values.var(correction=0).item(), rel=1e-5)
    assert table["preact_var"][1] == pytest.approx(
        module.second(h + 1).var(correction=0).item(), rel=1e-5
    )
    assert table["grad_preact_var"][0] == pytest.approx(_by_hand(module), rel=1e-4)


def _by_hand(module: Overwriting) -> float:
    z = module.first(X).detach().requires_grad_()
    out = module.second(F.relu(z) + 1)
    out = 2 * torch.cat((torch.full((16, 1), 3.0), out[:, 1:]), dim=1)
    loss = (out * draw_cotangent(0, out.shape)).sum()
    return torch.autograd.grad(loss, z)[0].var(correction=0).item()


def test_a_layer_that_no_gradient_reaches_has_none() -> None:
    table = probe(Blind(), X).table
    assert list(table["grad_weight_var"] > 0) == [False, True]


def test_a_loss_of_ones_own() -> None:
    module = Between()
    table = probe(module, X, loss=lambda output: output.square().mean()).table
    (expected,) = torch.autograd.grad(module(X).square().mean(), module.first.weight)
    assert table["grad_weight_var"][0] == pytest.approx(expected.var(correction=0).item(), rel=1e-4)


class Scoring(Between):
    def forward(self, x: Tensor) -> OrderedDict[str, Tensor]:
        logits = super().forward(x)
        return OrderedDict(loss=logits.square().mean(), logits=logits)


def test_a_scalar_that_a_module_returns_first_is_its_loss() -> None:
    module = Scoring()
    own = probe(module, X).table["grad_weight_var"]
    np.testing.assert_allclose(
        own, probe(module, X, loss=lambda o: o["loss"]).table["grad_weight_var"]
    )


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda output: output, "one number; got shape"),
        (lambda _: 3.0, "one number; got float"),
        (lambda output: output["nothing"], "does not run"),
    ],
)
def test_a_loss_that_is_none_is_refused(loss: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        probe(Between(), X, loss=loss)  # type: ignore[arg-type]


def test_a_module_that_returns_no_tensor_is_refused() -> None:
    class Counting(Between):
        def forward(self, x: Tensor) -> Mapping[str, int]:
            return {"seen": len(super().forward(x))}

    with pytest.raises(ValueError, match="must return a floating-point tensor"):
        probe(Counting(), X)


@pytest.mark.parametrize("batch", [(), {}, (3, "x"), {"x": torch.ones(1, 6)}, [X]])
def test_a_batch_without_two_inputs_is_refused(batch: object) -> None:
    with pytest.raises(ValueError, match="batch must"):
        probe(Between(), batch)  # type: ignore[call-overload]


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_a_recurrent_layer_is_a_row_of_its_states(kind: type[nn.RNNBase]) -> None:
    layer = kind(6, 5, batch_first=True)
    x = torch.randn(8, 7, 6)
    table = probe(layer, x).table
    assert list(table["kind"]) == [kind.__name__.lower()]
    states = layer(x)[0]
    assert table["act_var"][0] == pytest.approx(states.var(correction=0).item(), rel=1e-4)
    weights = torch.cat([layer.weight_ih_l0.flatten(), layer.weight_hh_l0.flatten()])
    assert table["weight_var"][0] == pytest.approx(weights.var(correction=0).item(), rel=1e-4)
    assert (table["fan_in"][0], table["fan_out"][0]) == (11, 5)


def test_a_recurrent_cell_is_a_row_at_every_step() -> None:
    class Loop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.LSTMCell(6, 5)

        def forward(self, x: Tensor) -> Tensor:
            state = None
            for step in x.unbind(1):
                state = self.cell(step, state)
            return state[0]

    table = probe(Loop(), torch.randn(8, 7, 6)).table
    assert list(table["name"]) == ["cell"] * 7
    assert table["grad_act_var"].is_monotonic_increasing
    assert table["weight_var"].nunique() == 1


@pytest.mark.parametrize("alone", [True, False])
def test_attention_is_seen_inside(alone: bool) -> None:
    class Attending(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            other = x if alone else x + 1
            return self.attention(x, other, other)[0]

    module = Attending()
    table = probe(module, torch.randn(4, 5, 8)).table
    inside = ["attention.in_proj"] if alone else ["attention.in_proj"] * 2
    assert list(table["name"]) == [*inside, "attention.out_proj"]
    if alone:
        assert table["weight_var"][0] == pytest.approx(
            module.attention.in_proj_weight.var(correction=0).item(), rel=1e-4
        )
    assert (table["grad_weight_var"] > 0).all()


def test_an_encoder_layer_in_eval_mode_takes_no_short_cut() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    table = probe(layer, torch.randn(4, 5, 8)).table
    assert list(table["name"]) == ["self_attn.in_proj", "self_attn.out_proj", "linear1", "linear2"]


def test_whole_numbers_are_inputs_too() -> None:
    module = nn.Sequential(nn.Embedding(20, 8), nn.Linear(8, 4))
    signals = probe(module, torch.randint(20, (4, 5)))
    assert list(signals.table["kind"]) == ["embedding", "linear"]
    assert signals.dtype == "float32"


def test_hooks_are_gone_after_a_nested_forward_raises() -> None:
    class Failing(Between):
        def forward(self, x: Tensor) -> Tensor:
            return self.second(self.first(x)[:, :3])

    module = Failing()
    with pytest.raises(ValueError, match="Failing does not run"):
        probe(module, X)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in module.modules())
    assert "apply" not in vars(torch.utils.checkpoint.CheckpointFunction)


class Lambda(nn.Module):
    """Two layers and a function that says what becomes of them."""

    def __init__(self, function, **layers: nn.Module) -> None:
        super().__init__()
        self.function = function
        self.first, self.second = nn.Linear(6, 6), nn.Linear(6, 6)
        for name, layer in layers.items():
            setattr(self, name, layer)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self, x)


def test_the_state_of_a_cell_may_be_a_list() -> None:
    cell = nn.LSTMCell(6, 5)

    def twice(kind: type) -> Lambda:
        def run(m: Lambda, x: Tensor) -> Tensor:
            return m.cell(x, kind(m.cell(x, kind((torch.ones(16, 5), torch.ones(16, 5))))))[0]

        return Lambda(run, cell=cell)

    listed, tupled = (probe(twice(kind), X).table for kind in (list, tuple))
    np.testing.assert_allclose(listed["weight_var"], tupled["weight_var"])
    np.testing.assert_allclose(listed["grad_weight_var"], tupled["grad_weight_var"])


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return 2 * F.linear(x, weight)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        return 2 * grad @ weight, 2 * grad.T @ x


def test_inside_a_custom_function_a_gradient_is_unknown_and_not_zero() -> None:
    module = Lambda(lambda m, x: m.second(torch.relu(Doubled.apply(x, m.first.weight))))
    table = probe(module, X).table
    assert np.isnan(table["grad_preact_var"][0])
    assert table["grad_weight_var"][0] > 0


def test_what_is_added_in_place_makes_another_thing_of_a_pre_activation() -> None:
    def added(m: Lambda, x: Tensor) -> Tensor:
        return F.relu(m.first(x) + x)

    def in_place(m: Lambda, x: Tensor) -> Tensor:
        y = m.first(x)
        y += x
        return F.relu(y)

    module = Lambda(added)
    one = probe(module, X).table
    module.function = in_place
    other = probe(module, X).table
    for column in ("act_var", "grad_act_var", "preact_var"):
        assert one[column][0] == pytest.approx(other[column][0])


def test_a_weight_used_twice_has_one_gradient_however_it_is_spelled() -> None:
    module = Lambda(lambda m, x: F.linear(F.linear(x, m.first.weight).tanh(), m.first.weight))
    plain = probe(module, X).table["grad_weight_var"]
    module.function = lambda m, x: (x @ m.first.weight.t()).tanh() @ m.first.weight.t()
    np.testing.assert_allclose(probe(module, X).table["grad_weight_var"], plain, rtol=1e-5)


@pytest.mark.filterwarnings("ignore:Full backward hook is firing")
def test_a_backward_hook_hides_no_activation() -> None:
    module = nn.Sequential(nn.Linear(6, 6), nn.ReLU(), nn.Linear(6, 6))
    plain = probe(module, X).table
    module[0].register_full_backward_hook(lambda *_: None)
    module[1].register_full_backward_hook(lambda *_: None)
    hooked = probe(module, X).table
    np.testing.assert_allclose(hooked["act_var"], plain["act_var"])


def test_units_are_found_after_axes_are_moved() -> None:
    def run(m: Lambda, x: Tensor) -> Tensor:
        return F.relu(m.first(x).transpose(1, 2))

    module = Lambda(run)
    with torch.no_grad():
        module.first.bias[:3] = -100
    table = probe(module, X[:, None].repeat(1, 9, 1)).table
    assert table["dead_fraction"][0] == pytest.approx(0.5)


def test_a_bilinear_unit_has_the_product_of_its_inputs_as_fan_in() -> None:
    module = Lambda(lambda m, x: m.both(x, x + 1), both=nn.Bilinear(6, 6, 4))
    table = probe(module, X).table
    assert (table["fan_in"][0], table["fan_out"][0]) == (36, 4)


@pytest.mark.parametrize("extra", [{"lock": threading.Lock()}, {"eye": torch.eye(6)}])
def test_what_cannot_be_repeated_in_float64_keeps_its_own(extra: dict[str, object]) -> None:
    module = Lambda(lambda m, x: m.second(m.first(x)) @ vars(m).get("eye", torch.eye(6)))
    vars(module).update(extra)
    nn.init.zeros_(module.second.weight)
    nn.init.zeros_(module.second.bias)
    assert probe(module, X).table["preact_var"][1] == 0


def test_activations_with_parameters_of_their_own() -> None:
    module = nn.Sequential(nn.Linear(6, 8), nn.PReLU(8), nn.Linear(8, 2))
    assert len(probe(module, X).table) == 2


def test_whatever_a_forward_raises_is_told_in_one_line() -> None:
    layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
    with pytest.raises(ValueError, match="TransformerEncoderLayer does not run"):
        probe(layer, torch.randn(4, 5, 20))


def test_inputs_have_to_be_finite() -> None:
    with pytest.raises(ValueError, match="batch must hold finite numbers"):
        probe(nn.Linear(6, 6), torch.full((4, 6), torch.nan))


class Changing(nn.Module):
    """Renormalizes a table, writes an expanded buffer, keeps a state, and registers a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(20, 6, max_norm=0.1)
        self.layer = nn.Linear(6, 6)
        self.register_buffer("wide", torch.zeros(1).expand(4))
        self.register_buffer("seen", torch.zeros(()))
        self.state, self.calls = None, 0

    def forward(self, x: Tensor) -> Tensor:
        self.seen += 1
        self.calls += 1
        self.state = self.layer(self.table(x)) + (0 if self.state is None else self.state)
        self.register_buffer("late", torch.ones(2))
        return self.state


def test_tables_buffers_and_attributes_stay_as_they_were() -> None:
    module = Changing()
    before = {k: v.clone() for k, v in module.state_dict().items()}
    ids = torch.arange(20).reshape(4, 5)
    first, second = probe(module, ids), probe(module, ids)
    assert first.table.equals(second.table)
    assert module.state is None
    assert module.calls == 0
    after = module.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(v, before[k]) for k, v in after.items())


def test_probes_of_random_modules_beside_each_other_are_as_alone() -> None:
    modules = [nn.Sequential(nn.Linear(6, 64), nn.Dropout(), nn.Linear(64, 6)) for _ in range(8)]
    alone = [probe(m, X).table["preact_var"] for m in modules]
    before = torch.get_rng_state()
    with ThreadPoolExecutor(4) as pool:
        beside = list(pool.map(lambda m: probe(m, X).table["preact_var"], modules))
    assert all(map(np.array_equal, alone, beside))
    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("batch_first", [True, False])
def test_inputs_that_are_alike_have_a_correlation_of_one(batch_first: bool) -> None:
    passage = torch.randn(1, 5, 16)
    x = passage.repeat(8, 1, 1)
    layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=batch_first, dropout=0.0)
    if batch_first:
        np.testing.assert_allclose(probe(layer, x).table["correlation"], 1, atol=1e-6)
    lstm = nn.LSTM(16, 8, batch_first=batch_first)
    if batch_first:
        np.testing.assert_allclose(probe(lstm, x).table["correlation"], 1, atol=1e-6)


def test_matrices_that_no_row_was_made_of_are_named() -> None:
    module = Lambda(lambda m, x: m.second(torch.einsum("bi,oi->bo", x, m.first.weight)))
    assert probe(module, X).unseen == ("first.weight",)


def test_pooling_and_flattening_are_no_drift() -> None:
    torch.manual_seed(0)
    pooled = nn.Sequential(
        nn.Conv2d(3, 16, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)
    )
    signals = probe(pooled, torch.randn(32, 3, 16, 16))
    assert signals.diagnosis.verdict == "stable"
    assert "left out" in signals.diagnosis.reason
    deep = [layer for _ in range(20) for layer in (nn.Conv2d(8, 8, 3, padding=1), nn.ReLU())]
    assert probe(nn.Sequential(*deep), torch.randn(8, 8, 8, 8)).diagnosis.verdict == "vanishing"


def test_equal_channels_are_counted_as_channels() -> None:
    layer = nn.Conv2d(3, 32, 3)
    nn.init.constant_(layer.weight, 0.1)
    nn.init.zeros_(layer.bias)
    reason = probe(layer, torch.randn(4, 3, 8, 8)).diagnosis.reason
    assert "All 32 units of layer 1 (Conv2d) compute the same thing" in reason
