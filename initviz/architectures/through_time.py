"""A recurrent network measured step by step: how far its state and its gradient carry."""

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from initviz.architectures.recurrent import Unrolled
from initviz.architectures.trunk import variances
from initviz.engine.statistics import Floats
from initviz.setting.data import draw_cotangent


@dataclass(frozen=True)
class ThroughTime:
    """Population variances over batch × units after each step, first step first, float64.

    `act_var` is of the hidden state h_t, `grad_act_var` of ∂ℓ/∂h_t; `cell_var` and
    `grad_cell_var` are the same of an LSTM's cell state c_t, None for other cells.
    """

    act_var: Floats
    grad_act_var: Floats
    cell_var: Floats | None
    grad_cell_var: Floats | None


def through_time(module: Unrolled, inputs: Tensor, *, seed: int = 0) -> ThroughTime:
    """Measure every state and the gradient that reaches it from the last hidden state.

    The loss is ℓ = Σ c·h_T with c ~ N(0, 1), independent per input and unit. `inputs` are
    sequences, (batch, steps, features). Everything runs in float64, where gradients last down to
    10⁻³⁰⁸; the module and its gradients stay as they were.
    """
    double = copy.deepcopy(module).double()
    with torch.enable_grad():
        # A leaf that asks for gradients reaches every state, also of a frozen module.
        states = double.states(inputs.detach().double().requires_grad_())
        last = states[-1][0]
        loss = (last * draw_cotangent(seed, last.shape)).sum()
        hidden, *cells = zip(*states, strict=True)
        act, grad_act = _variances(loss, hidden)
        cell, grad_cell = _variances(loss, cells[0]) if cells else (None, None)
    return ThroughTime(act, grad_act, cell, grad_cell)


def _variances(loss: Tensor, states: Sequence[Tensor]) -> tuple[Floats, Floats]:
    gradients = torch.autograd.grad(loss, states, retain_graph=True)
    return variances(states), variances(gradients)
