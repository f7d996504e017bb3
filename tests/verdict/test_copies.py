"""Units are copies if they compute the same thing and are moved alike; all else can train."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from initviz import Batch, Network, probe
from initviz.setting.network import build
from initviz.training.datasets import dataset

DATA = dataset("digits")
INPUTS, LABELS = DATA.inputs[:128], DATA.labels[:128]
WIDTH = 64


def dense(activation: type[nn.Module], depth: int = 4) -> nn.Sequential:
    layers: list[nn.Module] = []
    for fan_in in [64] + [WIDTH] * (depth - 1):
        layers += [nn.Linear(fan_in, WIDTH), activation()]
    return nn.Sequential(*layers, nn.Linear(WIDTH, 10))


def zeroed(layer: nn.Linear) -> nn.Linear:
    nn.init.zeros_(layer.weight)
    return layer


def zero_head() -> nn.Module:
    module = dense(nn.Tanh)
    zeroed(module[-1])
    return module


def zero_first_layer() -> nn.Module:
    module = dense(nn.Tanh)
    zeroed(module[0])
    return module


class ZeroBranches(nn.Module):
    """Residual blocks whose last layers begin at 0."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.head = nn.Linear(64, WIDTH), nn.Linear(WIDTH, 10)
        self.first = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.last = nn.ModuleList(zeroed(nn.Linear(WIDTH, WIDTH)) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for first, last in zip(self.first, self.last, strict=True):
            x = x + last(torch.relu(first(x)))
        return self.head(x)


class LowRank(nn.Module):
    """A layer with a correction B A of low rank, where B begins at 0 (Hu et al. 2022)."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.head = nn.Linear(64, WIDTH), nn.Linear(WIDTH, 10)
        self.a = nn.Linear(64, 8, bias=False)
        self.b = zeroed(nn.Linear(8, WIDTH, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.relu(self.layer(x) + self.b(self.a(x))))


def identities(activation: str) -> nn.Module:
    network = Network(depth=4, width=64, activation=activation, initializer="identity")
    return build(network, Batch(inputs="digits", loss="cross_entropy"))


HEALTHY: dict[str, Callable[[], nn.Module]] = {
    "a zero head": zero_head,
    "a zero first layer": zero_first_layer,
    "zero branches": ZeroBranches,
    "a pair of low rank": LowRank,
    "the identity, tanh": lambda: identities("tanh"),
    "the identity, ReLU": lambda: identities("relu"),
}


def loss(outputs: Tensor) -> Tensor:
    return F.cross_entropy(outputs, LABELS)


def accuracy(module: nn.Module, steps: int = 100) -> float:
    """Train on the digits, and return the share of the test set that is recognized."""
    optimizer = torch.optim.SGD(module.parameters(), lr=0.03, momentum=0.9)
    order = torch.Generator().manual_seed(0)
    for _ in range(steps):
        chosen = torch.randperm(len(DATA.labels), generator=order)[:128]
        optimizer.zero_grad()
        F.cross_entropy(module(DATA.inputs[chosen]), DATA.labels[chosen]).backward()
        optimizer.step()
    with torch.no_grad():
        right = module(DATA.test_inputs).argmax(1) == DATA.test_labels
    return float(right.double().mean())


@pytest.mark.parametrize("name", HEALTHY)
def test_layers_that_begin_at_zero_are_no_copies_and_train(name: str) -> None:
    module = HEALTHY[name]()
    signals = probe(module, INPUTS, loss=loss)
    assert signals.diagnosis.verdict == "stable", signals.diagnosis.reason
    assert accuracy(module) > 0.7


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("value", [0.0, 0.05])
def test_equal_weights_everywhere_are_copies_and_do_not_train(
    value: float, activation: str
) -> None:
    network = Network(
        depth=4, width=WIDTH, activation=activation, initializer="constant", scale=value
    )
    module = build(network, Batch(inputs="digits", loss="cross_entropy"))
    signals = probe(module, INPUTS, loss=loss)
    assert signals.diagnosis.verdict == "symmetric"
    # With equal weights of the readout no gradient arrives but what rounding leaves of it.
    assert (signals.table["distinct_fraction"][:4] <= 4 / WIDTH).all()
    assert accuracy(module) < 0.5


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh])
def test_no_gradient_at_all_is_never_stable(activation: type[nn.Module]) -> None:
    signals = probe(dense(activation), INPUTS, loss=lambda outputs: (outputs * 0).sum())
    assert signals.diagnosis.verdict == "vanishing"
    assert "exactly 0 everywhere" in signals.diagnosis.reason


@pytest.mark.parametrize("depth", [1, 2, 20])
def test_zeros_with_relu_get_no_gradient_and_it_is_said(depth: int) -> None:
    diagnosis = probe(Network(depth=depth, initializer="zeros"), Batch()).diagnosis
    assert diagnosis.verdict == "symmetric"
    assert "No gradient reaches any layer" in diagnosis.reason


class Whole(nn.Module):
    """A layer by itself, its last state or its outputs."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> Tensor:
        found = self.layer(x)
        return found[0] if isinstance(found, tuple) else found


KEPT = {
    "kernels in groups": (lambda: nn.Conv2d(4, 8, 3, groups=2), (8, 4, 6, 6), 2),
    "transposed kernels": (lambda: nn.ConvTranspose2d(4, 8, 3), (8, 4, 6, 6), 1),
    "transposed kernels in groups": (
        lambda: nn.ConvTranspose2d(4, 8, 3, groups=2),
        (8, 4, 6, 6),
        2,
    ),
    "gates of a cell": (lambda: nn.LSTMCell(5, 8), (8, 5), 1),
    "gates of a layer": (lambda: nn.GRU(5, 8), (3, 8, 5), 1),
}


@pytest.mark.parametrize(("make", "shape", "groups"), KEPT.values(), ids=KEPT)
def test_copies_are_found_however_weights_are_kept(
    make: Callable[[], nn.Module], shape: tuple[int, ...], groups: int
) -> None:
    layer, inputs = make(), torch.randn(shape)
    axis = 1 if inputs.dim() == 4 else -1

    def weighed(outputs: Tensor, each: Tensor) -> Tensor:
        seen = outputs.movedim(axis, -1) * each
        return (seen + seen.pow(2)).sum()

    def different(weight: float, each: Tensor) -> float:
        for parameter in layer.parameters():
            nn.init.constant_(parameter, weight if parameter.dim() > 1 else 0)
        signals = probe(Whole(layer), inputs, loss=lambda outputs: weighed(outputs, each))
        return float(signals.table["distinct_fraction"][0])

    assert different(0.1, torch.ones(8)) == groups / 8
    # What all units compute alike they do not stay with, where each is weighed differently.
    assert different(0.0, torch.randn(8)) == 1
