"""One forward and one backward pass through a network, measured layer by layer."""

from collections.abc import Callable, Mapping
from typing import Any, overload

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from initviz.engine import homogeneous
from initviz.engine.module_statistics import Observation
from initviz.engine.modules import dtype_of, observe, observe_exactly
from initviz.engine.statistics import Floats
from initviz.engine.structures import Inputs, tensors
from initviz.runtime.turns import TURNS
from initviz.setting import cost
from initviz.setting.data import draw_cotangent, draw_inputs
from initviz.setting.network import CLASSES, DTYPES, Batch, Network, build, fans
from initviz.signals import SIZES, Layers, Signals

FEWEST_INPUTS = 2
# Above this root mean square, float32 may already have made an infinity of something.
_NEAR_OVERFLOW = 30.0


@overload
def probe(subject: Network, batch: Batch = ...) -> Signals: ...
@overload
def probe(
    subject: nn.Module, batch: Inputs | Batch, *, loss: Callable[[Any], Tensor] | None = ...
) -> Signals: ...
def probe(
    subject: Network | nn.Module,
    batch: Inputs | Batch | None = None,
    *,
    loss: Callable[[Any], Tensor] | None = None,
) -> Signals:
    """Probe a `Network`, or any `nn.Module` with its inputs or a `Batch`.

    A module's inputs are a tensor, a tuple of positional arguments or a mapping of keyword
    arguments; a `Batch` needs a module whose first layer is `nn.Linear`. `loss` maps what the
    module returns to a scalar. Without one, the first floating-point tensor that it returns is
    the loss if it is a scalar, and else the loss is Σ c·output with c ~ N(0, 1), or
    cross-entropy if the batch says so. The module is left as it was found.

    Raises:
        ValueError: if the work is over budget, the module has no layer to probe, or the
            batch or the loss does not fit it.
        TypeError: if `subject` is neither a `Network` nor a module.
    """
    if isinstance(subject, Network):
        batch = Batch() if batch is None else batch
        if not isinstance(batch, Batch):
            raise ValueError(f"batch must be a Batch for a Network; got {type(batch).__name__}")
        if loss is not None:
            raise ValueError("loss must be left out for a Network, whose Batch names it")
        return _probe_network(subject, batch)
    if isinstance(subject, nn.Module):
        return _probe_module(subject, batch, loss)
    raise TypeError(f"probe takes a Network or an nn.Module; got {type(subject).__name__}")


def _probe_network(network: Network, batch: Batch) -> Signals:
    cost.check(network, batch)
    with TURNS.turn():
        if network.normalization == "none" and batch.dtype in ("float32", "float64"):
            return _dense(network, batch)
        observation, nonfinite = _observe_built(network, batch)
    return _signals(observation, nonfinite, batch.dtype, network, batch)


def _observe_built(network: Network, batch: Batch) -> tuple[Observation, Floats]:
    inputs, labels = draw_inputs(batch, fans(network, batch)[0][0])
    observation, nonfinite = observe_exactly(
        build(network, batch), inputs.to(DTYPES[batch.dtype]), _Loss(batch, labels)
    )
    hidden = slice(network.depth)
    return (
        Observation(
            observation.names[hidden],
            observation.kinds[hidden],
            {c: v[hidden] for c, v in observation.values.items()},
            {q: s.first(network.depth) for q, s in observation.samples.items()},
        ),
        nonfinite[hidden],
    )


class _Loss:
    """Maps a module's output to the scalar that is differentiated."""

    def __init__(self, batch: Batch, labels: Tensor) -> None:
        self._batch, self._labels = batch, labels

    def __call__(self, output: object) -> Tensor:
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


class _OwnLoss:
    """A caller's loss, whose result has to be a scalar."""

    def __init__(self, loss: Callable[[Any], Tensor]) -> None:
        self._loss = loss

    def __call__(self, output: object) -> Tensor:
        value: object = self._loss(output)
        if isinstance(value, Tensor) and value.numel() == 1:
            return value.squeeze()
        got = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        raise ValueError(f"loss must return a tensor with one number; got {got}")


def _probe_module(
    module: nn.Module, batch: object, loss: Callable[[Any], Tensor] | None
) -> Signals:
    spec, labels = Batch(), torch.empty(0)
    if isinstance(batch, Batch):
        spec = batch
        inputs, labels = draw_inputs(batch, _features(module))
        inputs = inputs.to(next(module.parameters()).dtype)
    else:
        inputs = _checked(batch)
    measured = _Loss(spec, labels) if loss is None else _OwnLoss(loss)
    try:
        observation, nonfinite = observe_exactly(module, inputs, measured, seed=spec.seed)
    except ValueError:
        raise
    except Exception as error:
        # A module's own code may raise anything.
        reason = " ".join(str(error).split())
        raise ValueError(f"{type(module).__name__} does not run on this batch: {reason}") from error
    dtype = str(dtype_of(module)).removeprefix("torch.")
    return _signals(observation, nonfinite, dtype, None, spec if spec is batch else None)


def _checked(batch: object) -> Any:
    """Return a module's inputs, which hold a tensor of two inputs or more.

    Raises:
        ValueError: if they do not.
    """
    first = next(tensors(batch), None) if isinstance(batch, (Tensor, tuple, Mapping)) else None
    if first is None:
        raise ValueError(
            "batch must be a tensor, a tuple or mapping with one, or a Batch; "
            f"got {type(batch).__name__}"
        )
    if first.dim() == 0 or len(first) < FEWEST_INPUTS:
        raise ValueError(
            f"batch must hold {FEWEST_INPUTS} inputs or more along its first dimension; "
            f"got a tensor of shape {tuple(first.shape)}"
        )
    if any(not t.isfinite().all() for t in tensors(batch) if t.is_floating_point()):
        raise ValueError("batch must hold finite numbers; some of it is infinite or not a number")
    return batch


def _features(module: nn.Module) -> int:
    for leaf in module.modules():
        if isinstance(leaf, nn.Linear) and leaf.in_features > 0:
            return leaf.in_features
        if getattr(leaf, "weight", None) is not None:
            break
    raise ValueError(
        f"{type(module).__name__} does not begin with nn.Linear, so the shape of its inputs is "
        "unknown; give a tensor of inputs instead of a Batch"
    )


def _signals(
    observation: Observation,
    nonfinite: Floats,
    dtype: str,
    network: Network | None,
    batch: Batch | None,
) -> Signals:
    values = observation.values | {"nonfinite_fraction": nonfinite}
    with np.errstate(divide="ignore", invalid="ignore"):
        log10 = {c: np.log10(values[c]) for c in SIZES}
    return Signals(
        layers=Layers(observation.names, observation.kinds),
        values=values,
        log10=log10,
        samples=observation.samples,
        dtype=dtype,
        network=network,
        batch=batch,
        unseen=observation.unseen,
    )


def _dense(network: Network, batch: Batch) -> Signals:
    measured = homogeneous.measure(network, batch)
    values = dict(measured.values)
    sizes = np.array([values[c] for c in SIZES])
    with np.errstate(over="ignore", divide="ignore"):
        logs = np.log10(sizes)
        if any(e.any() for e in measured.exponents.values()):
            doublings = np.array([measured.exponents[c] for c in SIZES])
            logs += 2 * np.log10(2) * doublings
            sizes = np.ldexp(sizes, 2 * doublings)
            for column in measured.exponents.keys() - SIZES:
                values[column] = np.ldexp(values[column], measured.exponents[column])
    values |= zip(SIZES, sizes, strict=True)
    log10 = dict(zip(SIZES, logs, strict=True))
    values["nonfinite_fraction"] = _nonfinite(network, batch, float(logs.max()) / 2)
    return Signals(
        layers=Layers(
            tuple(f"linear_{layer + 1}" for layer in range(network.depth)),
            ("linear",) * network.depth,
        ),
        values=values,
        log10=log10,
        samples=measured.samples,
        dtype=batch.dtype,
        network=network,
        batch=batch,
    )


def _nonfinite(network: Network, batch: Batch, largest: float) -> Floats:
    """Return what the dtype itself makes of the pass: the share of NaN and ±inf.

    Only where the largest root mean square, in decades, comes near the end of the range is
    the plain pass run to see.
    """
    ceiling = {"float32": _NEAR_OVERFLOW, "float64": 300.0}[batch.dtype]
    if largest < ceiling:
        return np.zeros(network.depth)
    inputs, labels = draw_inputs(batch, fans(network, batch)[0][0])
    plain = observe(build(network, batch), inputs.to(DTYPES[batch.dtype]), _Loss(batch, labels))
    return plain.values["nonfinite_fraction"][: network.depth]
