"""The parameters of several networks of one shape, in one piece of memory."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from initviz.catalog.initializers import INITIALIZERS
from initviz.runtime.turns import checkpoint
from initviz.setting.network import Network, biases, readout_weight
from initviz.setting.noise import layer_noise


@dataclass(frozen=True)
class Parameters:
    """Views of one flat tensor, so that an optimizer's step is a few calls.

    Every view has a first dimension of networks: `weights` are (networks, out, in), `biases`
    (networks, 1, out), both with the readout last; `scales` and `shifts`, (networks, 1, width),
    are a normalization's and empty where it has none.
    """

    flat: Tensor
    weights: list[Tensor]
    biases: list[Tensor]
    scales: list[Tensor]
    shifts: list[Tensor]

    def like(self, flat: Tensor) -> "Parameters":
        """Return views of another tensor, laid out in the same way: of gradients, of steps."""
        kinds = (self.weights, self.biases, self.scales, self.shifts)
        sizes = [view.numel() for kind in kinds for view in kind]
        pieces = iter(torch.split_with_sizes(flat, sizes))
        views = ([next(pieces).view(view.shape) for view in kind] for kind in kinds)
        return Parameters(flat, *views)


@torch.no_grad()
def drawn(
    networks: Sequence[Network], seed: int, features: int, classes: int, dtype: torch.dtype
) -> Parameters:
    """Return what the networks begin with, weight for weight what `build` draws."""
    shape, many = networks[0], len(networks)
    outs = [shape.width] * shape.depth + [classes]
    ins = [features] + [shape.width] * shape.depth
    units = torch.empty(many, 1, shape.width, device="meta")
    plan = Parameters(
        torch.empty(0),
        [torch.empty(many, o, i, device="meta") for o, i in zip(outs, ins, strict=True)],
        [torch.empty(many, 1, o, device="meta") for o in outs],
        [units] * (shape.depth if shape.normalization != "none" else 0),
        [units] * (shape.depth if shape.normalization in ("batch", "layer") else 0),
    )
    kinds = (plan.weights, plan.biases, plan.scales, plan.shifts)
    size = sum(math.prod(view.shape) for kind in kinds for view in kind)
    made = plan.like(torch.zeros(size, dtype=dtype))
    for place, network in enumerate(networks):
        _draw(made, place, network, seed)
    for scale in made.scales:
        scale.fill_(1)
    return made


def _draw(made: Parameters, place: int, network: Network, seed: int) -> None:
    initializer, dtype = INITIALIZERS[network.initializer], made.flat.dtype
    for layer, weight in enumerate(made.weights[:-1]):
        checkpoint()
        _, fan_out, fan_in = weight.shape
        noise = layer_noise(initializer.noise, fan_in, fan_out, seed=seed, layer=layer).values
        weight[place] = initializer.weights(
            noise, gain=network.gain, scale=network.scale, dtype=dtype
        )
    made.weights[-1][place] = readout_weight(network, seed, dtype, made.weights[-1].shape[1])
    for bias, values in zip(made.biases, biases(network, seed) or (), strict=False):
        bias[place, 0] = values
