"""The fast pass: forward and backward through the built-in dense stack, measured.

It computes what autograd computes on the same `torch.nn` layers, and carries a power of
two beside every tensor, so that sizes far outside the floating-point range keep their
true value: the backward pass is linear, and the forward pass is either homogeneous or
evaluates φ in float64 at the true pre-activation.

Statistics are taken over chunks of layers, stacked as (layers, batch, units); within a
chunk exponents are not adjusted.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from initviz.catalog.activations import ACTIVATIONS, Activation
from initviz.catalog.initializers import INITIALIZERS
from initviz.engine import dense_statistics, statistics
from initviz.engine.columns import Columns, Exponents, join, merge
from initviz.engine.exponents import activate, comfortable, ldexp, slope
from initviz.engine.measurement import SIZES
from initviz.engine.statistics import Alike, Floats
from initviz.runtime.cache import room
from initviz.runtime.turns import checkpoint
from initviz.setting.data import draw_cotangent, draw_inputs
from initviz.setting.network import Batch, Network, biases, fans, readout_weight
from initviz.setting.noise import Draw, layer_noise

# A chunk stays in a core's cache, and its values drift by less than 1e±8 from root mean squares
# within the comfortable range, so that float32 holds them and their products.
_CHUNK_BYTES = 2 * 2**20
_CHUNK_LAYERS = 16
_CHUNK_DECADES = 8.0
# Amplitudes or mean squares beyond these are computed again in float64.
_SAFE_FACTOR = (1e-15, 1e15)
_SAFE_SQUARE = (1e-28, 1e28)
_ALL_DISTINCT = 0.95


@dataclass(frozen=True)
class Stack:
    """The dense stack with everything drawn, in the dtype of the pass."""

    activation: Activation
    draws: list[Draw]
    weights: list[Tensor]
    factors: list[float]
    biases: list[Tensor] | None
    inputs: Tensor
    labels: Tensor
    cotangent: Tensor
    readout: Tensor | None
    chunk: int


def measure(network: Network, batch: Batch) -> Columns:
    """Run the pass in the batch's dtype, float32 or float64, and measure every layer.

    A float32 pass whose numbers float32 cannot vouch for is run again in float64.
    """
    if batch.dtype == "float32":
        stack = _draw(network, batch, torch.float32)
        if all(f == 0 or _SAFE_FACTOR[0] < f < _SAFE_FACTOR[1] for f in stack.factors):
            measured = _run(stack)
            if _trustworthy(measured):
                return measured
    return _run(_draw(network, batch, torch.float64))


def _draw(network: Network, batch: Batch, dtype: torch.dtype) -> Stack:
    initializer = INITIALIZERS[network.initializer]
    shapes = fans(network, batch)
    draws = []
    for layer, (fan_in, fan_out) in enumerate(shapes):
        checkpoint()
        noise = initializer.noise
        draws.append(layer_noise(noise, fan_in, fan_out, seed=batch.seed, layer=layer))
    amplitude = {
        s: initializer.factor(*s, gain=network.gain, scale=network.scale) for s in {*shapes}
    }
    factors = [amplitude[s] for s in shapes]
    inputs, labels = draw_inputs(batch, shapes[0][0])
    drawn = biases(network, batch.seed)
    classes = batch.loss == "cross_entropy"
    return Stack(
        activation=ACTIVATIONS[network.activation],
        draws=draws,
        weights=[draw.values.to(dtype) for draw in draws],
        factors=factors,
        biases=None if drawn is None else [b.to(dtype) for b in drawn],
        inputs=inputs.to(dtype),
        labels=labels,
        cotangent=draw_cotangent(batch.seed, torch.Size((batch.size, network.width))).to(dtype),
        readout=readout_weight(network, batch.seed, dtype) if classes else None,
        chunk=_chunk(batch.size * network.width, draws[-1], factors[-1]),
    )


def _chunk(layer_numel: int, draw: Draw, factor: float) -> int:
    """Return over how many layers sizes may drift before exponents are adjusted."""
    fan_in = draw.values.shape[1]
    growth = abs(factor) * math.sqrt(draw.variance * fan_in + (draw.mean * fan_in) ** 2)
    drift = 0.5 + (abs(math.log10(growth)) if growth > 0 else 0)
    layers = min(_CHUNK_LAYERS, _CHUNK_DECADES / drift, _CHUNK_BYTES / (4 * layer_numel))
    return max(1, int(layers))


@torch.inference_mode()
@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def _run(stack: Stack) -> Columns:
    one = len(stack.inputs), len(stack.weights[0])
    depth, width = len(stack.weights), one[1]
    sizes = [2 * depth * math.prod(one), stack.chunk * math.prod(one), stack.chunk * width**2]
    with room(sum(sizes), stack.inputs.dtype) as flat:
        both, gradients, of_weights = torch.split_with_sizes(flat, sizes)
        forward, ahead = _forward(stack, both.view(2, depth, *one))
        back = _backward(stack, forward, gradients, of_weights.view(-1, width, width))
    return merge([_weights(stack), ahead, back])


def _weights(stack: Stack) -> Columns:
    """Describe the weight matrices from their noise, measured when it was drawn."""
    factor = np.array(stack.factors)
    values = {
        "fan_in": np.array([float(weight.shape[1]) for weight in stack.weights]),
        "fan_out": np.array([float(weight.shape[0]) for weight in stack.weights]),
        "weight_mean": factor * [draw.mean for draw in stack.draws],
        "weight_var": factor * factor * [draw.variance for draw in stack.draws],
    }
    return Columns(values, {}, {})


@dataclass(frozen=True)
class _Forward:
    """What the backward pass needs: z and h of every layer, each with an exponent a layer."""

    z: Tensor
    h: Tensor
    z_exponent: Exponents
    h_exponent: Exponents
    alike: Alike


def _forward(stack: Stack, both: Tensor) -> tuple[_Forward, Columns]:
    """Carry the batch forward, and measure z and h of each chunk while it is at hand."""
    exponents = np.zeros(both.shape[:2], np.int64)
    parts = []
    h, exponent = stack.inputs, 0
    for layers in _chunks(stack):
        checkpoint()
        if layers.start:
            h, exponent = comfortable(h, exponent)
        z, outputs = both[:, layers]
        for layer, here, out in zip(_indices(layers), z.unbind(), outputs.unbind(), strict=True):
            if stack.biases is not None and exponent < 0:
                # Biases set the size of z; what is far below would be rounded away anyway.
                h, exponent = ldexp(h, exponent), 0
            exponents[0, layer] = exponent
            _multiply(stack, layer, h, exponent, here)
            exponent = activate(stack.activation, here, exponent, out)
            h = out
            exponents[1, layer] = exponent
        parts.append(dense_statistics.forward(z, outputs, exponents[:, layers]))
    measured = join(parts)
    alike = statistics.alike(both[0], measured.values["preact_ms"])
    return _Forward(both[0], both[1], exponents[0], exponents[1], alike), measured


def _indices(layers: slice) -> range:
    return range(layers.start, layers.stop)


def _multiply(stack: Stack, layer: int, h: Tensor, exponent: int, z: Tensor) -> None:
    """Put z · 2^-exponent into `z`, given h · 2^-exponent."""
    weight, factor = stack.weights[layer].T, stack.factors[layer]
    if stack.biases is None:
        torch.addmm(z, h, weight, beta=0, alpha=factor, out=z)
    else:
        torch.addmm(ldexp(stack.biases[layer], -exponent), h, weight, alpha=factor, out=z)


def _loss_gradient(stack: Stack, h: Tensor, exponent: int) -> tuple[Tensor, int]:
    """Return ∂ℓ/∂h at the last layer, (batch, units), with an exponent of its own."""
    if stack.readout is None:
        return stack.cotangent, 0
    logits = (h @ stack.readout.T).double()
    error = torch.softmax(ldexp(logits - logits.amax(dim=1, keepdim=True), exponent), dim=1)
    error[torch.arange(len(h)), stack.labels] -= 1
    return comfortable((error / len(h)).to(h.dtype) @ stack.readout, 0)


def _backward(stack: Stack, forward: _Forward, room: Tensor, of_weights: Tensor) -> Columns:
    """Carry the gradient back, chunk by chunk, and measure it."""
    gradient, exponent = _loss_gradient(stack, forward.h[-1], int(forward.h_exponent[-1]))
    of_inputs = np.concatenate([[0], forward.h_exponent[:-1]])
    parts = []
    for layers in reversed(_chunks(stack)):
        checkpoint()
        if layers.stop < len(stack.weights):
            gradient, exponent = comfortable(gradient, exponent)
        z = forward.z[layers]
        steep = slope(stack.activation, z, forward.z_exponent[layers])
        saturated = statistics.share_below(steep, statistics.FLAT * stack.activation.steepest)
        # Nobody needs z any more, and memory that is at hand already is faster to write to.
        grad_z, grad_h = z, room[: z.numel()].view(z.shape)
        grad_h[-1] = gradient
        places = list(zip(steep.unbind(), grad_z.unbind(), grad_h.unbind(), strict=True))
        for layer in reversed(_indices(layers)):
            factor_h, at_z, at_h = places.pop()
            torch.mul(factor_h, at_h, out=at_z)
            if layer:
                gradient = places[-1][2] if places else torch.empty_like(gradient)
                weight, factor = stack.weights[layer], stack.factors[layer]
                torch.addmm(gradient, at_z, weight, beta=0, alpha=factor, out=gradient)
        below = forward.h[max(0, layers.start - 1) : layers.stop - 1]
        grad_w = _weight_gradients(stack.inputs, below, grad_z, of_weights)
        measured = dense_statistics.backward(grad_z, grad_h, grad_w, exponent, of_inputs[layers])
        measured.values["saturated_fraction"] = saturated
        measured.values["distinct_fraction"] = _distinct(stack, forward.alike, layers, grad_w)
        parts.append(measured)
    return join(parts[::-1])


def _distinct(stack: Stack, found: Alike, layers: slice, grad_w: list[Tensor]) -> Floats:
    """Return the share of units that are no copies, of a chunk of layers.

    The cotangent of a network without a readout stands for that of any, by which alone the last
    layer's units would be told apart.
    """
    rows = [row for matrices in grad_w for row in matrices.unbind()]
    share = [statistics.copies(found, *at) for at in zip(_indices(layers), rows, strict=True)]
    if stack.readout is None and layers.stop == len(stack.weights):
        share[-1] = float(found.share[-1])
    return np.array(share)


def _weight_gradients(inputs: Tensor, below: Tensor, grad_z: Tensor, room: Tensor) -> list[Tensor]:
    """Return ∂ℓ/∂W of a chunk of layers, first layer first, stacked as far as shapes agree.

    `below` are the activations of the layers below, which the very first layer has none of.
    """
    first, found = len(grad_z) - len(below), room[: len(grad_z)]
    if len(below):
        torch.bmm(grad_z[first:].mT, below, out=found[first:])
    if not first:
        return [found]
    if inputs.shape[1] == found.shape[2]:
        torch.mm(grad_z[0].T, inputs, out=found[0])
        return [found]
    return [(grad_z[0].T @ inputs)[None], found[1:]]


def _chunks(stack: Stack) -> list[slice]:
    depth = len(stack.weights)
    return [slice(i, min(i + stack.chunk, depth)) for i in range(0, depth, stack.chunk)]


def _trustworthy(measured: Columns) -> bool:
    """Say whether float32 holds every layer's values and tells all units apart.

    Where they do not, float64 decides whether the signal is lost, or the units are copies.
    """
    if measured.values["distinct_fraction"].min() < _ALL_DISTINCT:
        return False
    squares = np.array([measured.values[c] for c in SIZES])
    # NaN compares as unsafe.
    return bool(squares.min() > _SAFE_SQUARE[0] and squares.max() < _SAFE_SQUARE[1])
