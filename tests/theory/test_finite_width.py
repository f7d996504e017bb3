"""The band of luck against draws."""

import math

import numpy as np
import pytest
from scipy.special import digamma, polygamma
from scipy.stats import binom

from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network, band, predict, probe
from initviz.runtime.randomness import generator
from initviz.theory.band import DRAWN, luck
from initviz.theory.finite_width import stray
from initviz.theory.pairs import Layer

DRAWS = 20
SIMULATED = 400
# Four standard deviations of a variance that is estimated from so many draws.
SAMPLING = 4 * math.sqrt(2 / (SIMULATED - 1))


def single(depth: int, width: int, *, orthogonal: bool = False, activation: str = "relu"):
    layers = (Layer(activation, width, 1.0, 1.0, orthogonal),) * depth
    return stray(layers, batch=1, cosine=0.0, alike=0.0)[0]


@pytest.mark.parametrize(("width", "depth"), [(64, 20), (128, 50)])
def test_relu_strays_by_five_over_n_a_layer(width: int, depth: int) -> None:
    # Hanin 2018; Hanin and Rolnick 2018.
    found = single(depth, width)
    assert found.h[-1] == pytest.approx(5 * depth / width, rel=1e-3)
    assert found.grad_z[0] == pytest.approx(5 * depth / width, rel=1e-3)


def exact_relu(width: int) -> tuple[float, float]:
    """Mean and variance of the logarithm of one layer's factor (2/n) χ²_k, k ~ Bin(n, ½).

    Hanin and Rolnick 2018: the weights' rotation invariance makes layers independent. k = 0
    is left out.
    """
    units = np.arange(1, width + 1)
    chance = binom.pmf(units, width, 0.5)
    chance /= chance.sum()
    logs = digamma(units / 2) + math.log(4 / width)
    mean = float(chance @ logs)
    return mean, float(chance @ (polygamma(1, units / 2) + (logs - mean) ** 2))


def growths(network: Network, *, backward: bool = False) -> np.ndarray:
    """ln of the growth of one input's squared norm, or one gradient's, over draws."""
    initializer, width = INITIALIZERS[network.initializer], network.width
    activation, found = ACTIVATIONS[network.activation], []
    for seed in range(SIMULATED):
        source = generator(seed, "weight")
        h = start = np.random.default_rng(seed).standard_normal(width)
        layers = []
        for _ in range(network.depth):
            weight = initializer.sample(width, width, source, scale=network.scale).numpy()
            z = weight @ h
            layers.append((weight, activation.slope_at(z)))
            h = activation.at(z)
        if backward:
            h = start
            for weight, slope in reversed(layers):
                h = weight.T @ (slope * h)
        found.append(math.log(np.sum(h**2) / np.sum(start**2)))
    return np.array(found)


@pytest.mark.parametrize(
    ("width", "times_n"), [(20, 6.235), (50, 5.408), (100, 5.194), (1000, 5.019)]
)
def test_the_exact_law_of_relu(width: int, times_n: float) -> None:
    mean, variance = exact_relu(width)
    assert width * variance == pytest.approx(times_n, abs=5e-4)
    # What the band uses is its limit, to the next order in 1/n.
    limit = single(1, width)
    assert width * limit.h[0] == pytest.approx(5, rel=1e-3)
    assert variance == pytest.approx(float(limit.h[0]), rel=5 / width)
    assert width * mean == pytest.approx(-5 / 2, rel=2 / width)


@pytest.mark.parametrize(
    ("width", "depth", "limit", "simulated"),
    [(64, 20, 1.5625, 1.59), (128, 20, 0.781, 0.773), (128, 50, 1.953, 2.00)],
)
def test_relu_networks_stray_as_simulated_before(
    width: int, depth: int, limit: float, simulated: float
) -> None:
    found = growths(Network(depth=depth, width=width))
    mean, variance = exact_relu(width)
    assert 5 * depth / width == pytest.approx(limit, abs=5e-4)
    assert np.var(found, ddof=1) == pytest.approx(depth * variance, rel=SAMPLING)
    # Two samples of about the same size.
    assert simulated == pytest.approx(np.var(found, ddof=1), rel=SAMPLING * math.sqrt(2))
    sampling = 4 * math.sqrt(depth * variance / SIMULATED)
    assert np.mean(found) == pytest.approx(depth * mean, abs=sampling)
    # The law of large n, −5L/(2n), lies within the next order.
    assert np.mean(found) == pytest.approx(
        -5 * depth / (2 * width), abs=sampling + 2 * depth * 5 / (2 * width**2)
    )


def test_the_gradient_of_relu_networks_strays_like_the_signal() -> None:
    width, depth = 50, 20
    variance = depth * exact_relu(width)[1]
    assert variance == pytest.approx(2.163, abs=5e-4)
    found = np.var(growths(Network(depth=depth, width=width), backward=True), ddof=1)
    assert found == pytest.approx(variance, rel=SAMPLING)
    assert found == pytest.approx(2.156, rel=SAMPLING * math.sqrt(2))


def test_linear_networks_stray_by_trigamma_and_orthogonal_ones_not() -> None:
    width, depth = 50, 10
    normal = Network(
        depth=depth, width=width, activation="linear", initializer="normal", scale=width**-0.5
    )
    each = float(polygamma(1, width / 2))
    assert np.var(growths(normal), ddof=1) == pytest.approx(depth * each, rel=SAMPLING)
    assert each == pytest.approx(float(single(1, width, activation="linear").h[0]), rel=2 / width)
    orthogonal = normal.replace(initializer="orthogonal", scale=None)
    assert np.abs(growths(orthogonal)).max() < 1e-5


def test_linear_strays_by_two_over_n_a_layer_and_orthogonal_not_at_all() -> None:
    assert single(10, 100, activation="linear").h[-1] == pytest.approx(2 * 10 / 100)
    assert single(10, 100, activation="linear", orthogonal=True).h[-1] == pytest.approx(0, abs=1e-9)


def test_a_large_batch_strays_like_one_input_once_its_inputs_are_parallel() -> None:
    layers = (Layer("relu", 128, 1.0, 1.0, orthogonal=False),) * 60
    found = stray(layers, 4096, 0.0, 0.0)[0].h
    assert found[0] < 0.05 * 5 / 128
    assert found[-1] - found[-2] == pytest.approx(5 / 128, rel=0.1)


def test_the_band_is_not_too_wide() -> None:
    network, batch = Network(depth=20, width=64), Batch(size=32)
    logs = [probe(network, batch.replace(seed=s)).log10["act_ms"][-1] for s in range(300)]
    low, high = (float(end[-1]) for end in luck(network, batch).ends["act_ms"])
    assert (high - low) / (2 * 1.96) == pytest.approx(np.std(logs), rel=0.15)
    assert (high + low) / 2 == pytest.approx(np.mean(logs), abs=4 * np.std(logs) / math.sqrt(300))


def placed(network: Network, column: str) -> tuple[float, float]:
    """Mean and standard deviation of layer 1 over draws, where the band's are 0 and 1."""
    found = []
    for seed in range(SIMULATED // 2):
        batch = Batch(seed=seed)
        low, high = (float(end[0]) for end in luck(network, batch).ends[column])
        measured = float(probe(network, batch).log10[column][0])
        found.append((measured - (low + high) / 2) / ((high - low) / (2 * 1.96)))
    return float(np.mean(found)), float(np.std(found))


@pytest.mark.parametrize(
    ("activation", "initializer"),
    [("tanh", "he_normal"), ("tanh", "orthogonal"), ("softsign", "he_normal")],
)
def test_one_matrix_for_both_passes_is_reckoned_with(activation: str, initializer: str) -> None:
    # With independent ones gradients would stray about twice as far, or lie lower by two bands.
    network = Network(depth=20, width=24, activation=activation, initializer=initializer)
    mean, std = placed(network, "grad_preact_var")
    assert mean == pytest.approx(0, abs=0.4)
    assert std == pytest.approx(1, abs=0.3)


@pytest.mark.parametrize(
    "change", [{"initializer": "zeros"}, {"normalization": "batch"}, {"bias_mean": 1.0}]
)
def test_without_a_law_it_says_so(change: dict[str, object]) -> None:
    found = luck(Network(**change), Batch())
    assert found.ends == {}
    assert found.reason
    table = band(Network(**change))
    assert table.drop(columns="layer").isna().all().all()
    assert set(table.attrs["reasons"]) == set(DRAWN)


@pytest.mark.parametrize(("loss", "told"), [("gaussian", False), ("cross_entropy", True)])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_where_the_law_falls_short_it_says_so(activation: str, loss: str, told: bool) -> None:
    found = luck(Network(activation=activation), Batch(loss=loss))
    assert ("too narrow" in (found.note or "")) == told


def test_the_public_band_is_a_table_beside_the_prediction() -> None:
    network, batch = Network(depth=7, activation="tanh", gain=1.1), Batch(size=64, seed=3)
    table, expected = band(network, batch), predict(network, batch)
    assert list(table["layer"]) == list(expected["layer"])
    assert list(table.columns[1:]) == [f"{c}_{end}" for c in DRAWN for end in ("low", "high")]
    for column in DRAWN[:3]:
        assert (table[f"{column}_low"] < expected[column]).all()
        assert (table[f"{column}_high"] > expected[column]).all()
    assert set(table.attrs["reasons"]) == {"grad_weight_var"}
    assert table[["grad_weight_var_low", "grad_weight_var_high"]].isna().all().all()


@pytest.mark.parametrize("gain", [1e-3, 100.0])
def test_bands_beyond_floats_are_zero_or_infinite_without_a_warning(gain: float) -> None:
    table = band(Network(depth=200, width=64, gain=gain), Batch(size=8))
    assert table["act_var_high"].iloc[-1] == (0 if gain < 1 else math.inf)
