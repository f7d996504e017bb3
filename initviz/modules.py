"""The general pass: any `torch.nn.Module`, seen through hooks and autograd.

A row is one call of a layer that has a weight matrix or kernel. Its activation h is what
the first activation function makes of its output z, whether called as a module or as a
function; normalization, dropout, pooling and reshaping in between are followed. Without an
activation, h = z.
"""

import copy
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from initviz import statistics
from initviz.activations import ACTIVATIONS
from initviz.statistics import Floats
from initviz.turns import checkpoint

Loss = Callable[[Any], Tensor]

_KINDS = (
    (nn.Linear, "linear"),
    (nn.Bilinear, "bilinear"),
    (nn.modules.conv._ConvTransposeNd, "conv_transpose"),
    (nn.modules.conv._ConvNd, "conv"),
    (nn.Embedding, "embedding"),
)
_FOLLOWED = {
    "batch_norm", "layer_norm", "rms_norm", "group_norm", "instance_norm", "dropout",
    "max_pool1d", "max_pool2d", "avg_pool1d",
    "avg_pool2d", "adaptive_avg_pool2d", "flatten", "reshape", "view", "permute", "transpose",
    "squeeze", "unsqueeze", "dropout1d", "dropout2d", "alpha_dropout", "clone", "contiguous",
}  # fmt: skip
_RAMP = 200_000
_OTHER_ACTIVATIONS = {"relu6", "hardsigmoid", "logsigmoid", "prelu", "rrelu", "tanhshrink"}


@dataclass
class Row:
    """One call of one layer: tensors as autograd sees them."""

    name: str
    kind: str
    module: nn.Module
    z: Tensor
    h: Tensor | None = None
    argument: Tensor | None = None
    activation: Callable[[Tensor], Tensor] | None = None


@dataclass(frozen=True)
class Observation:
    """The rows of a pass, in the order they ran, and what was measured of each."""

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    values: dict[str, Floats]
    samples: dict[str, statistics.Samples]


def observe(module: nn.Module, inputs: Tensor, loss: Loss, *, seed: int = 0) -> Observation:
    """Run one forward and one backward pass and measure every layer.

    Parameters, gradients, buffers, train/eval mode, hooks and the global random state are
    left as they were found, whatever happens. `loss` maps the module's output to a scalar.

    Raises:
        ValueError: if no leaf layer with a weight matrix ran, or the loss does not depend
            on one.
    """
    rows: list[Row] = []
    with _as_found(module), torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.default_generator.manual_seed(seed)
        follow = _Follow(rows)
        with _hooks(module, follow), follow:
            output = module(inputs.clone())
        if not rows:
            raise ValueError(
                f"{type(module).__name__} ran no leaf layer with a weight matrix; a probe needs "
                "at least one nn.Linear, nn.Conv or nn.Embedding called through its forward"
            )
        return _measure(rows, loss(output))


def observe_exactly(
    module: nn.Module, inputs: Tensor, loss: Loss, *, seed: int = 0
) -> tuple[Observation, Floats]:
    """Observe in the module's own precision; repeat in float64 what float32 lost.

    Returns the observation and the `nonfinite_fraction` of the module's own precision.
    """
    own = observe(module, inputs, loss, seed=seed)
    nonfinite = own.values["nonfinite_fraction"]
    if inputs.dtype != torch.float32 or not _lost(own):
        return own, nonfinite
    try:
        double = copy.deepcopy(module).double()
    except RuntimeError:
        # A module that cannot be copied keeps what its own precision saw.
        return own, nonfinite
    return observe(double, inputs.double(), loss, seed=seed), nonfinite


def _lost(observation: Observation) -> bool:
    sizes = [v for c, v in observation.values.items() if c.endswith(("_var", "_ms"))]
    tiny = torch.finfo(torch.float32).tiny
    return not all(np.all(np.isfinite(v) & (v > tiny)) for v in sizes)


@contextmanager
def _as_found(module: nn.Module) -> Iterator[None]:
    """Let gradients flow into every weight, and put buffers and flags back afterwards."""
    buffers = [
        (owner, name, buffer, None if buffer is None else buffer.clone())
        for owner in module.modules()
        for name, buffer in owner._buffers.items()
    ]
    training = [(owner, owner.training) for owner in module.modules()]
    frozen = [p for p in module.parameters() if p.is_floating_point() and not p.requires_grad]
    try:
        for parameter in frozen:
            parameter.requires_grad_(True)
        yield
    finally:
        for parameter in frozen:
            parameter.requires_grad_(False)
        for owner, mode in training:
            owner.training = mode
        with torch.no_grad():
            for owner, name, buffer, value in buffers:
                owner._buffers[name] = (
                    buffer if buffer is None or value is None else buffer.copy_(value)
                )


@contextmanager
def _hooks(module: nn.Module, follow: "_Follow") -> Iterator[None]:
    handles = []
    try:
        for name, leaf in module.named_modules():
            if _is_layer(leaf):
                handles.append(leaf.register_forward_hook(follow.layer(name)))
        yield
    finally:
        for handle in handles:
            handle.remove()


def _is_layer(module: nn.Module) -> bool:
    weight = getattr(module, "weight", None)
    leaf = all(name == "parametrizations" for name, _ in module.named_children())
    norm = isinstance(module, (nn.LayerNorm, nn.RMSNorm))
    return leaf and not norm and isinstance(weight, Tensor) and weight.dim() >= 2


class _Follow(TorchFunctionMode):
    """Sees every torch function and keeps track of which row a tensor belongs to."""

    def __init__(self, rows: list[Row]) -> None:
        super().__init__()
        self._rows = rows
        self._owner: dict[int, Row] = {}
        # Tensors are told apart by identity, which lasts only as long as they do.
        self._alive: list[Tensor] = []

    def layer(self, name: str) -> Callable[..., Tensor | None]:
        """Return the forward hook of the leaf layer of that name."""

        def hook(module: nn.Module, _: object, output: object) -> Tensor | None:
            if not isinstance(output, Tensor):
                return None
            kind = next(
                (k for t, k in _KINDS if isinstance(module, t)), type(module).__name__.lower()
            )
            row = Row(name or type(module).__name__, kind, module, output)
            checkpoint()
            self._rows.append(row)
            # A copy goes on, so that an in-place activation leaves z as it is.
            passed_on = output.clone()
            self._own(passed_on, row)
            return passed_on

        return hook

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "").rstrip("_")
        row = self._owner.get(id(args[0])) if args else None
        if row is None:
            return func(*args, **(kwargs or {}))
        if _activates(name) and row.h is None:
            row.argument = args[0].detach().clone()
            row.activation = partial(_apply, func, args[1:], kwargs or {})
            row.h = func(*args, **(kwargs or {}))
            # A copy goes on, so that later in-place operations leave h as it is.
            return row.h.clone()
        out = func(*args, **(kwargs or {}))
        if name in _FOLLOWED and isinstance(out, Tensor):
            self._own(out, row)
        return out

    def _own(self, tensor: Tensor, row: Row) -> None:
        self._owner[id(tensor)] = row
        self._alive.append(tensor)


def _activates(name: str) -> bool:
    # F.linear is a layer, not the linear activation, which calls nothing.
    return (name in ACTIVATIONS and name != "linear") or name in _OTHER_ACTIVATIONS


def _apply(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], z: Tensor) -> Tensor:
    """Call an activation function as the module did, sparing its argument."""
    h: Tensor = func(z.clone(), *args, **kwargs)
    return h


def _measure(rows: list[Row], loss: Tensor) -> Observation:
    wanted = [t for row in rows for t in (row.z, _activation(row), weight_of(row.module))]
    if not loss.requires_grad:
        raise ValueError("the loss does not depend on any of the module's weights")
    gradients = torch.autograd.grad(loss, wanted, allow_unused=True)
    per_row = []
    for i, row in enumerate(rows):
        checkpoint()
        per_row.append(_row_values(row, *gradients[3 * i : 3 * i + 3]))
    return Observation(
        names=tuple(row.name for row in rows),
        kinds=tuple(row.kind for row in rows),
        values={c: np.array([r[0][c] for r in per_row]) for c in per_row[0][0]},
        samples={q: statistics.stacked([r[1][q] for r in per_row]) for q in per_row[0][1]},
    )


def _activation(row: Row) -> Tensor:
    return row.z if row.h is None else row.h


@torch.no_grad()
def _row_values(
    row: Row, grad_z: Tensor | None, grad_h: Tensor | None, grad_weight: Tensor | None
) -> tuple[dict[str, float], dict[str, statistics.Samples]]:
    z, h = _units_last(row.z, row.kind), _units_last(_activation(row), row.kind)
    zero = torch.zeros_like(z)
    dz = zero if grad_z is None else _units_last(grad_z, row.kind)
    dh = zero if grad_h is None else _units_last(grad_h, row.kind)
    weight = weight_of(row.module)
    dw = torch.zeros_like(weight) if grad_weight is None else grad_weight
    fan_in, fan_out = fan(row.module)
    projected = statistics.projections(_at_least_float32(z)[None])
    per_input = _activation(row).flatten(1).double()
    of_z, of_h, of_weight = _moments(z), _moments(h), _moments(weight)
    values = {
        "fan_in": fan_in,
        "fan_out": fan_out,
        "weight_mean": float(of_weight.mean[0]),
        "weight_var": float(of_weight.variance[0]),
        "preact_mean": float(of_z.mean[0]),
        "preact_var": float(of_z.variance[0]),
        "preact_ms": float(of_z.square[0]),
        "act_mean": float(of_h.mean[0]),
        "act_var": float(of_h.variance[0]),
        "act_ms": float(of_h.square[0]),
        "grad_preact_var": float(_moments(dz).variance[0]),
        "grad_act_var": float(_moments(dh).variance[0]),
        "grad_weight_var": float(_moments(dw).variance[0]),
        "dead_fraction": float((h == 0).all(dim=0).double().mean()),
        "saturated_fraction": _saturated(row),
        "correlation": float(statistics.outputs(per_input[None]).correlation[0]),
        "distinct_fraction": float(statistics.distinct_fraction(projected)[0]),
        "nonfinite_fraction": 1 - float(torch.stack((z, dz)).isfinite().double().mean()),
    }
    flat = np.zeros(1, np.int64)
    samples = {
        "pre-activation": statistics.samples(z[None], flat),
        "activation": statistics.samples(h[None], flat),
        "gradient": statistics.samples(dz[None], flat),
    }
    return values, samples


def _moments(x: Tensor) -> statistics.Moments:
    exact = x.double().reshape(1, 1, -1)
    return statistics.moments(exact, total=exact.sum(dim=(1, 2)).numpy())


def _saturated(row: Row) -> float:
    if row.argument is None or row.activation is None:
        return 0.0
    z = row.argument
    slope = _slope(row.activation, z)
    # The largest slope is looked for over ±40, as finely as `Activation.steepest` does at
    # least; some activations have a parameter for each channel, so only the batch may grow.
    copies = math.ceil(_RAMP / z.numel())
    ramp = torch.linspace(-40, 40, copies * z.numel(), dtype=torch.float64)
    anywhere = _slope(row.activation, ramp.reshape(copies * len(z), *z.shape[1:]).to(z.dtype))
    steepest = float(torch.maximum(slope.max(), anywhere.max()))
    slope = _at_least_float32(slope)[None]
    return float(statistics.share_below(slope, statistics.FLAT * steepest)[0])


def _at_least_float32(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))


@torch.enable_grad()
def _slope(activation: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
    """Return |φ'(z)|."""
    z = z.detach().requires_grad_()
    return torch.autograd.grad(activation(z).sum(), z)[0].abs().detach()


def _units_last(x: Tensor, kind: str) -> Tensor:
    """Return (batch × positions, units): a convolution's unit is its channel."""
    if kind.startswith("conv") and x.dim() > 2:
        x = x.movedim(1, -1)
    return x.reshape(-1, x.shape[-1])


def weight_of(module: nn.Module) -> Tensor:
    """Return the weight of a leaf layer."""
    return cast("Tensor", module.weight)


def fan(module: nn.Module) -> tuple[int, int]:
    """Return fan-in and fan-out of a layer: the connections into and out of one unit.

    Unlike `torch.nn.init`, groups are taken into account, and a transposed convolution's
    fan-in is that of its inputs.
    """
    weight = weight_of(module)
    if isinstance(module, nn.modules.conv._ConvNd):
        kernel = weight[0, 0].numel()
        return (
            module.in_channels // module.groups * kernel,
            module.out_channels // module.groups * kernel,
        )
    return weight.shape[1], weight.shape[0]
