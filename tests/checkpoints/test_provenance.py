"""Sixty matrices whose origin is known, and what is said of them.

They are drawn by PyTorch's own functions, and by SciPy where it has none; what each law's
variance is stands here once more.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from scipy.stats import norm, truncnorm, uniform
from torch import Tensor, nn
from torch.nn import init

from initviz import inspect
from initviz.checkpoints.fits import displacement, edged, fits, values_of
from initviz.checkpoints.laws import LAWS
from initviz.checkpoints.spectrum import learnt

SEEDS = range(5)
CUT = 0.87962566103423978
KINDS = {
    "normal": ("normal", "lecun_normal", "glorot_normal", "he_normal", "he_normal_fan_out"),
    "uniform": (
        "uniform", "lecun_uniform", "glorot_uniform", "he_uniform", "he_uniform_fan_out",
        "torch_default",
    ),
    "truncated": ("truncated_normal", "lecun_truncated", "glorot_truncated", "he_truncated"),
}  # fmt: skip
KIND = {name: kind for kind, names in KINDS.items() for name in names}
# The gains of PyTorch's table for tanh, ReLU and SELU.
GAINS = {"normal": (1, 5 / 3, math.sqrt(2), 3 / 4), "uniform": (1,), "truncated": (1,)}
SIZES = {"normal": (1e-4, 4e-4, 1), "uniform": (0.05**2 / 3,), "truncated_normal": (3.095e-4,)}


def variances(name: str, fan_in: float, fan_out: float) -> list[float]:
    """Return what the variance of a named origin's weights may be."""
    if name in SIZES:
        return list(SIZES[name])
    if name.startswith("glorot"):
        return [g * g * 2 / (fan_in + fan_out) for g in GAINS[KIND[name]]]
    fan = fan_out if name.endswith("fan_out") else fan_in
    return [{"he": 2, "lecun": 1, "torch": 1 / 3}[name.split("_", maxsplit=1)[0]] / fan]


def kaiming(kind: str, shape: tuple[int, ...], **named: object) -> Tensor:
    return getattr(init, f"kaiming_{kind}_")(torch.empty(shape), **named)


def xavier(kind: str, shape: tuple[int, ...], gain: float = 1.0) -> Tensor:
    return getattr(init, f"xavier_{kind}_")(torch.empty(shape), gain)


def cut(shape: tuple[int, ...], std: float) -> Tensor:
    """Draw a truncated normal law that keeps its standard deviation, as Keras and JAX do."""
    seed = int(torch.randint(2**31, ()))
    drawn = truncnorm(-2, 2, scale=std / CUT).rvs(shape, random_state=seed)
    return torch.from_numpy(drawn.astype(np.float32))


def part(module: nn.Module, name: str) -> Tensor:
    return dict(module.named_parameters())[name].detach()


he_out = partial(kaiming, mode="fan_out")
lecun = partial(kaiming, nonlinearity="linear")
# name of the tensor, what draws it, what must be named; the last is "" of what is trained
Case = tuple[str, Callable[[], Tensor], str]
W, K = "fc.weight", "dense/kernel"
UNTRAINED: list[Case] = [
    (W, lambda: torch.zeros(40, 60), "zeros"),
    (W, lambda: torch.ones(40, 60), "ones"),
    (W, lambda: torch.full((40, 60), 0.3), "constant"),
    (W, lambda: init.normal_(torch.empty(64, 96), std=0.01), "normal"),
    (W, lambda: init.normal_(torch.empty(64, 96), std=0.02), "normal"),
    (W, lambda: init.uniform_(torch.empty(64, 96), -0.05, 0.05), "uniform"),
    (W, lambda: init.uniform_(torch.empty(64, 96), -0.3, 0.3), "uniform"),
    (W, lambda: init.trunc_normal_(torch.empty(64, 96)) * 0.02, "truncated_normal"),
    (W, lambda: lecun("normal", (64, 150)), "lecun_normal"),
    (W, lambda: lecun("uniform", (64, 150)), "lecun_uniform"),
    (W, lambda: cut((64, 150), 1 / math.sqrt(150)), "lecun_truncated"),
    (W, lambda: xavier("normal", (200, 70)), "glorot_normal"),
    (W, lambda: xavier("uniform", (200, 70)), "glorot_uniform"),
    (W, lambda: kaiming("normal", (200, 70)), "he_normal"),
    (W, lambda: kaiming("uniform", (200, 70)), "he_uniform"),
    (W, lambda: init.orthogonal_(torch.empty(200, 70)), "orthogonal"),
    (W, lambda: init.orthogonal_(torch.empty(64, 128), gain=5 / 3), "orthogonal"),
    (W, lambda: init.eye_(torch.empty(40, 60)), "identity"),
    (W, lambda: init.sparse_(torch.empty(80, 60), 0.1), "sparse"),
    (W, lambda: part(nn.Linear(120, 50), "weight"), "torch_default"),
    # by fan-out, as torchvision's ResNet
    ("layer1.0.conv1.weight", lambda: he_out("normal", (64, 64, 3, 3)), "he_normal_fan_out"),
    ("layer2.0.conv1.weight", lambda: he_out("normal", (128, 64, 3, 3)), "he_normal_fan_out"),
    ("downsample.0.weight", lambda: he_out("normal", (256, 64, 1, 1)), "he_normal_fan_out"),
    ("conv1.weight", lambda: he_out("normal", (64, 3, 7, 7)), "he_normal_fan_out"),
    (W, lambda: he_out("uniform", (90, 260)), "he_uniform_fan_out"),
    # Keras's and JAX's own He and Glorot
    (K, lambda: cut((200, 70), math.sqrt(2 / 200)), "he_truncated"),
    (K, lambda: cut((200, 70), math.sqrt(2 / 270)), "glorot_truncated"),
    ("conv/kernel", lambda: cut((3, 3, 32, 48), math.sqrt(2 / 288)), "he_truncated"),
    ("conv/kernel", lambda: cut((3, 3, 32, 48), math.sqrt(2 / 720)), "glorot_truncated"),
    # with a gain
    (W, lambda: xavier("normal", (200, 70), 5 / 3), "glorot_normal"),
    (W, lambda: xavier("normal", (200, 70), math.sqrt(2)), "glorot_normal"),
    (W, lambda: xavier("normal", (200, 70), 0.75), "glorot_normal"),
    (W, lambda: xavier("uniform", (200, 70), 5 / 3), "glorot_uniform"),
    (W, lambda: xavier("uniform", (200, 70), 0.5), "glorot_uniform"),
    (W, lambda: xavier("uniform", (128, 128), 1 / math.sqrt(2)), "glorot_uniform"),
    # convolutions of every dimension, grouped and transposed
    ("a.weight", lambda: kaiming("normal", (48, 32, 5)), "he_normal"),
    ("a.weight", lambda: part(nn.Conv1d(24, 40, 7), "weight"), "torch_default"),
    ("a.weight", lambda: part(nn.Conv3d(8, 24, 3), "weight"), "torch_default"),
    ("a.weight", lambda: xavier("uniform", (24, 8, 3, 3, 3)), "glorot_uniform"),
    ("a.weight", lambda: part(nn.Conv2d(64, 96, 3, groups=4), "weight"), "torch_default"),
    ("a.weight", lambda: he_out("normal", (256, 1, 3, 3)), "he_normal_fan_out"),
    ("a.weight", lambda: part(nn.ConvTranspose2d(64, 24, 4), "weight"), "torch_default"),
    ("a.weight", lambda: kaiming("normal", (64, 24, 4, 4)), "he_normal"),
    # embeddings
    ("embedding.weight", lambda: part(nn.Embedding(300, 40), "weight"), "normal"),
    ("embed/embeddings", lambda: init.uniform_(torch.empty(300, 40), -0.05, 0.05), "uniform"),
    ("wte.weight", lambda: init.normal_(torch.empty(500, 64), std=0.02), "normal"),
    # rounded
    (W, lambda: kaiming("normal", (200, 70)).half(), "he_normal"),
    (W, lambda: xavier("uniform", (200, 70)).bfloat16(), "glorot_uniform"),
    (W, lambda: he_out("normal", (128, 64, 3, 3)).bfloat16(), "he_normal_fan_out"),
    (W, lambda: cut((70, 200), math.sqrt(2 / 200)).half(), "he_truncated"),
    # tied fans: several are rightly named
    (W, lambda: kaiming("normal", (100, 100)), "he_normal"),
    (W, lambda: xavier("uniform", (100, 100)), "glorot_uniform"),
]
STACKED: list[Case] = [
    (f"rnn.{name}", lambda cell=cell, name=name: part(cell(50, 64, num_layers=2), name), truth)
    for cell in (nn.LSTM, nn.GRU)
    for name, truth in (("weight_ih_l0", "torch_default"), ("weight_hh_l1", "torch_default"))
]


def trained(drawn: Callable[[], Tensor], share: float, rank: int) -> Tensor:
    """Move weights by a share of their size, into a few directions as gradients do."""
    weights = drawn()
    moved = torch.randn(len(weights), rank) @ torch.randn(rank, weights.shape[1])
    return weights + moved * share * weights.norm() / moved.norm()


TRAINED: list[tuple[str, Callable[[], Tensor], float]] = [
    ("he_normal", lambda: trained(lambda: kaiming("normal", (128, 200)), 0.16, 1), 0.16),
    ("he_normal", lambda: trained(lambda: kaiming("normal", (256, 256)), 0.16, 2), 0.16),
    ("he_normal", lambda: kaiming("normal", (200, 128)) * 1.16, 0.16),
    ("torch_default", lambda: trained(lambda: part(nn.Linear(200, 200), "weight"), 0.15, 1), 0.15),
]


CASES = [*UNTRAINED, *STACKED]


def found(name: str, tensor: Tensor) -> tuple[tuple[str, ...], float]:
    beside = {name.replace("_ih_", "_hh_"): torch.randn(256, 64)} if "_ih_" in name else {}
    row = inspect({**beside, name: tensor}).table.set_index("name").loc[name]
    return row["origins"], row["stray"]


def fans(name: str, shape: tuple[int, ...]) -> tuple[int, int]:
    out, into, field = (
        (shape[-1], shape[-2], shape[:-2]) if "kernel" in name else (shape[0], shape[1], shape[2:])
    )
    return into * math.prod(field), out * math.prod(field)


def test_there_are_sixty() -> None:
    assert len(CASES) + len(TRAINED) == 60


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c[2]} {c[0]}")
def test_the_true_origin_is_named_and_no_wrong_one(case: Case, seed: int) -> None:
    name, draw, truth = case
    with torch.random.fork_rng():
        torch.manual_seed(1000 + seed)
        tensor = draw()
    origins, stray = found(name, tensor)
    assert truth in origins
    n = tensor.numel()
    # The least moves of a fresh draw are some multiple of 1 / √n, of bfloat16's rounding too.
    assert stray <= 5 / math.sqrt(n) + 0.004
    if truth not in KIND:
        assert origins == (truth,)
        return
    assert {KIND[other] for other in origins} == {KIND[truth]}
    size = float(tensor.double().square().mean())
    # Ten standard errors of a variance; the sample tells five.
    tolerance = 10 * math.sqrt(2 / n) + 0.004
    free = {"uniform", "glorot_uniform"}
    if set(origins) == free:
        return
    shape = (256, 64) if "weight_" in name else tuple(tensor.shape)
    for other in origins:
        expected = variances(other, *fans(name, shape))
        assert min(abs(size / e - 1) for e in expected) < tolerance, other


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("case", TRAINED, ids=lambda c: f"{c[0]} {c[2]}")
def test_what_was_moved_says_how_far(
    case: tuple[str, Callable[[], Tensor], float], seed: int
) -> None:
    truth, draw, moved = case
    with torch.random.fork_rng():
        torch.manual_seed(1000 + seed)
        origins, stray = found(W, draw())
    assert origins[0] == truth
    assert stray == pytest.approx(moved, rel=0.25)


@pytest.mark.parametrize("noise", ["normal", "uniform", "truncated"])
@pytest.mark.parametrize("count", [400, 40_000])
def test_a_variance_many_deviations_off_is_no_draw(noise: str, count: int) -> None:
    law = LAWS[noise]
    ranks = (np.arange(count) + 0.5) / count
    # As regular as no draw is, so that nothing but the size can be amiss.
    exact = law.quantile(ranks)
    exact /= math.sqrt(float(np.square(exact).mean()) / law.variance)
    error = math.sqrt((law.kurtosis - 1) / count)

    def taken(deviations: float) -> bool:
        # The law is the smaller one, or a draw of it would be seen to lack its edge.
        return fits(values_of(exact, 0.0), law, 1 / math.sqrt(1 + deviations * error))

    assert taken(0)
    # Where there is an edge, three deviations of the variance already lie beyond it.
    assert taken(3) == (noise == "normal")
    assert not taken(6)
    assert not taken(12)


def test_each_contradiction_is_enough() -> None:
    law, n = LAWS["normal"], 20_000
    draw = values_of(np.random.default_rng(1).standard_normal(n), 0.0)
    assert fits(draw, law, 1.0)
    # Of 20 000 sizes the largest is below 3.1 or above 6.5 less than once in 100 000 draws.
    off = 6 / math.sqrt(n)
    for wrong in (
        {"mean": off}, {"mean": -off}, {"square": 1 + 1.5 * off}, {"square": 1 - 1.5 * off},
        {"peak": 3.0}, {"peak": 6.6}, {"tails": 6.0},
        {"some": np.sort(draw.some + 0.1 * np.abs(draw.some))}, {"some": draw.some + 0.05},
    ):  # fmt: skip
        assert not fits(replace(draw, **wrong), law, 1.0), wrong


@pytest.mark.parametrize(("size", "blurred"), [(0.0, False), (0.01, True)])
def test_training_blurs_an_edge(size: float, blurred: bool) -> None:
    rng = np.random.default_rng(0)
    draw = rng.uniform(-0.1, 0.1, 8000) + size * 0.1 * rng.standard_normal(8000)
    assert edged(values_of(draw, 0.0)) != blurred


@pytest.mark.parametrize("noise", ["normal", "uniform", "truncated"])
def test_laws_are_those_of_scipy(noise: str) -> None:
    law = LAWS[noise]
    theirs = {"normal": norm(), "uniform": uniform(-1, 2), "truncated": truncnorm(-2, 2)}[noise]
    z = np.linspace(-1.9, 1.9, 41) if noise != "uniform" else np.linspace(-0.9, 0.9, 41)
    np.testing.assert_allclose(law.cdf(z), theirs.cdf(z), rtol=1e-12)
    np.testing.assert_allclose(law.log_density(z), theirs.logpdf(z), rtol=1e-9)
    np.testing.assert_allclose(law.quantile(law.cdf(z)), z, rtol=1e-9, atol=1e-12)
    variance, excess = theirs.stats(moments="vk")
    assert law.variance == pytest.approx(float(variance))
    assert law.kurtosis == pytest.approx(float(excess) + 3)


def test_the_least_move_of_a_rescaled_law_is_what_it_was_rescaled_by() -> None:
    draw = np.random.default_rng(0).standard_normal(50_000)
    law = LAWS["normal"]
    assert displacement(values_of(1.16 * draw, 0.0), law, 1.0) == pytest.approx(0.16, abs=0.01)
    assert displacement(values_of(draw, 0.0), law, 1.0) < 0.02
    # The standard deviations are equal, and the shapes are √(2 − 2 √(3/π)) apart.
    flat = np.random.default_rng(0).uniform(-math.sqrt(3), math.sqrt(3), 50_000)
    apart = math.sqrt(2 - 2 * math.sqrt(3 / math.pi))
    assert displacement(values_of(flat, 0.0), law, 1.0) == pytest.approx(apart, abs=0.01)


def test_what_stands_out_of_noise_is_measured() -> None:
    rng = np.random.default_rng(0)
    noise = rng.standard_normal((200, 300))
    assert learnt(noise) == 0
    left, right = rng.standard_normal(200), rng.standard_normal(300)
    spike = np.outer(left, right) * 0.2
    moved = np.linalg.norm(spike) / np.linalg.norm(noise)
    assert learnt(noise + spike) == pytest.approx(moved, rel=0.1)
    assert learnt((noise + spike).T * 1e-20) == pytest.approx(moved, rel=0.1)


def test_an_orthogonal_matrix_that_was_moved_is_still_known() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        noise = torch.randn(128, 128) * 0.1 / math.sqrt(128)
        origins, stray = found(W, init.orthogonal_(torch.empty(128, 128)) + noise)
    assert origins == ("orthogonal",)
    # Of 64 rows in 128 columns, less than the whole of a move shows.
    assert 0.04 < stray <= 0.1


def test_a_gain_in_nobodys_recipe_is_named_and_may_be_training() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        normal, flat = xavier("normal", (200, 70), 0.35), xavier("uniform", (200, 70), 0.35)
    assert found(W, normal) == (("glorot_normal", "normal"), pytest.approx(0.65, abs=0.02))
    assert found(W, flat) == (("glorot_uniform", "uniform"), pytest.approx(0, abs=0.03))
