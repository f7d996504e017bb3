"""The path that a signal takes past the branches, measured where each block ends."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from initviz.architectures.record import Path
from initviz.engine.module_statistics import or_zero
from initviz.engine.statistics import Floats
from initviz.setting.data import draw_cotangent


def along(module: nn.Module, inputs: Tensor, names: Sequence[str], *, seed: int = 0) -> Path:
    """Measure the outputs of the submodules of those names, in the order they run, and ∂ℓ/∂ them.

    The loss is ℓ = Σ c·output with c ~ N(0, 1), independent per entry. Everything runs in
    float64; the module and its gradients stay as they were.
    """
    double = copy.deepcopy(module).double()
    passed: list[Tensor] = []
    for name in names:
        double.get_submodule(name).register_forward_hook(lambda *args: passed.append(args[-1]))
    with torch.enable_grad():
        output = double(inputs.double() if inputs.is_floating_point() else inputs)
        loss = (output * draw_cotangent(seed, output.shape)).sum()
        parameters = [p for name in names for p in _decisive(double.get_submodule(name))]
        found = torch.autograd.grad(loss, [*passed, *parameters], allow_unused=True)
    gradients = [or_zero(g, p) for p, g in zip(passed, found[: len(passed)], strict=True)]
    moved = {
        id(p) for p, g in zip(parameters, found[len(passed) :], strict=True) if or_zero(g, p).any()
    }
    with np.errstate(divide="ignore"):
        act, grad = np.log10(variances(passed)), np.log10(variances(gradients))
    return Path(
        names=tuple(names),
        act_log10=act,
        grad_log10=grad,
        learns=tuple(
            any(id(p) in moved for p in _decisive(double.get_submodule(name))) for name in names
        ),
    )


def _decisive(block: nn.Module) -> list[Tensor]:
    """Return the parameters that can make a block more than a constant: all but its biases."""
    return [p for name, p in block.named_parameters() if not name.endswith("bias")]


def variances(values: Sequence[Tensor]) -> Floats:
    """Return the population variance of each tensor."""
    return np.array([float(v.detach().var(correction=0)) for v in values])
