"""The general pass: any `torch.nn.Module`, seen through its torch functions and autograd.

A row is one use of a weight matrix, kernel or table. Its activation h is what the first
activation function makes of its output z, whether called as a module or as a function;
normalization, dropout, pooling and reshaping in between are followed. Without an activation,
h = z.
"""

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import CheckpointFunction

from initviz.following import Follow
from initviz.measuring import Observation, measure
from initviz.statistics import Floats
from initviz.structures import Inputs, call, mapped

Loss = Callable[[Any], Tensor]


def observe(module: nn.Module, inputs: Inputs, loss: Loss, *, seed: int = 0) -> Observation:
    """Run one forward and one backward pass and measure every layer.

    A tuple of inputs is given as positional arguments, a mapping as keyword arguments.
    Parameters, gradients, buffers, train/eval mode, hooks and the global random state are
    left as they were found, whatever happens. `loss` maps the module's output to a scalar.

    Raises:
        ValueError: if no weight matrix was used, or the loss does not depend on one.
    """
    with torch.random.fork_rng(devices=[]), torch.enable_grad(), _plainly(module):
        try:
            return _pass(module, inputs, loss, seed, copying=False)
        except _WrittenOverError:
            return _pass(module, inputs, loss, seed, copying=True)


class _WrittenOverError(Exception):
    """The module changed values in place before they could be measured."""


def _pass(
    module: nn.Module, inputs: Inputs, loss: Loss, seed: int, *, copying: bool
) -> Observation:
    with _as_found(module):
        torch.default_generator.manual_seed(seed)
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
        return measure(follow.rows, loss(output))


def observe_exactly(
    module: nn.Module, inputs: Inputs, loss: Loss, *, seed: int = 0
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
    except RuntimeError:
        # A module that cannot be copied keeps what its own precision saw.
        return own, nonfinite
    return observe(double, mapped(inputs, _doubled), loss, seed=seed), nonfinite


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


class _Stored:
    """While any block of code holds it, reentrant checkpoints store and do not recompute.

    A reentrant checkpoint hides its layers from autograd until its own backward pass.
    """

    def __init__(self) -> None:
        self._lock, self._holders = threading.Lock(), 0

    def __enter__(self) -> None:
        with self._lock:
            self._holders += 1
            if self._holders == 1:
                CheckpointFunction.apply = staticmethod(  # type: ignore[method-assign]
                    lambda function, _preserve, *args: function(*args)
                )

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._holders -= 1
            if self._holders == 0:
                del CheckpointFunction.apply


_STORED = _Stored()


@contextmanager
def _plainly(module: nn.Module) -> Iterator[None]:
    """Run compiled modules as they were written, and checkpointed blocks once."""
    with ExitStack() as stack:
        stack.enter_context(_STORED)
        if any(_compiled(m) for m in module.modules()):
            stack.enter_context(torch.compiler.set_stance("force_eager"))
        yield


def _compiled(module: nn.Module) -> bool:
    return type(module).__name__ == "OptimizedModule" or module._compiled_call_impl is not None
