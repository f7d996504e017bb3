"""The scalar that is differentiated, made of whatever a module returns."""

from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.nn import functional as F

from initviz.engine.structures import tensors
from initviz.setting.data import draw_cotangent
from initviz.setting.network import CLASSES, Batch


class BatchLoss:
    """The loss that a batch names, with its labels, (batch,), where it has any."""

    def __init__(self, batch: Batch, labels: Tensor) -> None:
        self._batch, self._labels = batch, labels

    def __call__(self, output: object) -> Tensor:
        """Return the loss of what a module gives; ValueError if it has none."""
        found = next((t for t in tensors(output) if t.is_floating_point()), None)
        if found is None:
            raise ValueError(
                "the module must return a floating-point tensor, or a structure with one; "
                f"got {type(output).__name__}"
            )
        if self._batch.loss == "gaussian":
            if found.dim() == 0:
                return found
            return (found * draw_cotangent(self._batch.seed, found.shape).to(found.dtype)).sum()
        if found.dim() != 2 or found.shape[1] < CLASSES:
            raise ValueError(
                f"loss='cross_entropy' needs outputs of shape (batch, {CLASSES} or more classes); "
                f"got {tuple(found.shape)}"
            )
        return F.cross_entropy(found, self._labels)


class OwnLoss:
    """A caller's loss, whose result has to be a scalar."""

    def __init__(self, loss: Callable[[Any], Tensor]) -> None:
        self._loss = loss

    def __call__(self, output: object) -> Tensor:
        """Return the loss of what a module gives; ValueError if it is no scalar."""
        value: object = self._loss(output)
        if isinstance(value, Tensor) and value.numel() == 1:
            return value.squeeze()
        got = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        raise ValueError(f"loss must return a tensor with one number; got {got}")
