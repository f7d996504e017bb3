"""The band of luck against draws."""

import math

import numpy as np
import pytest

from initviz import ACTIVATIONS, Batch, Network, probe
from initviz.theory.band import band
from initviz.theory.finite_width import Layer, stray

DRAWS = 20


def single(depth: int, width: int, *, orthogonal: bool = False, activation: str = "relu"):
    layers = [Layer(activation, width, 1.0, 1.0, orthogonal)] * depth
    return stray(layers, batch=1, cosine=0.0, alike=0.0)


@pytest.mark.parametrize(("width", "depth"), [(64, 20), (128, 50)])
def test_relu_strays_by_five_over_n_a_layer(width: int, depth: int) -> None:
    # Hanin 2018; Hanin and Rolnick 2018.
    found = single(depth, width)
    assert found.h[-1] == pytest.approx(5 * depth / width, rel=1e-3)
    assert found.grad_z[0] == pytest.approx(5 * depth / width, rel=1e-3)


def test_linear_strays_by_two_over_n_a_layer_and_orthogonal_not_at_all() -> None:
    assert single(10, 100, activation="linear").h[-1] == pytest.approx(2 * 10 / 100)
    assert single(10, 100, activation="linear", orthogonal=True).h[-1] == pytest.approx(0, abs=1e-9)


def test_a_large_batch_of_parallel_inputs_strays_like_one() -> None:
    layers = [Layer("relu", 128, 1.0, 1.0, orthogonal=False)] * 30
    assert stray(layers, 4096, 1.0, 1.0).h[-1] == pytest.approx(5 * 30 / 128, rel=0.01)
    assert stray(layers, 4096, 0.0, 0.0).h[-1] < 0.9 * 5 * 30 / 128


def coverage(network: Network, batch: Batch) -> float:
    inside = []
    for seed in range(1, DRAWS + 1):
        here = batch.replace(seed=seed)
        ends, logs = band(network, here).ends, probe(network, here).log10
        for column in ("preact_ms", "grad_preact_var"):
            low, high = ends[column]
            inside.append((logs[column] >= low) & (logs[column] <= high))
    return float(np.mean(inside))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("initializer", ["he_normal", "glorot_uniform", "orthogonal"])
@pytest.mark.parametrize("bias_std", [0.0, 0.2])
def test_most_draws_lie_in_the_band(activation: str, initializer: str, bias_std: float) -> None:
    network = Network(
        depth=20, width=64, activation=activation, initializer=initializer, bias_std=bias_std
    )
    batch = Batch(size=32)
    if not band(network, batch).ends:
        # Where χ_q > 1, a disturbed length runs away.
        assert activation in {"gelu", "silu", "mish", "hardswish"}
        return
    # Orthogonal bands are so thin that the next order in 1/n counts.
    assert coverage(network, batch) >= (0.6 if initializer == "orthogonal" else 0.85)


def test_the_band_is_not_too_wide() -> None:
    network, batch = Network(depth=20, width=64), Batch(size=32)
    logs = [probe(network, batch.replace(seed=s)).log10["act_ms"][-1] for s in range(300)]
    low, high = (float(end[-1]) for end in band(network, batch).ends["act_ms"])
    assert (high - low) / (2 * 1.96) == pytest.approx(np.std(logs), rel=0.15)
    assert (high + low) / 2 == pytest.approx(np.mean(logs), abs=4 * np.std(logs) / math.sqrt(300))


@pytest.mark.parametrize(
    "change",
    [
        {"initializer": "zeros"},
        {"normalization": "batch"},
        {"bias_mean": 1.0},
        {"activation": "gelu", "depth": 50},
    ],
)
def test_without_a_law_it_says_so(change: dict[str, object]) -> None:
    found = band(Network(**change), Batch())
    assert found.ends == {}
    assert found.reason
