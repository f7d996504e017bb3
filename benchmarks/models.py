"""What a probe of public models costs, beside their own forward and backward pass.

They come from Hugging Face's transformers, built from their configurations with random weights:
`pip install transformers==5.24.0`.
"""

import time
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from benchmarks.report import Row, against
from benchmarks.timing import interleaved
from initviz import probe

_SIDE, _IMAGES, _STEPS, _TEXTS, _WORDS = 224, 8, 64, 4, 5000


def run(rounds: int = 7) -> list[Row]:
    """Return a row for each model: its probe's time over its bare passes', one thread."""
    torch.set_num_threads(1)
    rows = []
    for name, (make, inputs) in _models().items():
        torch.manual_seed(0)
        model = make()
        seconds = interleaved(
            {"probe": _probed(model, inputs), "bare": _passed(model, inputs)},
            rounds,
            time.process_time,
        )
        layers = len(probe(model, inputs).layers)
        rows.append(
            against(
                f"{name}, {layers} layers",
                "probe",
                1e3 * seconds["probe"],
                {"bare": 1e3 * seconds["bare"]},
                "ms",
            )
        )
    return rows


def _models() -> dict[str, tuple[Callable[[], nn.Module], Any]]:
    import transformers as t  # noqa: PLC0415 - only this benchmark needs it

    images = torch.randn(_IMAGES, 3, _SIDE, _SIDE)
    words = torch.randint(_WORDS, (_TEXTS, _STEPS))
    small: dict[str, Any] = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 6}
    return {
        "ResNet-18": (
            lambda: t.ResNetForImageClassification(
                t.ResNetConfig(
                    depths=[2, 2, 2, 2], layer_type="basic", hidden_sizes=[64, 128, 256, 512]
                )
            ),
            images,
        ),
        "ViT-Ti/16": (
            lambda: t.ViTForImageClassification(
                t.ViTConfig(hidden_size=192, num_attention_heads=3, intermediate_size=768)
            ),
            images,
        ),
        "ConvNeXt": (
            lambda: t.ConvNextForImageClassification(
                t.ConvNextConfig(hidden_sizes=[48, 96, 192, 384])
            ),
            images,
        ),
        "GPT-2, 6 blocks": (
            lambda: t.GPT2LMHeadModel(
                t.GPT2Config(n_layer=6, n_embd=384, n_head=6, vocab_size=_WORDS)
            ),
            {"input_ids": words},
        ),
        "BERT, 6 blocks": (
            lambda: t.BertForMaskedLM(
                t.BertConfig(vocab_size=_WORDS, intermediate_size=1536, **small)
            ),
            {"input_ids": words, "attention_mask": torch.ones_like(words)},
        ),
        "Llama, 6 blocks": (
            lambda: t.LlamaForCausalLM(
                t.LlamaConfig(vocab_size=_WORDS, intermediate_size=1024, **small)
            ),
            {"input_ids": words},
        ),
        "T5, 4 + 4 blocks": (
            lambda: t.T5ForConditionalGeneration(
                t.T5Config(vocab_size=_WORDS, num_layers=4, d_model=256, d_ff=1024)
            ),
            {"input_ids": words, "decoder_input_ids": words},
        ),
        "MobileNetV2": (
            lambda: t.MobileNetV2ForImageClassification(t.MobileNetV2Config()),
            images,
        ),
    }


def _probed(model: nn.Module, inputs: Any) -> Callable[[int], object]:
    return lambda _: probe(model, inputs)


def _passed(model: nn.Module, inputs: Any) -> Callable[[int], object]:
    def bare(_: int) -> None:
        model.zero_grad(set_to_none=True)
        output = model(**inputs) if isinstance(inputs, dict) else model(inputs)
        logits = output[0]
        logits.backward(torch.randn(logits.shape))

    return bare
