"""A block of a Transformer's encoder."""

import torch
from torch import Tensor, nn


class EncoderBlock(nn.Module):
    """Self-attention and MLP, each added to the trunk and normalized before or after."""

    def __init__(
        self, width: int, heads: int, activation: nn.Module, *, pre: bool, causal: bool
    ) -> None:
        super().__init__()
        self._pre, self._causal = pre, causal
        self.attention_norm = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.mlp_norm = nn.LayerNorm(width)
        self.first = nn.Linear(width, 4 * width)
        self.activation = activation
        self.last = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Return the trunk after the block; shape of `x`, (batch, steps, width)."""
        if self._pre:
            x = x + self._attend(self.attention_norm(x))
            return x + self._mlp(self.mlp_norm(x))
        x = self.attention_norm(x + self._attend(x))
        normalized: Tensor = self.mlp_norm(x + self._mlp(x))
        return normalized

    def _attend(self, x: Tensor) -> Tensor:
        steps = x.shape[1]
        mask = torch.ones(steps, steps, dtype=torch.bool).triu(1) if self._causal else None
        gathered: Tensor = self.attention(x, x, x, attn_mask=mask, need_weights=False)[0]
        return gathered

    def _mlp(self, x: Tensor) -> Tensor:
        projected: Tensor = self.last(self.activation(self.first(x)))
        return projected
