"""What is found in files of weights, against what was drawn into them."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from safetensors.numpy import save as save_arrays
from safetensors.torch import save
from torch import nn

from initviz import RECIPES, reinitialize
from initviz.catalog.initializers import INITIALIZERS
from initviz.checkpoints import weights
from initviz.checkpoints.example import NAME, example
from initviz.checkpoints.findings import answer, called, notes, verdict, warnings
from initviz.checkpoints.hypotheses import ORIGINS
from initviz.checkpoints.likeness import Match
from initviz.checkpoints.weights import RULES, Layer, weights_in
from initviz.runtime.randomness import generator

SHAPES = [(128, 128), (256, 64), (10, 128), (64, 32, 3, 3), (48, 16, 5), (16, 8, 3, 3, 3)]


def drawn(name: str, shape: tuple[int, ...], seed: int = 1, **size: float) -> torch.Tensor:
    field = math.prod(shape[2:])
    out, into = shape[0], shape[1] * field
    noise = INITIALIZERS[name].noise.draw(out, into, generator(seed, "weight"))
    factor = INITIALIZERS[name].factor(into, out * field, **size)
    return (noise * factor).reshape(shape).contiguous()


def layers(tensors: dict[str, torch.Tensor], metadata: dict[str, str] | None = None):
    return weights_in(save(tensors, metadata), "x.safetensors").layers


def layer(tensor: torch.Tensor, name: str = "fc.weight", **metadata: str) -> Layer:
    return layers({name: tensor}, metadata or None)[0]


def matched(found: Layer) -> list[str]:
    return [m.initializer for m in found.likeness.matches]


def size(match: Match, fans: tuple[int, int]) -> float:
    scale = 1.0 if match.scale is None else match.scale
    return match.factor * ORIGINS[match.initializer].amplitude(*fans, scale)


# PyTorch's sparse_ refuses convolutions.
CASES = [(n, s) for n in INITIALIZERS for s in SHAPES if n != "sparse" or len(s) == 2]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize(("name", "shape"), CASES, ids=str)
def test_every_initializer_is_recognised(
    name: str, shape: tuple[int, ...], dtype: torch.dtype
) -> None:
    found = layer(drawn(name, shape).to(dtype))
    assert name in matched(found)
    field = math.prod(shape[2:])
    fans = shape[1] * field, shape[0] * field
    assert (found.fan_in, found.fan_out) == fans
    sizes = [size(match, fans) for match in found.likeness.matches]
    own = INITIALIZERS[name].factor(*fans)
    # Whatever else is named has nearly the same size, and the same shape.
    assert sizes == pytest.approx([own] * len(sizes), rel=0.12)
    noise = {ORIGINS[other].noise.name for other in matched(found)}
    assert noise == {INITIALIZERS[name].noise.name}
    assert found.likeness.standing == "fresh"


def test_what_no_number_can_tell_apart_is_named_together() -> None:
    assert set(matched(layer(drawn("lecun_normal", (64, 64))))) == {"lecun_normal", "glorot_normal"}


@pytest.mark.parametrize("kind", ["normal", "uniform"])
def test_ratios_are_those_of_the_formulas(kind: str) -> None:
    # Of 200 × 600 = 120 000 weights the variance is known to about 0.4 %.
    found = layer(drawn(f"he_{kind}", (200, 600)))
    assert found.ratio("He") == pytest.approx(1, rel=0.02)
    assert found.ratio("Glorot") == pytest.approx((200 + 600) / 600, rel=0.02)
    assert found.ratio("LeCun") == pytest.approx(2, rel=0.02)
    assert found.ratio("PyTorch") == pytest.approx(6, rel=0.02)
    assert found.nearest == "He"
    assert set(RULES.values()) <= set(INITIALIZERS)


@pytest.mark.parametrize("gain", [0.5, 0.8, 1.3])
def test_a_rescaled_initializer_is_no_draw_and_keeps_its_shape(gain: float) -> None:
    found = layer(drawn("he_normal", (256, 300), gain=gain))
    assert found.likeness.standing == ("strayed" if gain == 0.8 else "rescaled")
    assert found.likeness.shape == "normal"
    assert found.ratio("He") == pytest.approx(gain**2, rel=0.05)


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (lambda: drawn("he_normal", (300, 120), gain=0.84), "He normal, 16 % smaller, or Glorot"),
        (
            lambda: drawn("he_normal", (300, 256), gain=0.5),
            "Glorot normal × 0.739 or Normal",
        ),
        (
            lambda: drawn("he_uniform", (300, 256), gain=0.5),
            "Glorot uniform × 0.737 or Unif",
        ),
        (lambda: drawn("glorot_normal", (300, 100), gain=5 / 3), "Glorot normal × 1.67"),
        (lambda: drawn("orthogonal", (64, 64)) + 0.01 * torch.eye(64), "Orthogonal, 0."),
    ],
)
def test_what_a_layer_looks_like_is_said_with_how_far(
    tensor: Callable[[], torch.Tensor], words: str
) -> None:
    assert verdict(layer(tensor())).startswith(words)


def test_as_many_weights_off_the_diagonal_are_no_identity() -> None:
    shifted = torch.diag(torch.arange(1.0, 9.0)).roll(1, 0)
    assert "identity" not in matched(layer(shifted))


def test_heavy_tails_are_no_initializer() -> None:
    heavy = np.random.default_rng(0).standard_t(3, (256, 256)).astype(np.float32) / 100
    found = weights_in(save_arrays({"w": heavy}), "x").layers[0]
    assert not found.likeness.matches
    assert found.likeness.shape == ""
    assert verdict(found) == "no initializer; may be trained"


@pytest.mark.parametrize("recipe", ["pytorch", "keras", "flax"])
def test_a_librarys_defaults_are_recognised_in_every_kind_of_layer(recipe: str) -> None:
    network = nn.ModuleDict({
        "fc": nn.Linear(96, 160), "conv": nn.Conv2d(24, 40, 3), "embedding": nn.Embedding(300, 80),
        "rnn": nn.LSTM(56, 72), "attention": nn.MultiheadAttention(64, 4),
    })  # fmt: skip
    reinitialize(network, recipe, seed=3)
    found = {n.name: n for n in layers(network.state_dict())}
    for name in ("fc.weight", "conv.weight", "embedding.weight", "rnn.weight_ih_l0"):
        by = [m.recipes for m in found[name].likeness.matches]
        assert any(recipe in names for names in by), name
    hidden = found["rnn.weight_hh_l0"]
    expected = {"pytorch": "torch_default", "keras": "orthogonal"}
    if recipe in expected:
        assert expected[recipe] in matched(hidden)


@pytest.mark.parametrize(("recipe", "name"), [("gpt2", "normal"), ("bert", "truncated_normal")])
def test_a_models_size_is_recognised(recipe: str, name: str) -> None:
    match = layer(drawn(name, (128, 256), scale=0.02)).likeness.matches[0]
    assert (match.initializer, match.scale) == (name, 0.02)
    assert recipe in match.recipes
    assert RECIPES[recipe].label in answer(
        weights_in(save({"fc.weight": drawn(name, (128, 256), scale=0.02)}), "x")
    )


def test_keras_and_pytorch_store_the_same_layer_the_other_way_round() -> None:
    dense, conv = drawn("he_normal", (30, 700)), drawn("he_uniform", (20, 40, 3, 5))
    stored = {"conv/kernel": conv.permute(2, 3, 1, 0).contiguous(), "kernel": dense.T.contiguous()}
    for found in layers(stored):
        assert (found.order, found.told_by) == ("out last", "name")
    found_conv, found_dense = layers(stored)
    assert (found_conv.fan_in, found_conv.fan_out, found_conv.rows) == (600, 300, 20)
    assert (found_dense.fan_in, found_dense.fan_out, found_dense.rows) == (700, 30, 30)
    assert "he_uniform" in matched(found_conv)
    assert "he_normal" in matched(found_dense)
    expected = layer(dense)
    np.testing.assert_allclose(found_dense.singular, expected.singular, rtol=1e-4)


@pytest.mark.parametrize(
    ("metadata", "order", "told_by"),
    [
        ({"format": "pt"}, "out first", "format"),
        ({"format": "flax"}, "out last", "format"),
        ({"format": "np"}, "out first", "nothing"),
        ({}, "out first", "nothing"),
    ],
)
def test_without_a_telling_name_the_format_tells(
    metadata: dict[str, str], order: str, told_by: str
) -> None:
    found = layer(torch.randn(8, 9), "w", **metadata)
    assert (found.order, found.told_by) == (order, told_by)


def test_moments_are_those_of_the_numbers() -> None:
    tensor = torch.randn(40, 50) * 3 + 1
    found = layer(tensor)
    assert found.mean == pytest.approx(float(tensor.double().mean()))
    assert found.variance == pytest.approx(float(tensor.double().var(correction=0)))
    np.testing.assert_allclose(found.singular, torch.linalg.svdvals(tensor), rtol=1e-4)


def test_dead_rows_and_copies_are_counted_and_the_rest_is_compared() -> None:
    tensor = drawn("he_normal", (100, 200))
    tensor[3] = tensor[50] = 0
    tensor[7] = tensor[8]
    tensor[9] = tensor[8] * (1 + 1e-7)
    found = weights_in(save({"fc.weight": tensor}), "x")
    assert (found.layers[0].dead, found.layers[0].copies) == (2, 2)
    assert matched(found.layers[0])[0] == "he_normal"
    told = " ".join(warnings(found))
    assert "Layer 1: 2 rows without a weight that is not 0" in told
    assert "Layer 1: 2 rows equal to another" in told


@pytest.mark.parametrize("name", ["he_normal", "he_uniform", "orthogonal", "sparse"])
def test_a_healthy_layer_has_no_dead_rows_and_no_copies(name: str) -> None:
    found = layer(drawn(name, (2000, 64)).bfloat16())
    assert (found.dead, found.copies) == (0, 0)


def test_what_is_not_finite_is_counted_and_left_out() -> None:
    tensor = drawn("glorot_uniform", (100, 200))
    tensor[0, :3] = math.nan
    tensor[1, 0] = math.inf
    found = weights_in(save({"fc.weight": tensor}), "x")
    assert found.layers[0].nonfinite == 4
    assert found.layers[0].singular is None
    assert matched(found.layers[0]) == ["glorot_uniform"]
    assert "Layer 1: 4 values not finite" in warnings(found)[0]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_file_without_a_finite_number_has_an_answer(value: float) -> None:
    found = weights_in(save({"a.weight": torch.full((20, 20), value)}), "x")
    assert "too few weights to tell" in answer(found)
    assert found.layers[0].copies == 0


@pytest.mark.parametrize("size", [1e-300, 1e-40, 1e30, 1e300])
def test_extreme_sizes_have_an_answer(size: float) -> None:
    found = weights_in(save({"a.weight": torch.randn(20, 20).double() * size}), "x")
    assert "no initializer" in answer(found)


def test_names_are_ordered_as_people_number_them() -> None:
    names = [f"layers.{i}.weight" for i in (10, 2, 1)]
    found = layers({name: torch.randn(4, 4) for name in names})
    assert [n.name for n in found] == names[::-1]


def test_what_is_no_layer_is_counted() -> None:
    tensors = {
        "bias": np.zeros(3, np.float32), "scalar": np.array(1, np.float32),
        "empty": np.zeros((0, 4), np.float32), "whole": np.zeros((3, 3), np.int64),
        "six": np.zeros((1,) * 6, np.float32), "w": np.ones((9, 9), np.float32),
    }  # fmt: skip
    found = weights_in(save_arrays(tensors), "x")
    assert [n.name for n in found.layers] == ["w"]
    assert (found.vectors, found.others) == (2, 3)
    told = " ".join(notes(found))
    assert (
        "Not shown: 2 tensors of fewer than two dimensions, as biases are; 3 tensors that" in told
    )


def test_a_file_without_layers_says_what_was_expected() -> None:
    assert "expected is at least one tensor" in answer(weights_in(save({"b": torch.zeros(3)}), "x"))


def test_singular_values_have_a_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "MAX_SINGULAR_WORK", 20.0 * 20 * 20 + 1)
    found = weights_in(save({"a": torch.randn(30, 30), "b": torch.randn(20, 20)}), "x")
    assert [n.singular is None for n in found.layers] == [True, False]
    assert "Layer 1: too large together for singular values" in " ".join(notes(found))


def test_the_example_is_what_it_says() -> None:
    found = weights_in(example(), NAME)
    assert answer(found) == (
        "11 layers. Layers 1–11 look like PyTorch default: with ReLU the variance shrinks by a "
        "factor of 6.0 a layer."
    )
    assert not warnings(found)


def test_the_answer_tells_groups_of_layers_apart() -> None:
    tensors = {f"{i}.weight": drawn("he_normal", (64, 48), seed=i) for i in range(3)}
    tensors["3.weight"] = drawn("orthogonal", (32, 64), gain=2)
    tensors["4.weight"] = drawn("he_normal", (96, 128), gain=0.5)
    tensors["5.weight"] = torch.zeros(8, 96)
    tensors["6.weight"] = torch.randn(2, 8)
    tensors["7.weight"] = drawn("orthogonal", (64, 64)) + 0.1 * torch.rand(64, 64) / 8
    tensors["8.weight"] = torch.from_numpy(np.random.default_rng(0).standard_t(3, (64, 64)))
    told = answer(weights_in(save(tensors), "x"))
    assert told.startswith("9 layers. Layers 1–3 look like He normal: with ReLU the variance stays")
    assert "Layer 4 looks like Orthogonal × 2.00" in told
    assert "Layer 6 looks like Zeros: with ReLU nothing passes." in told
    assert "Layer 7: too few weights to tell." in told
    assert "Layer 5 looks like Glorot normal × 0.66" in told
    assert "unless it is trained." in told
    assert "Layer 8 looks like Orthogonal, " in told
    assert "% away; it may be trained." in told
    assert "Layer 9 matches no initializer; it may be trained: " in told


def test_a_name_is_shown_short_and_printable() -> None:
    assert called("fc.weight") == "fc.weight"
    assert len(called("a" * 10_000)) < 70
    assert called("a\n\u202eb") == "a��b"
