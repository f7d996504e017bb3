"""What the layers of networks in training look like, a step at a time."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from initviz import statistics
from initviz.activations import Activation
from initviz.statistics import Floats
from initviz.training.stack import Pass

# Mean squares beyond these are summed again in float64: float32 loses their squares.
_SAFE = (1e-28, 1e28)


@dataclass(frozen=True)
class LayerStatistics:
    """Arrays (networks, depth), first layer first; NaN for a network that is no longer finite.

    `act_var` is the variance of h = φ(z) and `grad_preact_var` that of ∂ℓ/∂z over batch ×
    units, ℓ being the mean loss over the batch; `update_ratio` is ‖ΔW‖/‖W‖ of the step's change
    and the weights it changed, NaN where both are 0; `dead_fraction` and `saturated_fraction`
    are the probe's, and so is `distinct_fraction`, which is None unless asked for.
    """

    act_var: Floats
    grad_preact_var: Floats
    update_ratio: Floats
    dead_fraction: Floats
    saturated_fraction: Floats
    distinct_fraction: Floats | None = None


def measure(
    made: Pass,
    update_ratio: Floats,
    activation: Activation,
    finite: NDArray[np.bool_],
    *,
    distinct: bool,
) -> LayerStatistics:
    """Measure a pass; networks that are not `finite`, (networks,), are not looked at."""
    h, gradients = _stacked(made.h, finite), _stacked(made.gradients, finite)
    outputs = statistics.outputs(h)
    columns: dict[str, Any] = {
        "act_var": _variance(h, outputs.moments),
        "grad_preact_var": _variance(gradients, statistics.moments(gradients)),
        "dead_fraction": outputs.dead_fraction,
        "saturated_fraction": statistics.share_below(
            _stacked(made.slopes, finite), statistics.FLAT * activation.steepest
        ),
    }
    if distinct:
        projected = statistics.projections(_stacked(made.z, finite))
        columns["distinct_fraction"] = statistics.distinct_fraction(projected)
    depth = len(made.h)
    placed = {name: _placed(column, depth, finite) for name, column in columns.items()}
    update_ratio[~finite] = np.nan
    return LayerStatistics(update_ratio=update_ratio, **placed)


def _stacked(layers: list[Tensor], finite: NDArray[np.bool_]) -> Tensor:
    """Return the finite networks' layers one after the other, (layers · networks, batch, units)."""
    stacked = torch.stack(layers)
    kept = stacked if finite.all() else stacked[:, torch.from_numpy(finite)]
    return kept.flatten(0, 1)


def _placed(column: Floats, depth: int, finite: NDArray[np.bool_]) -> Floats:
    """Return a column of `_stacked` layers as (networks, depth)."""
    placed = np.full((len(finite), depth), np.nan)
    placed[finite] = column.reshape(depth, -1).T
    return placed


def _variance(x: Tensor, moments: statistics.Moments) -> Floats:
    variance = moments.variance
    for layer in np.flatnonzero(~((moments.square > _SAFE[0]) & (moments.square < _SAFE[1]))):
        variance[layer] = float(x[layer].double().var(correction=0))
    return variance


def norms(weights: list[Tensor]) -> Floats:
    """Return the norm of each network's matrix in each layer, (networks, layers)."""
    found = [torch.linalg.vector_norm(w, dim=(1, 2), dtype=torch.float64) for w in weights]
    return torch.stack(found, dim=1).numpy()
