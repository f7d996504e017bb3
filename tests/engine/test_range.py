"""True sizes far outside the range of the number format, and what the format makes of them."""

import math

import numpy as np
import pytest

from initviz import ACTIVATIONS, Batch, Network, probe
from initviz.setting.network import NORMALIZATIONS


def test_sizes_beyond_float32_are_true() -> None:
    network = Network(depth=120, width=64, gain=3.0)
    single, double = (probe(network, Batch(dtype=d)) for d in ("float32", "float64"))
    assert single.table["act_var"].iloc[-1] > 1e100
    np.testing.assert_allclose(single.log10["act_var"], double.log10["act_var"], atol=1e-3)
    np.testing.assert_allclose(
        single.log10["grad_preact_var"], double.log10["grad_preact_var"], atol=1e-3
    )
    assert single.table["nonfinite_fraction"].max() > 0
    assert single.diagnosis.verdict == "overflow"
    assert double.diagnosis.verdict == "exploding"
    assert double.table["nonfinite_fraction"].max() == 0


def test_gradients_below_float32_are_true() -> None:
    network = Network(depth=100, activation="sigmoid", initializer="glorot_uniform", width=64)
    log10 = probe(network).log10["grad_preact_var"]
    assert log10[0] < -100
    assert np.all(np.isfinite(log10))
    np.testing.assert_allclose(
        log10, probe(network, Batch(dtype="float64")).log10["grad_preact_var"], atol=1e-3
    )


@pytest.mark.parametrize("gain", [0.01, 100.0])
@pytest.mark.parametrize("activation", ["relu", "gelu", "silu", "elu", "mish", "softplus"])
def test_logarithms_stay_finite_where_float64_ends(activation: str, gain: float) -> None:
    signals = probe(Network(depth=200, width=32, gain=gain, activation=activation), Batch(size=8))
    assert np.all(np.isfinite(signals.log10["act_ms"]))
    assert np.all(np.isfinite(signals.log10["grad_act_var"]))


def test_a_small_tanh_network_keeps_its_true_size() -> None:
    # tanh is linear near 0, so it shrinks exactly as the linear network of the same draw.
    tanh, linear = (
        probe(Network(depth=200, width=32, gain=0.01, activation=a)).log10
        for a in ("tanh", "linear")
    )
    np.testing.assert_allclose(tanh["act_var"][1:], linear["act_var"][1:], atol=2e-3)
    assert tanh["act_var"][-1] < -700


def test_a_homogeneous_network_scales_exactly_beyond_float64() -> None:
    one, huge = (probe(Network(depth=200, width=32, gain=g)).log10 for g in (1.0, 100.0))
    np.testing.assert_allclose(huge["act_var"] - one["act_var"], 4 * np.arange(1, 201), atol=0.01)
    assert huge["act_var"][-1] > 700


def test_float16_really_overflows_and_bfloat16_really_rounds() -> None:
    network = Network(depth=20, width=64, gain=2.5)
    half, brain, single = (
        probe(network, Batch(dtype=d)) for d in ("float16", "bfloat16", "float32")
    )
    assert half.diagnosis.verdict == "overflow"
    assert half.table["nonfinite_fraction"].iloc[0] < half.table["nonfinite_fraction"].iloc[-1]
    error = brain.table["act_var"] / single.table["act_var"] - 1
    assert 1e-5 < abs(error).max() < 0.1


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
@pytest.mark.parametrize("loss", ["gaussian", "cross_entropy"])
def test_every_combination_fills_every_column(normalization: str, dtype: str, loss: str) -> None:
    table = probe(
        Network(depth=3, width=16, normalization=normalization),
        Batch(size=16, dtype=dtype, loss=loss, inputs="digits"),
    ).table
    assert len(table) == 3
    assert table.notna().all().all()


def test_batch_normalized_relu_gradients_grow_as_theory_says() -> None:
    # Yang et al. 2019, arXiv:1902.08129: pi/(pi-1) a layer; 1.457 at batch and width 256.
    network = Network(depth=12, width=256, normalization="batch")
    logs = [probe(network, Batch(size=256, seed=s)).log10["grad_preact_var"] for s in range(3)]
    growth = 10 ** np.mean([(g[1] - g[-1]) / 10 for g in logs])
    assert growth == pytest.approx(math.pi / (math.pi - 1), rel=0.03)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_width_and_depth_one_are_networks_too(activation: str) -> None:
    table = probe(Network(depth=1, width=1, activation=activation), Batch(size=2)).table
    assert len(table) == 1
    assert table["distinct_fraction"][0] == 1


@pytest.mark.parametrize("width", [64, 512])
@pytest.mark.parametrize("dtype", ["float64", "float32", "bfloat16", "float16"])
def test_the_default_network_is_stable_and_distinct_in_every_format(dtype: str, width: int) -> None:
    signals = probe(Network(width=width), Batch(dtype=dtype))
    assert signals.diagnosis.verdict == "stable"
    assert signals.table["distinct_fraction"].min() > 0.99


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_copies_are_copies_in_half_precision(dtype: str) -> None:
    signals = probe(Network(initializer="constant", depth=4), Batch(dtype=dtype))
    assert (signals.table["distinct_fraction"] == 1 / 128).all()


def test_a_common_offset_does_not_make_units_look_alike() -> None:
    network = Network(activation="linear", depth=2, bias_mean=1e5)
    assert (probe(network).table["distinct_fraction"] == 1).all()


def test_biases_are_as_large_as_the_format_allows() -> None:
    signals = probe(Network(depth=1, bias_mean=1e100, activation="tanh"), Batch(dtype="float64"))
    assert signals.diagnosis.verdict != "overflow"
    assert signals.table["preact_mean"][0] == pytest.approx(1e100)


def test_a_bias_below_the_exponent_is_not_lost() -> None:
    silu = probe(Network(activation="silu", bias_mean=-350, depth=24), Batch(dtype="float64"))
    # SiLU(-350) = -350 e^-350, about 10^-149.5, at every layer; squared, 10^-299.
    np.testing.assert_allclose(silu.log10["act_ms"][1:], silu.log10["act_ms"][-1], atol=1e-6)
    assert silu.log10["act_ms"][-1] == pytest.approx(2 * (math.log10(350) - 350 / math.log(10)))


def test_deeply_saturated_slopes_are_small_and_not_zero() -> None:
    # tanh'(30) = 4 exp(-60), far below the spacing of float64 around 1.
    network = Network(activation="tanh", bias_mean=30, depth=1, width=16, gain=0.0)
    log10 = probe(network, Batch(dtype="float64")).log10["grad_preact_var"]
    assert log10[0] == pytest.approx(2 * (math.log10(4) - 60 / math.log(10)), abs=0.1)
