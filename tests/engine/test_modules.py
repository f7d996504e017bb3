"""Any module: seen rightly, and left as it was found."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from initviz import Batch, Network, probe
from initviz.setting.data import draw_cotangent
from initviz.setting.network import build


class Functional(nn.Module):
    """Activations as functions, in place, and a layer used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(6, 8), nn.Linear(8, 8)
        self.norm, self.drop = nn.BatchNorm1d(8), nn.Dropout(0.5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.norm(self.first(x)), inplace=True)
        x = self.second(self.drop(x)).tanh()
        return torch.relu_(self.second(x))


class Broken(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise RuntimeError("broken on purpose") if self.layer(x).sum() > -1e9 else None


INPUTS = torch.randn(32, 6, generator=torch.Generator().manual_seed(0))


def state(module: nn.Module) -> dict[str, torch.Tensor]:
    return {k: v.clone() for k, v in module.state_dict().items()}


def hooks(module: nn.Module) -> int:
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in module.modules())


@pytest.mark.parametrize("training", [True, False])
def test_a_module_is_left_as_it_was_found(training: bool) -> None:
    module = Functional().train(training)
    module.first.weight.requires_grad_(False)
    module.second.weight.grad = torch.full((8, 8), 7.0)
    before, generator = state(module), torch.get_rng_state()
    probe(module, INPUTS)
    assert all(torch.equal(v, before[k]) for k, v in module.state_dict().items())
    assert module.training is training
    assert hooks(module) == 0
    assert not module.first.weight.requires_grad
    assert module.first.weight.grad is None
    assert (module.second.weight.grad == 7).all()
    assert torch.equal(torch.get_rng_state(), generator)


def test_hooks_are_removed_when_the_forward_pass_raises() -> None:
    module = Broken()
    with pytest.raises(ValueError, match=r"Broken does not run.*broken on purpose"):
        probe(module, torch.randn(3, 4))
    assert hooks(module) == 0


def test_functional_activations_normalization_and_reuse_are_followed() -> None:
    module = Functional().eval()
    table = probe(module, INPUTS).table
    assert list(table["name"]) == ["first", "second", "second"]
    z = module.first(INPUTS)
    h = torch.relu(module.norm(z))
    second = torch.tanh(module.second(h))
    expected = [h, second, torch.relu(module.second(second))]
    np.testing.assert_allclose(
        table["act_var"], [e.var(correction=0).item() for e in expected], rtol=1e-5
    )
    assert table["preact_var"][0] == pytest.approx(z.var(correction=0).item(), rel=1e-5)


def test_gradients_are_autograds() -> None:
    module = Functional().eval()
    table = probe(module, INPUTS).table
    output = module(INPUTS)
    (output * draw_cotangent(0, output.shape)).sum().backward()
    assert table["grad_weight_var"][0] == pytest.approx(
        module.first.weight.grad.var(correction=0).item(), rel=1e-4
    )


def test_a_convolution_counts_channels_as_units() -> None:
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 5))
    with torch.no_grad():
        net[0].weight[0] = net[0].weight[1]
        net[0].bias[:2] = -100.0
    table = probe(net, torch.randn(4, 3, 8, 8)).table
    assert list(table["kind"]) == ["conv", "linear"]
    assert (table["fan_in"][0], table["fan_out"][0]) == (27, 72)
    assert table["dead_fraction"][0] == pytest.approx(2 / 8)
    assert table["distinct_fraction"][0] == pytest.approx(7 / 8)


@pytest.mark.parametrize(
    ("layer", "fans"),
    [
        (nn.Conv2d(8, 16, 3, groups=4), (18, 36)),
        (nn.ConvTranspose2d(8, 16, 3), (72, 144)),
        (nn.Conv2d(8, 8, 3, groups=8), (9, 9)),
        (nn.Linear(8, 7), (8, 7)),
    ],
)
def test_fans_count_connections(layer: nn.Module, fans: tuple[int, int]) -> None:
    table = probe(layer, torch.randn(2, 8, 8, 8)).table
    assert (table["fan_in"][0], table["fan_out"][0]) == fans


def test_what_cannot_be_probed_is_refused_in_one_line() -> None:
    with pytest.raises(ValueError, match="no weight matrix"):
        probe(nn.Sequential(nn.ReLU()), INPUTS)
    with pytest.raises(ValueError, match="tensor of inputs"):
        probe(nn.Sequential(nn.Conv2d(3, 4, 3)), Batch())
    with pytest.raises(ValueError, match="does not run on this batch"):
        probe(nn.Linear(5, 5), INPUTS)
    with pytest.raises(TypeError, match="int"):
        probe(3, INPUTS)  # type: ignore[call-overload]


def test_a_float32_module_that_underflows_is_measured_in_float64() -> None:
    network = Network(depth=80, initializer="normal", activation="tanh", width=16)
    module = build(network, Batch(dtype="float32"))
    through_module = probe(module, Batch()).log10["grad_preact_var"]
    assert through_module[0] < -200
    np.testing.assert_allclose(through_module, probe(network).log10["grad_preact_var"], atol=0.01)


def test_a_deep_copy_is_only_made_when_needed() -> None:
    module = build(Network(depth=2, width=8), Batch())
    module.__deepcopy__ = lambda _: pytest.fail("copied")  # type: ignore[method-assign]
    probe(module, Batch())
    del module.__deepcopy__
    copy.deepcopy(module)


class InPlace(nn.Module):
    """Changes its input and its activations in place, and its own buffers and mode."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 8)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls = self.calls + 1
        self.train(False)
        h = F.leaky_relu(self.layer(x.mul_(10)), 0.005)
        h += 5
        return h


def test_inputs_reassigned_buffers_and_mode_are_left_alone_and_h_is_h() -> None:
    module, inputs = InPlace(), INPUTS.clone()
    table = probe(module, inputs).table
    assert torch.equal(inputs, INPUTS)
    assert module.calls == 0
    assert module.training
    z = module.layer(10 * INPUTS)
    assert table["act_mean"][0] == pytest.approx(F.leaky_relu(z, 0.005).mean().item(), rel=1e-4)
    assert table["saturated_fraction"][0] == pytest.approx((z < 0).float().mean().item())


def test_pooling_before_the_activation_is_followed() -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.ReLU6(), nn.Flatten())
    x = torch.randn(8, 1, 8, 8)
    table = probe(net, x).table
    assert table["act_mean"][0] == pytest.approx(net(x).mean().item(), rel=1e-5)


def test_a_parametrized_layer_is_a_layer_and_a_layer_norm_is_not() -> None:
    spectral = nn.utils.parametrizations.spectral_norm(nn.Linear(6, 6))
    table = probe(nn.Sequential(spectral, nn.LayerNorm(6), nn.Tanh()), INPUTS).table
    assert list(table["kind"]) == ["linear"]


@pytest.mark.parametrize("batch", [5, None, np.zeros((3, 6)), torch.zeros(0, 6), torch.tensor(1.0)])
def test_a_batch_of_the_wrong_kind_is_refused(batch: object) -> None:
    with pytest.raises(ValueError, match="batch must") as refusal:
        probe(nn.Linear(6, 6), batch)  # type: ignore[call-overload]
    assert "\n" not in str(refusal.value)


def test_a_forward_that_wants_more_arguments_is_refused() -> None:
    with pytest.raises(ValueError, match="Bilinear does not run"):
        probe(nn.Bilinear(6, 6, 3), INPUTS)
