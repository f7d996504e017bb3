"""A Transformer of encoder blocks that reads characters."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from initviz.architectures.encoder import EncoderBlock
from initviz.architectures.fields import ActivationName, activation, depth
from initviz.architectures.inputs import characters, tokens
from initviz.architectures.record import Architecture
from initviz.catalog.activations import ACTIVATIONS
from initviz.setting.network import Whole
from initviz.setting.spec import Spec


class Transformer(Spec):
    """`depth` blocks of self-attention and a two-layer MLP, four times as wide, on a trunk.

    Pre-norm: x ← x + F(norm x), with one more norm before the readout. Post-norm:
    x ← norm(x + F(x)). Xiong et al. 2020, arXiv:2002.04745, figure 1.
    """

    choices: ClassVar = {
        "norm": ("pre", "post"),
        "mask": ("none", "causal"),
        "activation": tuple(ACTIVATIONS),
    }

    depth: Whole = depth("blocks", 6, 48)
    width: Whole = Field(
        64, ge=1, le=512, title="Width", description="Size of the trunk, 1 to 512."
    )
    heads: Whole = Field(
        4, ge=1, le=16, title="Heads", description="Attention heads, a divisor of the width."
    )
    steps: Whole = Field(
        32, ge=1, le=256, title="Steps", description="Characters in each passage, 1 to 256."
    )
    norm: Literal["pre", "post"] = Field(
        "pre", title="Norm", description="Whether layer norm stands before or after each branch."
    )
    mask: Literal["none", "causal"] = Field(
        "none", title="Mask", description="Causal attention sees no later character."
    )
    activation: ActivationName = activation("between the MLP's two layers")

    @model_validator(mode="after")
    def _heads_divide_the_width(self) -> Self:
        if self.width % self.heads:
            raise ValueError(f"heads must divide width (={self.width}); got {self.heads}")
        return self


class Reader(nn.Module):
    """Embeddings of characters and places, the blocks, and a readout at every step."""

    def __init__(self, spec: Transformer) -> None:
        super().__init__()
        self.characters = nn.Embedding(len(characters()), spec.width)
        self.places = nn.Embedding(spec.steps, spec.width)
        self.blocks = nn.Sequential(
            *(
                EncoderBlock(
                    spec.width,
                    spec.heads,
                    ACTIVATIONS[spec.activation].build(),
                    pre=spec.norm == "pre",
                    causal=spec.mask == "causal",
                )
                for _ in range(spec.depth)
            )
        )
        self.norm = nn.LayerNorm(spec.width) if spec.norm == "pre" else nn.Identity()
        self.readout = nn.Linear(spec.width, len(characters()))

    def forward(self, passages: Tensor) -> Tensor:
        """Return logits, (batch, steps, characters), of tokens (batch, steps)."""
        x = self.characters(passages) + self.places(torch.arange(passages.shape[1]))
        logits: Tensor = self.readout(self.norm(self.blocks(x)))
        return logits


def _inputs(spec: Transformer, batch_size: int, seed: int) -> Tensor:
    return tokens(batch_size, spec.steps, seed)


def _trunk(spec: Transformer) -> tuple[str, ...]:
    return tuple(f"blocks.{block}" for block in range(spec.depth))


def _roles(_: Transformer) -> Mapping[str, str]:
    return {
        "blocks.*.attention.out_proj.weight": "residual.last",
        "blocks.*.last.weight": "residual.last",
    }


TRANSFORMER = Architecture(
    name="transformer",
    label="Transformer",
    description="Attention and dense layers in turn, on the characters of a short speech.",
    spec=Transformer,
    module=Reader,
    inputs=_inputs,
    noun="block",
    drawn="The line is the trunk at the end of each block; the marks are the layers of the "
    "branches, by their own names when pointed at.",
    lesson="With the norm before each branch the trunk grows a little with every block, and the "
    "last block's gradient is the smaller the more of them there are: its length falls as one "
    "over the root of their number. With the norm after, it stays as large however deep the "
    "network is (Xiong et al. 2020), which is why post-norm needs a warm-up.",
    positions=lambda spec: spec.steps,
    values=lambda spec: spec.depth * spec.steps * (24 * spec.width + spec.heads * spec.steps // 4),
    sizes=("depth", "steps"),
    roles=_roles,
    trunk=_trunk,
)
