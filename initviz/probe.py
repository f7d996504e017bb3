"""One forward and one backward pass through a network, measured layer by layer."""

from collections.abc import Callable, Mapping
from typing import Any, overload

import torch
from torch import Tensor, nn

from initviz.engine import networks
from initviz.engine.losses import BatchLoss, OwnLoss
from initviz.engine.measurement import Measurement
from initviz.engine.modules import dtype_of, observe_exactly
from initviz.engine.structures import Inputs, tensors
from initviz.setting.data import draw_inputs
from initviz.setting.network import Batch, Network
from initviz.signals import Signals

FEWEST_INPUTS = 2


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
        return Signals.of(networks.measure(subject, batch))
    if isinstance(subject, nn.Module):
        return Signals.of(_measure_module(subject, batch, loss))
    raise TypeError(f"probe takes a Network or an nn.Module; got {type(subject).__name__}")


def _measure_module(
    module: nn.Module, batch: object, loss: Callable[[Any], Tensor] | None
) -> Measurement:
    spec, labels = Batch(), torch.empty(0)
    if isinstance(batch, Batch):
        spec = batch
        inputs, labels = draw_inputs(batch, _features(module))
        inputs = inputs.to(next(module.parameters()).dtype)
    else:
        inputs = _checked(batch)
    measured = BatchLoss(spec, labels) if loss is None else OwnLoss(loss)
    try:
        observation, nonfinite = observe_exactly(module, inputs, measured, seed=spec.seed)
    except ValueError:
        raise
    except Exception as error:
        # A module's own code may raise anything.
        reason = " ".join(str(error).split())
        raise ValueError(f"{type(module).__name__} does not run on this batch: {reason}") from error
    dtype = str(dtype_of(module)).removeprefix("torch.")
    given = spec if spec is batch else None
    return networks.observed(observation, nonfinite, dtype, batch=given)


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
