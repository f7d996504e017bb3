"""Layers scaled, one after the other, so that each gives variance 1 on a batch."""

from typing import Any

import torch
from torch import Tensor, nn

from initviz.engine.structures import Inputs, call, mapped
from initviz.runtime.randomness import global_seed

_LAYERS = (nn.Linear, nn.modules.conv._ConvNd)


@torch.no_grad()
def scale_to_unit_variance(module: nn.Module, inputs: Inputs) -> None:
    """Divide each dense and convolutional layer's weights by the deviation of its outputs.

    One pass suffices, since every layer is scaled before the next one sees what it gives; a layer
    that is used again, or that gives no variance, is left. Mishkin and Matas 2016,
    arXiv:1511.06422, algorithm 1, without its tolerance. Buffers and the global random state stay
    as they were.
    """
    # By the weight: several layers may share one.
    scaled: set[int] = set()

    def scale(layer: Any, _: object, output: Tensor) -> Tensor | None:
        deviation = output.double().std(correction=0)
        if id(layer.weight) in scaled or not (deviation > 0 and deviation.isfinite()):
            return None
        scaled.add(id(layer.weight))
        layer.weight /= deviation
        if layer.bias is not None:
            layer.bias /= deviation
        return output / deviation.to(output.dtype)

    buffers = [(buffer, buffer.clone()) for buffer in module.buffers()]
    handles = [m.register_forward_hook(scale) for m in module.modules() if isinstance(m, _LAYERS)]
    try:
        with global_seed(0):
            call(module, mapped(inputs, torch.clone))
    finally:
        for handle in handles:
            handle.remove()
        for buffer, value in buffers:
            buffer.copy_(value)
