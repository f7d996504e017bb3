"""Transformers: where the norm stands decides what depth does to the gradient."""

from importlib.resources import files

import numpy as np
import pytest
import torch
from torch import nn

from initviz import probe
from initviz.architectures import ARCHITECTURES
from initviz.architectures.inputs import TEXT, characters
from initviz.recipes.drawing import reinitialize
from initviz.recipes.roles import slots
from initviz.recipes.rules import Recipe, Rule
from initviz.recipes.table import RECIPES

TRANSFORMER = ARCHITECTURES["transformer"]
XAVIER = Recipe(
    "xavier", "Xavier, gate by gate", "Xiong et al. 2020, section 3.2",
    {"dense.weight": Rule("glorot_normal"), "bias": Rule("zeros"),
     "attention.in": Rule("glorot_normal", per_gate=("attention",)),
     "embedding.weight": Rule("normal", scale=1.0),
     "norm.scale": Rule("ones"), "norm.shift": Rule("zeros")},
)  # fmt: skip
DEPTHS = (4, 12, 36)


def last_gradient(norm: str, depth: int, seed: int) -> float:
    """The root mean square of ∂ℓ/∂W of the last feed-forward layer."""
    spec = TRANSFORMER.spec(depth=depth, norm=norm, steps=16)
    module = TRANSFORMER.build(spec)
    reinitialize(module, XAVIER, seed=seed, roles=TRANSFORMER.roles(spec))
    table = probe(module, TRANSFORMER.inputs(spec, 8, seed)).table.set_index("name")
    return float(np.sqrt(table.loc[f"blocks.{depth - 1}.last", "grad_weight_var"]))


@pytest.mark.parametrize(("norm", "exponent"), [("post", 0.0), ("pre", -0.5)])
def test_the_last_gradient_is_constant_in_depth_or_falls_as_its_root(
    norm: str, exponent: float
) -> None:
    # One draw is a tenth off or so: two at each depth leave 0.05 of the slope.
    logs = [np.mean([np.log(last_gradient(norm, d, seed)) for seed in (0, 1)]) for d in DEPTHS]
    slope = np.polyfit(np.log(DEPTHS), logs, 1)[0]
    assert slope == pytest.approx(exponent, abs=0.12)


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("mask", ["none", "causal"])
def test_a_block_is_pytorchs_own_encoder_layer(norm: str, mask: str) -> None:
    spec = TRANSFORMER.spec(depth=1, norm=norm, mask=mask, width=16)
    block = TRANSFORMER.build(spec).blocks[0]
    layer = nn.TransformerEncoderLayer(
        16, 4, 64, dropout=0, batch_first=True, norm_first=norm == "pre"
    )
    theirs = {
        "attention_norm": "norm1", "mlp_norm": "norm2", "attention": "self_attn",
        "first": "linear1", "last": "linear2",
    }  # fmt: skip
    state = {k.partition("."): v for k, v in block.state_dict().items()}
    layer.load_state_dict({f"{theirs[k[0]]}.{k[2]}": v for k, v in state.items()})
    x = torch.randn(3, 7, 16, generator=torch.Generator().manual_seed(0))
    causal = nn.Transformer.generate_square_subsequent_mask(7) if mask == "causal" else None
    torch.testing.assert_close(block(x), layer(x, src_mask=causal))


@pytest.mark.parametrize(("mask", "seen"), [("causal", False), ("none", True)])
def test_a_causal_transformer_does_not_see_what_comes_later(mask: str, seen: bool) -> None:
    spec = TRANSFORMER.spec(mask=mask, depth=2, steps=12)
    module = TRANSFORMER.build(spec)
    passages = TRANSFORMER.inputs(spec, 4, 0)
    changed = passages.clone()
    changed[:, 8:] = (changed[:, 8:] + 1) % len(characters())
    before, after = module(passages), module(changed)
    assert before.shape == (4, 12, len(characters()))
    assert torch.allclose(before[:, :8], after[:, :8], atol=1e-6) is not seen
    assert not torch.allclose(before[:, 8:], after[:, 8:], atol=1e-6)


def test_only_a_trunk_that_was_never_normalized_is_normalized_at_the_end() -> None:
    for norm, kind in (("pre", nn.LayerNorm), ("post", nn.Identity)):
        assert type(TRANSFORMER.build(TRANSFORMER.spec(norm=norm)).norm) is kind


def test_places_tell_equal_characters_apart() -> None:
    spec = TRANSFORMER.spec(depth=1, steps=6)
    logits = TRANSFORMER.build(spec)(torch.zeros(2, 6, dtype=torch.int64))
    assert not torch.allclose(logits[:, 0], logits[:, 1], atol=1e-3)


def test_gpt2_divides_what_ends_a_branch_by_the_root_of_their_number() -> None:
    spec = TRANSFORMER.spec(depth=8)
    module, roles = TRANSFORMER.build(spec), TRANSFORMER.roles(spec)
    table = reinitialize(module, RECIPES["gpt2"], roles=roles).set_index("name")
    for name in ("blocks.3.attention.out_proj.weight", "blocks.3.last.weight"):
        assert table.loc[name, "role"] == "residual.last"
        assert table.loc[name, "variance"] == pytest.approx(0.02**2 / 16, rel=0.1)
    assert table.loc["blocks.3.first.weight", "variance"] == pytest.approx(0.02**2, rel=0.1)


def test_the_readout_is_the_last_dense_layer() -> None:
    spec = TRANSFORMER.spec(depth=2)
    found = {s.name: s.role for s in slots(TRANSFORMER.build(spec), TRANSFORMER.roles(spec))}
    assert found["readout.weight"] == "readout.weight"
    assert found["blocks.1.first.weight"] == "dense.weight"
    assert found["characters.weight"] == found["places.weight"] == "embedding.weight"


def test_inputs_are_passages_of_the_text() -> None:
    text = files("initviz.architectures").joinpath(TEXT).read_text(encoding="utf-8")
    drawn = TRANSFORMER.inputs(TRANSFORMER.spec(steps=256), 40, 0)
    assert (drawn.shape, drawn.dtype) == ((40, 256), torch.int64)
    passages = {"".join(characters()[token] for token in row) for row in drawn.tolist()}
    assert all(passage in text for passage in passages)
    assert len(passages) > 30
    assert 200 < len(text.split()) < 400


def test_heads_divide_the_width() -> None:
    with pytest.raises(ValueError, match=r"heads must divide width \(=64\); got 5"):
        TRANSFORMER.spec(heads=5)
