"""Each initializer against its theoretical distribution."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network, probe
from initviz.catalog.initializers import ALIASES, TRUNCATED_VARIANCE
from initviz.runtime.randomness import generator
from initviz.setting.network import build

CONTRACT = [
    "zeros", "ones", "constant", "normal", "uniform", "truncated_normal", "lecun_normal",
    "lecun_uniform", "lecun_truncated", "glorot_normal", "glorot_uniform", "he_normal",
    "he_uniform", "orthogonal", "identity", "sparse", "torch_default",
]  # fmt: skip
SHAPES = [(96, 160), (160, 96), (128, 128)]


def draw(name: str, fan_in: int, fan_out: int, seed: int = 0, **scaling: float) -> torch.Tensor:
    return INITIALIZERS[name].sample(fan_in, fan_out, generator(seed, "weight"), **scaling)


def test_the_registry_holds_exactly_the_contract() -> None:
    assert list(INITIALIZERS) == CONTRACT
    assert set(ALIASES) == {
        f"{family}_{kind}" for family in ("xavier", "kaiming") for kind in ("normal", "uniform")
    }


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", INITIALIZERS)
def test_mean_and_variance_are_the_theoretical_ones(name: str, shape: tuple[int, int]) -> None:
    record = INITIALIZERS[name]
    weights = torch.stack([draw(name, *shape, seed=s, gain=1.3) for s in range(8)]).double().numpy()
    mean, variance = record.mean(*shape, gain=1.3), record.variance(*shape, gain=1.3)
    count = weights.size
    # Five standard errors: of a mean, and of a variance (kurtosis at most the normal's 3).
    assert weights.mean() == pytest.approx(
        mean, rel=1e-6, abs=1e-12 + 5 * math.sqrt(variance / count)
    )
    assert weights.var() == pytest.approx(variance, rel=5 * math.sqrt(2 / count), abs=1e-12)


def _cdf(name: str, fan_in: int, fan_out: int):
    record = INITIALIZERS[name]
    std = math.sqrt(record.variance(fan_in, fan_out))
    if record.noise.name == "normal":
        return stats.norm(scale=std).cdf
    if record.noise.name == "uniform":
        return stats.uniform(-std * math.sqrt(3), 2 * std * math.sqrt(3)).cdf
    return stats.truncnorm(-2, 2, scale=std / math.sqrt(TRUNCATED_VARIANCE)).cdf


RANDOM = [n for n, i in INITIALIZERS.items() if i.noise.name in ("normal", "uniform", "truncated")]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", RANDOM)
def test_weights_of_every_network_follow_the_distribution(name: str, activation: str) -> None:
    network = Network(depth=2, width=96, activation=activation, initializer=name)
    linear = build(network, Batch(seed=11))[0]
    weights = linear.weight.detach().double().numpy().ravel()
    # 187 networks are tested: a false alarm in any has probability below 2e-4.
    assert stats.kstest(weights, _cdf(name, 96, 96)).pvalue > 1e-6


def test_the_distribution_test_can_fail() -> None:
    weights = draw("he_normal", 96, 96).double().numpy().ravel() * 1.2
    assert stats.kstest(weights, _cdf("he_normal", 96, 96)).pvalue < 1e-6


@pytest.mark.parametrize("shape", SHAPES)
def test_orthogonal_is_orthogonal_tall_wide_and_square(shape: tuple[int, int]) -> None:
    w = draw("orthogonal", *shape).double()
    short = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    assert torch.allclose(short, torch.eye(len(short), dtype=torch.float64), atol=1e-5)


def test_orthogonal_is_uniform_over_the_group() -> None:
    # A Haar-distributed entry of an n × n matrix has x² ~ Beta(1/2, (n-1)/2).
    entries = [float(draw("orthogonal", 5, 5, seed=s)[0, 0]) for s in range(600)]
    assert stats.kstest(np.square(entries), stats.beta(0.5, 2).cdf).pvalue > 1e-4
    assert abs(np.mean(np.sign(entries))) < 5 / math.sqrt(600)


@pytest.mark.parametrize("shape", SHAPES)
def test_sparse_has_the_same_number_of_exact_zeros_in_every_column(shape: tuple[int, int]) -> None:
    w = draw("sparse", *shape)
    assert ((w == 0).sum(dim=0) == math.ceil(0.1 * shape[1])).all()


def test_torch_default_is_what_linear_does() -> None:
    torch_weights = torch.cat([nn.Linear(80, 120).weight.detach().flatten() for _ in range(8)])
    ours = torch.cat([draw("torch_default", 80, 120, seed=s).flatten() for s in range(8)])
    assert stats.ks_2samp(torch_weights.numpy(), ours.numpy()).pvalue > 1e-6
    assert ours.abs().max() <= 1 / math.sqrt(80)


@pytest.mark.parametrize("name", ["xavier_normal", "kaiming_uniform"])
def test_aliases_are_normalised(name: str) -> None:
    assert Network(initializer=name).initializer == ALIASES[name]


@pytest.mark.parametrize("name", INITIALIZERS)
def test_same_seed_same_bits_other_seed_other_bits(name: str) -> None:
    first, again, other = (draw(name, 32, 48, seed=s) for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert torch.equal(first, other) == (INITIALIZERS[name].noise.name in ("ones", "eye"))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("name", INITIALIZERS)
def test_a_probe_has_the_same_bits_for_the_same_seed(name: str, activation: str) -> None:
    network = Network(depth=4, width=16, activation=activation, initializer=name, gain=1.1)
    first, again = (probe(network, Batch(size=8, seed=4)) for _ in range(2))
    assert first.table.equals(again.table)


@pytest.mark.parametrize("name", INITIALIZERS)
def test_gain_rescales_the_same_noise(name: str) -> None:
    assert torch.allclose(draw(name, 24, 24, gain=2.5), 2.5 * draw(name, 24, 24))


@pytest.mark.parametrize(
    ("name", "fan_in", "fan_out", "variance"),
    [
        ("lecun_normal", 200, 50, 1 / 200),
        ("he_normal", 200, 50, 2 / 200),
        ("glorot_uniform", 200, 50, 2 / 250),
        ("orthogonal", 512, 2048, 1 / 2048),
        ("torch_default", 200, 50, 1 / 600),
        ("lecun_truncated", 200, 50, 1 / 200),
        ("truncated_normal", 200, 50, 0.0175925**2),
    ],
)
def test_variances_of_the_literature(name: str, fan_in: int, fan_out: int, variance: float) -> None:
    assert INITIALIZERS[name].variance(fan_in, fan_out) == pytest.approx(variance, rel=1e-5)
    assert math.sqrt(TRUNCATED_VARIANCE) == pytest.approx(0.87962566103423978)
