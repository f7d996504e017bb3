"""Public models, as they are, go through a probe and are left as they were."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from initviz import probe, reinitialize

transformers = pytest.importorskip("transformers")

WORDS = 50
IDS = torch.randint(WORDS, (3, 8), generator=torch.Generator().manual_seed(0))
IMAGES = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
TEXT = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64,
    "vocab_size": WORDS,
}  # fmt: skip


def models() -> dict[str, tuple[nn.Module, Any]]:
    t = transformers
    gpt2 = {"n_layer": 2, "n_embd": 32, "n_head": 2, "vocab_size": WORDS}
    t5 = {"num_layers": 2, "d_model": 32, "d_ff": 64, "d_kv": 16, "num_heads": 2}
    vit = {k: v for k, v in TEXT.items() if k != "vocab_size"}
    resnet = {"depths": [1, 1], "hidden_sizes": [8, 16], "embedding_size": 8}
    return {
        "resnet": (t.ResNetForImageClassification(t.ResNetConfig(**resnet)), IMAGES),
        "vit": (t.ViTForImageClassification(t.ViTConfig(**vit, image_size=64)), IMAGES),
        "gpt2": (t.GPT2LMHeadModel(t.GPT2Config(**gpt2)), {"input_ids": IDS}),
        "bert": (t.BertForMaskedLM(t.BertConfig(**TEXT)), {"input_ids": IDS}),
        "llama": (t.LlamaForCausalLM(t.LlamaConfig(**TEXT)), {"input_ids": IDS}),
        "t5": (
            t.T5ForConditionalGeneration(t.T5Config(**t5, vocab_size=WORDS)),
            {"input_ids": IDS, "decoder_input_ids": IDS},
        ),
    }


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["resnet", "vit", "gpt2", "bert", "llama", "t5"])
def test_a_public_model_is_probed_as_it_is(name: str) -> None:
    model, inputs = models()[name]
    before = {k: v.clone() for k, v in model.state_dict().items()}
    table = probe(model, inputs).table
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    matrices = {p.data_ptr() for p in model.parameters() if p.dim() > 1}
    assert len(table) >= len(matrices) - 2
    assert np.isfinite(table["preact_var"]).all()
    assert (table["grad_weight_var"] > 0).mean() > 0.9


@pytest.mark.filterwarnings("ignore")
def test_berts_recipe_gives_berts_sizes() -> None:
    model, inputs = models()["bert"]
    reinitialize(model, "bert", seed=1)
    table = probe(model, inputs).table.set_index("name")
    # Truncated at two deviations of 0.02: 0.0175925².
    drawn = table.loc["bert.encoder.layer.0.intermediate.dense", "weight_var"]
    assert drawn == pytest.approx(0.0175925**2, rel=0.1)


@pytest.mark.filterwarnings("ignore")
def test_a_probe_of_t5_sees_the_sizes_that_its_authors_chose() -> None:
    # Mesh TensorFlow's T5 (Raffel et al. 2020): queries are drawn as if already divided by √d_kv.
    d, d_kv, heads, d_ff = 256, 32, 8, 512
    torch.manual_seed(0)
    model = transformers.T5ForConditionalGeneration(
        transformers.T5Config(
            num_layers=2, d_model=d, d_ff=d_ff, d_kv=d_kv, num_heads=heads, vocab_size=WORDS
        )
    )
    found = probe(model, {"input_ids": IDS, "decoder_input_ids": IDS}).table.set_index("name")
    block = "encoder.block.0.layer"
    expected = {
        f"{block}.0.SelfAttention.q": 1 / (d * d_kv),
        f"{block}.0.SelfAttention.k": 1 / d,
        f"{block}.0.SelfAttention.v": 1 / d,
        f"{block}.0.SelfAttention.o": 1 / (heads * d_kv),
        f"{block}.1.DenseReluDense.wi": 1 / d,
        f"{block}.1.DenseReluDense.wo": 1 / d_ff,
    }
    for name, variance in expected.items():
        # Of 65536 or more normal values, the variance strays by 0.6 %.
        assert found.loc[name, "weight_var"] == pytest.approx(variance, rel=0.03), name
