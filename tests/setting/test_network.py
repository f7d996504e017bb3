"""Validation, round trips and the networks built."""

import copy

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import nn

from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network
from initviz.catalog.initializers import ALIASES
from initviz.setting import cost
from initviz.setting.links import from_query, to_query
from initviz.setting.network import DTYPES, INPUTS, LOSSES, NORMALIZATIONS, build

SCALED = [n for n, i in INITIALIZERS.items() if i.scale_meaning]


@st.composite
def networks(draw: st.DrawFn) -> Network:
    initializer = draw(st.sampled_from([*INITIALIZERS, *ALIASES]))
    positive = st.floats(0, 1e6, allow_subnormal=False)
    return Network(
        depth=draw(st.integers(1, 60)),
        width=draw(st.integers(1, 300)),
        activation=draw(st.sampled_from(list(ACTIVATIONS))),
        initializer=initializer,
        gain=draw(st.floats(0, 100)),
        scale=draw(st.none() | positive) if initializer in SCALED else None,
        bias_mean=draw(st.floats(-1e6, 1e6)),
        bias_std=draw(positive),
        normalization=draw(st.sampled_from(list(NORMALIZATIONS))),
    )


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    inputs = draw(st.sampled_from(list(INPUTS)))
    return Batch(
        size=draw(st.integers(2, 1797 if inputs == "digits" else 4096)),
        inputs=inputs,
        loss=draw(st.sampled_from(list(LOSSES))),
        dtype=draw(st.sampled_from(list(DTYPES))),
        seed=draw(st.integers(0, 2**32 - 1)),
    )


@given(networks(), batches())
def test_json_and_query_round_trips_are_exact(network: Network, batch: Batch) -> None:
    assert Network.model_validate_json(network.model_dump_json()) == network
    assert Batch.model_validate_json(batch.model_dump_json()) == batch
    assume(cost.fits(network, batch))
    reading = from_query(to_query(network, batch))
    assert (reading.network, reading.batch, reading.problems) == (network, batch, ())
    assert hash(reading.network) == hash(network)


def test_the_defaults_are_the_contracts() -> None:
    assert Network().model_dump() == {
        "depth": 20, "width": 128, "activation": "relu", "initializer": "he_normal",
        "gain": 1.0, "scale": None, "bias_mean": 0.0, "bias_std": 0.0,
        "normalization": "none", "architecture": "mlp",
    }  # fmt: skip
    assert Batch().model_dump() == {
        "size": 128, "inputs": "normal", "loss": "gaussian", "dtype": "float32", "seed": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "field", "value", "allowed"),
    [
        (Network, "depth", 0, "from 1 to 200"),
        (Network, "depth", 201, "from 1 to 200"),
        (Network, "depth", 2.5, "whole number"),
        (Network, "depth", True, "whole number"),
        (Network, "width", 2049, "from 1 to 2048"),
        (Network, "gain", -0.1, "from 0 to 100"),
        (Network, "gain", 100.5, "from 0 to 100"),
        (Network, "gain", float("nan"), "finite"),
        (Network, "bias_std", -1, "0 or more"),
        (Network, "bias_mean", float("inf"), "finite"),
        (Network, "activation", "rely", "relu"),
        (Network, "initializer", "he", "he_normal"),
        (Network, "normalization", "group", "batch"),
        (Network, "architecture", "cnn", "mlp"),
        (Batch, "size", 1, "from 2 to 4096"),
        (Batch, "size", "many", "from 2 to 4096"),
        (Batch, "inputs", "images", "digits"),
        (Batch, "loss", "mse", "gaussian"),
        (Batch, "dtype", "int8", "float16"),
        (Batch, "seed", 2**32, "from 0 to 4294967295"),
    ],
)
def test_a_refusal_names_field_value_and_range(
    spec: type[Network | Batch], field: str, value: object, allowed: str
) -> None:
    with pytest.raises(ValueError, match=field) as refusal:
        spec(**{field: value})
    message = str(refusal.value)
    assert str(value) in message
    assert allowed in message
    assert "\n" not in message


def test_unknown_fields_scale_without_meaning_and_too_many_digits_are_refused() -> None:
    with pytest.raises(ValueError, match=r"'widht'.*width"):
        Network(widht=3)
    with pytest.raises(ValueError, match=r"scale must be left out.*he_normal"):
        Network(scale=0.1)
    with pytest.raises(ValueError, match="scale"):
        Network(initializer="normal", scale=-1)
    with pytest.raises(ValueError, match=r"2 to 1797.*2000"):
        Batch(inputs="digits", size=2000)


@pytest.mark.parametrize("text", ['{"depth": 500}', '{"depth": 5', "[]", '{"widht": 3}'])
def test_bad_json_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"depth|JSON|object|dict|widht") as refusal:
        Network.model_validate_json(text)
    assert "\n" not in str(refusal.value)


def test_a_number_too_long_to_print_is_refused_like_any_other() -> None:
    with pytest.raises(ValueError, match="depth must be"):
        Network(depth=10**5000)


def test_specs_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Network().depth = 3  # type: ignore[misc]


def test_a_network_is_built_of_real_layers() -> None:
    batch = Batch(inputs="digits", loss="cross_entropy", dtype="float64")
    module = build(Network(depth=3, width=10, normalization="layer", bias_mean=0.5), batch)
    assert [type(m) for m in module] == [nn.Linear, nn.LayerNorm, nn.ReLU] * 3 + [nn.Linear]
    assert module.linear_1.weight.shape == (10, 64)
    assert module.readout.weight.shape == (10, 10)
    assert module.linear_2.weight.dtype == torch.float64
    assert (module.linear_2.bias == 0.5).all()


def test_a_deeper_network_or_a_bias_keeps_the_weights_already_drawn() -> None:
    shallow = build(Network(depth=3, width=12), Batch())
    deep = build(Network(depth=9, width=12, bias_std=1.0), Batch())
    assert torch.equal(shallow.linear_3.weight, deep.linear_3.weight)


def test_the_global_generator_is_never_touched() -> None:
    before = torch.get_rng_state()
    copy.deepcopy(build(Network(initializer="truncated_normal"), Batch(inputs="digits")))
    assert torch.equal(before, torch.get_rng_state())
