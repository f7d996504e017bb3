"""What the layers of networks in training look like, a step at a time."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from initviz.catalog.activations import Activation
from initviz.engine import statistics
from initviz.engine.statistics import Floats
from initviz.training.stack import Pass

# Mean squares beyond these are summed again in float64: float32 loses their squares.
_SAFE = (1e-28, 1e28)
# As many layers at a time as stay in the second-level cache.
_CHUNK_BYTES = 2 * 2**20


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
    depth, chunk = len(made.h), max(1, _CHUNK_BYTES // made.h[0].nbytes)
    parts = [
        _columns(made, slice(start, start + chunk), activation, finite, distinct=distinct)
        for start in range(0, depth, chunk)
    ]
    columns: dict[str, Floats] = {"update_ratio": update_ratio}
    for name in parts[0]:
        columns[name] = np.full((len(finite), depth), np.nan)
        columns[name][finite] = np.concatenate([part[name] for part in parts]).T
    update_ratio[~finite] = np.nan
    return LayerStatistics(**columns)


def _columns(
    made: Pass,
    layers: slice,
    activation: Activation,
    finite: NDArray[np.bool_],
    *,
    distinct: bool,
) -> dict[str, Floats]:
    """Measure some layers of the finite networks; columns are (layers, networks)."""
    h, gradients = _stacked(made.h[layers], finite), _stacked(made.gradients[layers], finite)
    outputs = statistics.outputs(h)
    columns = {
        "act_var": outputs.moments.variance,
        "grad_preact_var": statistics.moments(gradients).variance,
        "dead_fraction": outputs.dead_fraction,
        "saturated_fraction": statistics.share_below(
            _stacked(made.slopes[layers], finite), statistics.FLAT * activation.steepest
        ),
    }
    if distinct:
        columns["distinct_fraction"] = statistics.distinct(_stacked(made.z[layers], finite))
    return {name: column.reshape(len(made.h[layers]), -1) for name, column in columns.items()}


def _stacked(layers: list[Tensor], finite: NDArray[np.bool_]) -> Tensor:
    """Return the finite networks' layers one after the other, (layers · networks, batch, units)."""
    stacked = torch.stack(layers)
    kept = stacked if finite.all() else stacked[:, torch.from_numpy(finite)]
    return kept.flatten(0, 1)


def norms(weights: list[Tensor]) -> Floats:
    """Return the norm of each network's matrix in each layer, (networks, layers)."""
    return np.stack([_norm(weight) for weight in weights], axis=1)


def _norm(weight: Tensor) -> Floats:
    """Return norms, (networks,): row by row and then in float64, which a whole matrix is slow in.

    What float32 cannot square is summed in float64 all the same.
    """
    rows = torch.linalg.vector_norm(weight, dim=2).double()
    found: Floats = torch.linalg.vector_norm(rows, dim=1).numpy()
    for place in np.flatnonzero(~((found > _SAFE[0] ** 0.5) & (found < _SAFE[1] ** 0.5))):
        found[place] = float(torch.linalg.vector_norm(weight[place], dtype=torch.float64))
    return found
