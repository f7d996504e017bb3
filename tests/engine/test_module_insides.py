"""Modules as people write them: what happens between their layers."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from initviz import probe
from initviz.setting.data import draw_cotangent
from tests.engine.modules import Between, Lambda, X, gradient


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


class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, weight: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        return 2 * F.linear(x, weight)

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, Tensor]:
        x, weight = ctx.saved_tensors
        return 2 * grad @ weight, 2 * grad.T @ x


def test_a_tied_weight_is_a_row_at_each_use_and_its_gradient_that_of_both() -> None:
    module = Tied()
    table = probe(module, X).table
    assert list(table["name"]) == ["first", "first"]
    assert list(table["fan_in"]) == [6, 8]
    expected = gradient(module, X, "first.weight")
    np.testing.assert_allclose(table["grad_weight_var"], expected, rtol=1e-4)


def test_a_weight_used_twice_has_one_gradient_however_it_is_spelled() -> None:
    module = Lambda(lambda m, x: F.linear(F.linear(x, m.first.weight).tanh(), m.first.weight))
    plain = probe(module, X).table["grad_weight_var"]
    module.function = lambda m, x: (x @ m.first.weight.t()).tanh() @ m.first.weight.t()
    np.testing.assert_allclose(probe(module, X).table["grad_weight_var"], plain, rtol=1e-5)


def test_weights_without_a_layer_are_rows_and_parts_are_told_apart() -> None:
    module = Bare()
    table = probe(module, X).table
    assert list(table["name"]) == ["w", "both", "both"]
    assert list(table["fan_in"]) == [6, 8, 8]
    assert table["act_var"][0] == pytest.approx((X @ module.w).relu().var(correction=0).item())
    assert table["weight_var"][2] == pytest.approx(module.both[8:].var(correction=0).item())


def test_matrices_that_no_row_was_made_of_are_named() -> None:
    module = Lambda(lambda m, x: m.second(torch.einsum("bi,oi->bo", x, m.first.weight)))
    assert probe(module, X).unseen == ("first.weight",)


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


def test_a_layer_that_no_gradient_reaches_has_none() -> None:
    table = probe(Blind(), X).table
    assert list(table["grad_weight_var"] > 0) == [False, True]


def test_inside_a_custom_function_a_gradient_is_unknown_and_not_zero() -> None:
    module = Lambda(lambda m, x: m.second(torch.relu(Doubled.apply(x, m.first.weight))))
    table = probe(module, X).table
    assert np.isnan(table["grad_preact_var"][0])
    assert table["grad_weight_var"][0] > 0


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
