"""The general pass: any `torch.nn.Module`, seen through its torch functions and autograd.

A row is one use of a weight matrix, kernel or table. Its activation h is what the first
activation function makes of its output z, whether called as a module or as a function;
normalization, dropout, pooling and reshaping in between are followed. Without an activation,
h = z.
"""

import copy
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import CheckpointFunction

from initviz.engine.module_statistics import Observation, measure
from initviz.engine.statistics import Floats
from initviz.engine.structures import Inputs, call, mapped, tensors
from initviz.engine.trace import Follow
from initviz.runtime.randomness import GLOBAL_STATE, global_seed

Loss = Callable[[Any], Tensor]


def observe(
    module: nn.Module, inputs: Inputs, loss: Loss, *, seed: int | None = None
) -> Observation:
    """Run one forward and one backward pass and measure every layer.

    A tuple of inputs is given as positional arguments, a mapping as keyword arguments.
    Parameters, gradients, buffers, attributes, train/eval mode and hooks are left as they were
    found, whatever happens. With a `seed`, so is the global random state, from which the module
    then draws as after that seed; other modules with one wait, and what they do to all of
    PyTorch (compiled code, checkpoints) is kept from them. `loss` maps the module's output to a
    scalar.

    Raises:
        ValueError: if no weight matrix was used, or the loss does not depend on one.
    """
    with torch.enable_grad(), nullcontext() if seed is None else _alone(module):
        try:
            return _pass(module, inputs, loss, seed, copying=False)
        except _WrittenOverError:
            return _pass(module, inputs, loss, seed, copying=True)


class _WrittenOverError(Exception):
    """The module changed values in place before they could be measured."""


def _pass(
    module: nn.Module, inputs: Inputs, loss: Loss, seed: int | None, *, copying: bool
) -> Observation:
    with _as_found(module), nullcontext() if seed is None else global_seed(seed):
        follow = Follow(module, copying=copying)
        with follow.where(module), follow:
            output = call(module, mapped(inputs, torch.clone))
        if not follow.rows:
            raise ValueError(
                f"{type(module).__name__} used no weight matrix; a probe needs at least one dense "
                "layer, convolution, recurrent layer or embedding"
            )
        if not all(row.z.intact and row.output.intact for row in follow.rows):
            raise _WrittenOverError
        size = next((len(t) for t in tensors(inputs) if t.dim()), 1)
        found = measure(follow.rows, loss(output), size)
        return replace(found, unseen=follow.unseen())


def observe_exactly(
    module: nn.Module, inputs: Inputs, loss: Loss, *, seed: int | None = None
) -> tuple[Observation, Floats]:
    """Observe in the module's own precision; repeat in float64 what float32 lost.

    Returns the observation and the `nonfinite_fraction` of the module's own precision.
    """
    own = observe(module, inputs, loss, seed=seed)
    nonfinite = own.values["nonfinite_fraction"]
    if dtype_of(module) != torch.float32 or not _lost(own):
        return own, nonfinite
    try:
        double = copy.deepcopy(module).double()
        exact = observe(double, mapped(inputs, _doubled), loss, seed=seed)
    except Exception:  # noqa: BLE001 - what a module's code raises can be anything
        # A module that cannot be copied, or knows float32 alone, keeps what its own precision saw.
        return own, nonfinite
    return exact, nonfinite


def dtype_of(module: nn.Module) -> torch.dtype:
    """Return the floating-point format of a module's parameters, the first one's."""
    parameters = (p.dtype for p in module.parameters() if p.is_floating_point())
    return next(parameters, torch.get_default_dtype())


def _doubled(x: Tensor) -> Tensor:
    return x.double() if x.is_floating_point() else x


def _lost(observation: Observation) -> bool:
    sizes = [v for c, v in observation.values.items() if c.endswith(("_var", "_ms"))]
    tiny = torch.finfo(torch.float32).tiny
    return not all(np.all(np.isfinite(v) & (v > tiny)) for v in sizes)


@contextmanager
def _as_found(module: nn.Module) -> Iterator[None]:
    """Let gradients flow into every weight, and put everything else back afterwards."""
    frozen = [p for p in module.parameters() if p.is_floating_point() and not p.requires_grad]
    attributes = [(m, dict(vars(m)), dict(m._buffers)) for m in module.modules()]
    # Buffers are written in training, and the tables of embeddings that have a largest norm.
    written = list(module.buffers())
    normed = (m for m in module.modules() if getattr(m, "max_norm", None) is not None)
    written += [p for m in normed for p in m.parameters(recurse=False)]
    values = [tensor.detach().clone() for tensor in written]
    try:
        for parameter in frozen:
            parameter.requires_grad_(True)
        yield
    finally:
        for parameter in frozen:
            parameter.requires_grad_(False)
        for owner, found, buffers in attributes:
            for name in vars(owner).keys() - found.keys():
                del owner.__dict__[name]
            vars(owner).update(found)
            owner._buffers.clear()
            owner._buffers.update(buffers)
        with torch.no_grad():
            for tensor, value in zip(written, values, strict=True):
                if not torch.equal(tensor, value):
                    tensor.copy_(value)


@contextmanager
def _alone(module: nn.Module) -> Iterator[None]:
    """Run compiled modules as they were written, and checkpointed blocks once; one at a time.

    A reentrant checkpoint hides its layers from autograd until its own backward pass.
    """
    with GLOBAL_STATE, ExitStack() as stack:
        stack.enter_context(patch.object(CheckpointFunction, "apply", _apply))
        if any(_compiled(m) for m in module.modules()):
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        yield


def _apply(function: Callable[..., Any], _preserve: bool, *args: Any) -> Any:
    return function(*args)


def _compiled(module: nn.Module) -> bool:
    return type(module).__name__ == "OptimizedModule" or module._compiled_call_impl is not None
