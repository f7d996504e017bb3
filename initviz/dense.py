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
from numpy.typing import NDArray
from torch import Tensor

from initviz import statistics
from initviz.activations import ACTIVATIONS, Activation
from initviz.data import draw_cotangent, draw_inputs
from initviz.initializers import INITIALIZERS
from initviz.network import Batch, Network, biases, fans, readout_weight
from initviz.noise import Draw, layer_noise
from initviz.signals import SIZES
from initviz.statistics import Floats, Sample

# A chunk stays in the second-level cache, and its values drift by less than 1e±8 from
# root mean squares within the comfortable range, so that their squares fit float32.
_CHUNK_BYTES = 4 * 2**20
_CHUNK_LAYERS = 8
_CHUNK_DECADES = 8.0
_COMFORTABLE = (1e-6, 1e6)
# Amplitudes or mean squares beyond these are computed again in float64.
_SAFE_FACTOR = (1e-15, 1e15)
_SAFE_SQUARE = (1e-28, 1e28)
_ALL_DISTINCT = 0.95
# Beyond 2^±400 every activation here is linear or constant, and squares still fit float64.
_LARGEST_EXPONENT = 400

Exponents = NDArray[np.int64]


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
    readout: Tensor | None
    seed: int
    chunk: int


@dataclass(frozen=True)
class Measured:
    """Raw results, by column.

    The true value of a mean square or variance is values[column] · 4^exponents[column], that
    of a mean values[column] · 2^exponents[column]; columns without exponents are plain.
    """

    values: dict[str, Floats]
    exponents: dict[str, Exponents]
    samples: dict[str, list[Sample]]


def measure(network: Network, batch: Batch) -> Measured:
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
    draws = [
        layer_noise(initializer.noise, fan_in, fan_out, seed=batch.seed, layer=layer)
        for layer, (fan_in, fan_out) in enumerate(shapes)
    ]
    factors = [initializer.factor(*s, gain=network.gain, scale=network.scale) for s in shapes]
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
        readout=readout_weight(network, batch.seed, dtype) if classes else None,
        seed=batch.seed,
        chunk=_chunk(batch.size * network.width, draws[-1], factors[-1]),
    )


def _chunk(layer_numel: int, draw: Draw, factor: float) -> int:
    """Return over how many layers sizes may drift before exponents are adjusted."""
    fan_in = draw.values.shape[1]
    growth = abs(factor) * math.sqrt(draw.variance * fan_in + (draw.mean * fan_in) ** 2)
    drift = 0.5 + (abs(math.log10(growth)) if growth > 0 else 0)
    layers = min(_CHUNK_LAYERS, _CHUNK_DECADES / drift, _CHUNK_BYTES / (4 * layer_numel))
    return max(1, int(layers))


@torch.no_grad()
def _run(stack: Stack) -> Measured:
    forward = _forward(stack)
    return _merge([_weights(stack), _activations(stack, forward), _backward(stack, forward)])


def _weights(stack: Stack) -> Measured:
    """Describe the weight matrices from their noise, measured when it was drawn."""
    factor = np.array(stack.factors)
    shapes = np.array([draw.values.shape for draw in stack.draws], dtype=np.float64)
    values = {
        "fan_in": shapes[:, 1],
        "fan_out": shapes[:, 0],
        "weight_mean": factor * [draw.mean for draw in stack.draws],
        "weight_var": factor * factor * [draw.variance for draw in stack.draws],
    }
    return Measured(values, {}, {})


@dataclass(frozen=True)
class _Forward:
    """z and h of every layer, (layers, batch, units), each with an exponent a layer."""

    z: Tensor
    h: Tensor
    z_exponent: Exponents
    h_exponent: Exponents


def _forward(stack: Stack) -> _Forward:
    depth, units = len(stack.weights), len(stack.weights[0])
    z = stack.inputs.new_empty(depth, len(stack.inputs), units)
    out = _Forward(z, torch.empty_like(z), np.zeros(depth, np.int64), np.zeros(depth, np.int64))
    h, exponent = stack.inputs, 0
    for layer in range(depth):
        if layer % stack.chunk == 0:
            h, exponent = _comfortable(h, exponent)
        if stack.biases is not None and exponent < 0:
            # Biases set the size of z; what is far below them would be rounded away anyway.
            h, exponent = _ldexp(h, exponent), 0
        out.z_exponent[layer] = exponent
        _multiply(stack, layer, h, exponent, z[layer])
        h, exponent = _activate(stack.activation, z[layer], exponent)
        out.h[layer] = h
        out.h_exponent[layer] = exponent
    return out


def _multiply(stack: Stack, layer: int, h: Tensor, exponent: int, z: Tensor) -> None:
    """Put z · 2^-exponent into `z`, given h · 2^-exponent."""
    weight, factor = stack.weights[layer].T, stack.factors[layer]
    if stack.biases is None:
        torch.addmm(z, h, weight, beta=0, alpha=factor, out=z)
    else:
        torch.addmm(_ldexp(stack.biases[layer], -exponent), h, weight, alpha=factor, out=z)


def _activate(activation: Activation, z: Tensor, exponent: int) -> tuple[Tensor, int]:
    if exponent == 0 or activation.homogeneous:
        return activation.function(z), exponent
    within = _within(exponent)
    h, shift = _comfortable(activation.function(_ldexp(z.double(), within)), 0)
    return h.to(z.dtype), shift + exponent - within


def _within(exponent: int) -> int:
    return max(-_LARGEST_EXPONENT, min(_LARGEST_EXPONENT, exponent))


def _slope(activation: Activation, z: Tensor, exponents: Exponents) -> Tensor:
    """Return φ'(z) of a chunk of layers."""
    if activation.homogeneous or not exponents.any():
        return activation.derivative(z)
    true = [_ldexp(x.double(), _within(int(e))) for x, e in zip(z, exponents, strict=True)]
    return activation.derivative(torch.stack(true)).to(z.dtype)


def _loss_gradient(stack: Stack, h: Tensor, exponent: int) -> Tensor:
    """Return ∂ℓ/∂h at the last layer, (batch, units)."""
    if stack.readout is None:
        return draw_cotangent(stack.seed, h.shape).to(h.dtype)
    logits = (h @ stack.readout.T).double()
    error = torch.softmax(_ldexp(logits - logits.amax(dim=1, keepdim=True), exponent), dim=1)
    error[torch.arange(len(h)), stack.labels] -= 1
    return (error / len(h)).to(h.dtype) @ stack.readout


def _activations(stack: Stack, forward: _Forward) -> Measured:
    """Measure z and h, chunk by chunk."""
    parts = []
    for layers in _chunks(stack):
        z, h = forward.z[layers], forward.h[layers]
        at_z, at_h = forward.z_exponent[layers], forward.h_exponent[layers]
        z_mean, z_square, z_variance = statistics.moments(z)
        h_mean, h_square, h_variance = statistics.moments(h)
        parts.append(
            Measured(
                values={
                    "preact_mean": z_mean,
                    "preact_var": z_variance,
                    "preact_ms": z_square,
                    "act_mean": h_mean,
                    "act_var": h_variance,
                    "act_ms": h_square,
                    "dead_fraction": statistics.dead_fraction(h),
                    "correlation": statistics.correlation(h),
                    "distinct_fraction": statistics.distinct_fraction(z),
                },
                exponents={
                    **dict.fromkeys(("preact_mean", "preact_var", "preact_ms"), at_z),
                    **dict.fromkeys(("act_mean", "act_var", "act_ms"), at_h),
                },
                samples={
                    "pre-activation": statistics.samples(z, at_z),
                    "activation": statistics.samples(h, at_h),
                },
            )
        )
    return _join(parts)


def _backward(stack: Stack, forward: _Forward) -> Measured:
    """Carry the gradient back, chunk by chunk, and measure it."""
    gradient, exponent = _loss_gradient(stack, forward.h[-1], int(forward.h_exponent[-1])), 0
    parts = []
    for layers in reversed(_chunks(stack)):
        gradient, exponent = _comfortable(gradient, exponent)
        slope = _slope(stack.activation, forward.z[layers], forward.z_exponent[layers])
        saturated = statistics.share_below(slope, statistics.FLAT * stack.activation.steepest)
        grad_h, grad_z = torch.empty_like(slope), slope
        for layer in reversed(range(layers.start, layers.stop)):
            here = layer - layers.start
            grad_h[here] = gradient
            grad_z[here].mul_(gradient)
            factor = stack.factors[layer]
            gradient = (
                torch.mm(grad_z[here], stack.weights[layer]).mul_(factor) if layer else gradient
            )
        weight_variance, shift = _weight_gradient(stack, forward, layers, grad_z)
        at = np.full(len(slope), exponent)
        parts.append(
            Measured(
                values={
                    "grad_preact_var": statistics.moments(grad_z)[2],
                    "grad_act_var": statistics.moments(grad_h)[2],
                    "grad_weight_var": weight_variance,
                    "saturated_fraction": saturated,
                },
                exponents={
                    "grad_preact_var": at,
                    "grad_act_var": at,
                    "grad_weight_var": at + shift,
                },
                samples={"gradient": statistics.samples(grad_z, at)},
            )
        )
    return _join(parts[::-1])


def _weight_gradient(
    stack: Stack, forward: _Forward, layers: slice, grad_z: Tensor
) -> tuple[Floats, Exponents]:
    """Return Var ∂ℓ/∂W of a chunk of layers and the exponents their inputs bring along."""
    first = layers.start == 0
    variances, shifts = [], [forward.h_exponent[max(layers.start, 1) - 1 : layers.stop - 1]]
    if first:
        variances.append(statistics.moments((grad_z[0].T @ stack.inputs).unsqueeze(0))[2])
        shifts.insert(0, np.zeros(1, np.int64))
    if len(grad_z) > first:
        inputs = forward.h[max(layers.start, 1) - 1 : layers.stop - 1]
        deltas = grad_z[1:] if first else grad_z
        variances.append(statistics.moments(torch.bmm(deltas.transpose(1, 2), inputs))[2])
    return np.concatenate(variances), np.concatenate(shifts)


def _chunks(stack: Stack) -> list[slice]:
    depth = len(stack.weights)
    return [slice(i, min(i + stack.chunk, depth)) for i in range(0, depth, stack.chunk)]


def _join(parts: list[Measured]) -> Measured:
    """Put chunks one after the other."""
    first = parts[0]
    return Measured(
        values={c: np.concatenate([p.values[c] for p in parts]) for c in first.values},
        exponents={c: np.concatenate([p.exponents[c] for p in parts]) for c in first.exponents},
        samples={q: [s for p in parts for s in p.samples[q]] for q in first.samples},
    )


def _merge(parts: list[Measured]) -> Measured:
    """Put columns side by side."""
    return Measured(
        values={c: v for p in parts for c, v in p.values.items()},
        exponents={c: e for p in parts for c, e in p.exponents.items()},
        samples={q: s for p in parts for q, s in p.samples.items()},
    )


def _trustworthy(measured: Measured) -> bool:
    """Say whether float32 sums represent every mean square and tell all units apart.

    Where they do not, float64 decides whether the signal is lost, or the units are copies.
    """
    if measured.values["distinct_fraction"].min() < _ALL_DISTINCT:
        return False
    squares = np.concatenate([measured.values[c] for c in SIZES])
    return bool(np.all((squares > _SAFE_SQUARE[0]) & (squares < _SAFE_SQUARE[1])))


def _comfortable(x: Tensor, exponent: int) -> tuple[Tensor, int]:
    """Return the same true values with a root mean square in the comfortable range."""
    rms = float(torch.linalg.vector_norm(x)) / math.sqrt(x.numel())
    if rms == 0 or not math.isfinite(rms) or _COMFORTABLE[0] < rms < _COMFORTABLE[1]:
        return x, exponent
    shift = math.frexp(rms)[1]
    return _ldexp(x, -shift), exponent + shift


def _ldexp(x: Tensor, exponent: int) -> Tensor:
    """Return x · 2^exponent, in steps that are themselves within the dtype's range."""
    largest = 1000 if x.dtype == torch.float64 else 120
    while exponent:
        step = max(-largest, min(largest, exponent))
        x, exponent = x * 2.0**step, exponent - step
    return x
