"""Convolutions: what zero padding costs, what delta-orthogonal keeps, what batch norm adds."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from initviz import probe
from initviz.architectures import ARCHITECTURES
from initviz.recipes.drawing import reinitialize
from initviz.recipes.rules import Recipe, Rule
from initviz.recipes.table import RECIPES

CNN = ARCHITECTURES["cnn"]
LECUN = Recipe(
    "lecun", "LeCun", "", {"conv.weight": Rule("lecun_normal"), "bias": Rule("zeros")}
)  # fmt: skip
SIDE = 8


def noise(batch: int, channels: int = 1, seed: int = 0) -> torch.Tensor:
    source = torch.Generator().manual_seed(seed)
    return torch.randn(batch, channels, SIDE, SIDE, generator=source)


def padding_factor(layers: int) -> float:
    """What of the mean square remains after 3 × 3 layers padded with zeros, exactly."""
    reach = sum(np.eye(SIDE, k=k) for k in (-1, 0, 1)) / 3
    return (np.linalg.matrix_power(reach, layers).sum() / SIDE) ** 2


def mean_squares(recipe: str | Recipe, seed: int, **fields: object) -> np.ndarray:
    module = CNN.build(spec := CNN.spec(**fields))
    reinitialize(module, recipe, seed=seed, roles=CNN.roles(spec))
    return probe(module, noise(8, seed=seed)).table["preact_ms"].to_numpy()


def test_he_holds_the_mean_square_but_for_the_padding() -> None:
    assert padding_factor(1) == pytest.approx(((3 * SIDE - 2) / (3 * SIDE)) ** 2)
    draws = [mean_squares("recommended", seed, depth=5, channels=128) for seed in range(8)]
    # Relative to the first layer, whose kernels are 9 weights and vary much. A layer of n
    # channels adds 5/n to the variance of the logarithm at most, less over different pixels.
    found = np.mean([ms / ms[0] for ms in draws], axis=0)
    expected = [padding_factor(layer) / padding_factor(1) for layer in range(1, 6)]
    np.testing.assert_allclose(found, expected, rtol=math.sqrt(4 * 5 / 128 / 8))
    assert np.mean([ms[0] for ms in draws]) == pytest.approx(2 * padding_factor(1), rel=0.1)


def test_without_a_neighbourhood_nothing_is_lost_to_the_padding() -> None:
    draws = [
        mean_squares("recommended", seed, depth=8, channels=256, kernel=1) for seed in range(4)
    ]
    assert np.mean([ms[-1] / ms[0] for ms in draws]) == pytest.approx(1, abs=0.2)


def test_gaussian_kernels_lose_to_the_padding_what_delta_orthogonal_keeps() -> None:
    fields = {"depth": 51, "activation": "linear"}
    gaussian = [mean_squares(LECUN, seed, channels=48, **fields) for seed in range(5)]
    kept = np.exp(np.mean([np.log(ms[50] / ms[0]) for ms in gaussian]))
    assert padding_factor(51) / padding_factor(1) == pytest.approx(0.01445, abs=1e-5)
    assert kept == pytest.approx(padding_factor(51) / padding_factor(1), rel=0.3)
    orthogonal = mean_squares("delta_orthogonal", 0, channels=48, **fields)
    assert orthogonal[50] / orthogonal[0] == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("activation", "growth", "tolerance"),
    [("relu", math.pi / (math.pi - 1), 0.01), ("tanh", 1.1778, 0.02), ("linear", 1.0, 0.03)],
)
def test_batch_normalization_makes_gradients_grow(
    activation: str, growth: float, tolerance: float
) -> None:
    spec = CNN.spec(
        depth=10, channels=256, kernel=1, normalization="batch", activation=activation
    )  # fmt: skip
    # Without the first layer, the channels start independent of each other.
    module = CNN.build(spec)[3:]
    reinitialize(module, "recommended", roles=CNN.roles(spec))
    gradient = probe(module, noise(16, 256)).table["grad_preact_var"].to_numpy()[1:]
    steps = len(gradient) - 1
    assert (gradient[0] / gradient[-1]) ** (1 / steps) == pytest.approx(growth, rel=tolerance)


@pytest.mark.parametrize(
    ("downsampling", "sides"),
    [("none", (8, 8)), ("stride", (8, 2)), ("max", (8, 2)), ("average", (8, 2))],
)
def test_images_are_halved_twice_or_not_at_all(downsampling: str, sides: tuple[int, int]) -> None:
    spec = CNN.spec(depth=6, channels=5, downsampling=downsampling)
    module = CNN.build(spec)
    found = module[0](CNN.inputs(spec, 4, 0)).shape, module(CNN.inputs(spec, 4, 0)).shape
    assert found == ((4, 5, sides[0], sides[0]), (4, 5, sides[1], sides[1]))
    table = reinitialize(module, RECIPES["recommended"])
    assert sorted(set(table.fan_in)) == [9, 45]


def test_inputs_are_images_of_standardised_digits() -> None:
    drawn = CNN.inputs(CNN.spec(), 1797, 0)
    assert drawn.shape == (1797, 1, 8, 8)
    seen = drawn.var(dim=0, correction=0)
    assert seen[seen > 0].mean() == pytest.approx(1, abs=1e-4)


def test_a_kernel_needs_a_centre() -> None:
    with pytest.raises(ValueError, match=r"kernel must be odd, .*; got 4"):
        CNN.spec(kernel=4)


def test_delta_orthogonal_kernels_hold_a_thousand_layers_of_tanh() -> None:
    # Near 0, tanh takes q to q − 2 q², so 1/q grows by 2 a layer; and the gradient's variance
    # loses a share 2 q a layer, which together is the same ratio. Xiao et al. 2018, figure 1.
    depth, start = 1000, 0.01
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [nn.Conv2d(32, 32, 3, padding=1), nn.Tanh()]
    net = nn.Sequential(*layers)
    reinitialize(net, "delta_orthogonal", seed=0)
    x = torch.randn(4, 32, 8, 8, generator=torch.Generator().manual_seed(0)) * start**0.5
    x.requires_grad_()
    out = net(x)
    expected = 1 / (1 + 2 * start * depth)
    assert out.square().mean().item() / start == pytest.approx(expected, rel=0.15)
    cotangent = torch.randn(out.shape, generator=torch.Generator().manual_seed(1))
    (back,) = torch.autograd.grad((out * cotangent).sum(), x)
    assert back.square().mean().item() == pytest.approx(expected, rel=0.15)
