"""What a pass through a module measured, row by row."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.autograd.graph import GradientEdge

from initviz.engine import statistics
from initviz.engine.rows import Row, edge_of, owner_of
from initviz.engine.statistics import Floats, Moments
from initviz.runtime.turns import checkpoint

# Where an activation is flat, and which units are copies, is judged on so many values and
# positions of a larger layer: the first inputs, and positions evenly spaced.
_VALUES = 2**17
_POSITIONS = 2**12
_RAMP = 200_000


@dataclass(frozen=True)
class Observation:
    """The rows of a pass, in the order they ran, and what was measured of each."""

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    values: dict[str, Floats]
    samples: dict[str, statistics.Samples]
    unseen: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Gradients:
    """∂ℓ/∂x of what the rows saw; None of what the loss does not depend on."""

    found: dict[GradientEdge, Tensor | None]
    of_weights: dict[int, Tensor | None]


def measure(rows: list[Row], loss: Tensor, size: int) -> Observation:
    """Take the gradient of a scalar loss and measure every row; `size` inputs are in the batch.

    Raises:
        ValueError: if the loss does not depend on any of the rows.
    """
    if not loss.requires_grad:
        raise ValueError("the loss does not depend on any of the module's weights")
    gradients = _gradients(rows, loss)
    of_weights: dict[tuple[int, ...], dict[str, float]] = {}
    values, samples = [], []
    for row in rows:
        checkpoint()
        key = tuple(map(id, row.weights))
        if key not in of_weights:
            of_weights[key] = _of_weights(row, gradients)
        dz, dh = (_found(gradients, seen.edge, seen.values) for seen in (row.z, row.output))
        found = _values(row, dz, dh, size) | of_weights[key]
        found |= _distinct(row, gradients)
        if row.z.edge is None and found["grad_weight_var"] > 0:
            # Inside a custom function, a gradient passes where autograd cannot be asked for it.
            found["grad_preact_var"] = found["grad_act_var"] = math.nan
        values.append(found)
        samples.append(_samples(row, dz))
    return Observation(
        names=tuple(row.name for row in rows),
        kinds=tuple(row.kind for row in rows),
        values={c: np.array([v[c] for v in values]) for c in values[0]},
        samples={q: statistics.stacked([s[q] for s in samples]) for q in samples[0]},
    )


def _gradients(rows: list[Row], loss: Tensor) -> _Gradients:
    seen = (x.edge for row in rows for x in (row.z, row.output))
    edges = list(dict.fromkeys(edge for edge in seen if edge is not None))
    used = {id(w): edge_of(_whole(w)) for row in rows for w in row.weights}
    weights = {key: edge for key, edge in used.items() if edge is not None}
    found = torch.autograd.grad(loss, [*edges, *weights.values()], allow_unused=True)
    return _Gradients(
        dict(zip(edges, found[: len(edges)], strict=True)),
        dict(zip(weights, found[len(edges) :], strict=True)),
    )


def _whole(weight: Tensor) -> Tensor:
    """Return the parameter if a weight is all of it seen otherwise: its uses then add up."""
    owner = owner_of(weight)
    return owner if owner.numel() == weight.numel() else weight


def _found(gradients: _Gradients, edge: GradientEdge | None, like: Tensor) -> Tensor:
    return or_zero(None if edge is None else gradients.found[edge], like)


def or_zero(gradient: Tensor | None, like: Tensor) -> Tensor:
    """Return a gradient as autograd gives it, or zeros where it gives none."""
    return torch.zeros_like(like) if gradient is None else gradient


@torch.no_grad()
def _of_weights(row: Row, gradients: _Gradients) -> dict[str, float]:
    """Measure a layer's weights, taken together where there are several, and their gradient."""
    slopes = [or_zero(gradients.of_weights.get(id(w)), _whole(w)) for w in row.weights]
    drawn = _moments(_together(list(row.weights)))
    return {
        "weight_mean": float(drawn.mean[0]),
        "weight_var": float(drawn.variance[0]),
        "grad_weight_var": float(_moments(_together(slopes)).variance[0]),
    }


def _together(parts: list[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat([p.flatten() for p in parts])


@torch.no_grad()
def _values(row: Row, dz: Tensor, dh: Tensor, size: int) -> dict[str, float]:
    z, h = row.z.values, row.output.values
    of_z = _moments(z)
    inputs = _by_input(h, row, size)
    per_input = statistics.outputs(_at_least_float32(inputs)[None])
    of_h = per_input.moments
    of_dz = _moments(dz)
    of_dh = of_dz if dh is dz else _moments(dh)
    return {
        "fan_in": row.fans[0],
        "fan_out": row.fans[1],
        "units": z.shape[row.axis],
        "numbers": z.numel() / size,
        "preact_mean": float(of_z.mean[0]),
        "preact_var": float(of_z.variance[0]),
        "preact_ms": float(of_z.square[0]),
        "act_mean": float(of_h.mean[0]),
        "act_var": float(of_h.variance[0]),
        "act_ms": float(of_h.square[0]),
        "grad_preact_var": float(of_dz.variance[0]),
        "grad_act_var": float(of_dh.variance[0]),
        "dead_fraction": _dead(h, row),
        "saturated_fraction": _saturated(row),
        "correlation": float(per_input.correlation[0]) if len(inputs) == size else math.nan,
        "nonfinite_fraction": _nonfinite((z, of_z), (dz, of_dz)),
    }


@torch.no_grad()
def _distinct(row: Row, gradients: _Gradients) -> dict[str, float]:
    """Return the share of units that are no copies, and of those that compute different things."""
    found = statistics.alike(_at_least_float32(_thinned(row.z.values, row))[None])
    computed = float(found.share[0])
    if not found.looks:
        return {"distinct_fraction": computed, "computed_fraction": computed}
    units = row.z.values.shape[row.axis]
    return {
        "distinct_fraction": statistics.copies(found, 0, _rows(row, gradients, units)),
        "computed_fraction": computed,
    }


def _rows(row: Row, gradients: _Gradients, units: int) -> Tensor:
    """Return what moves each unit, (units, …): its part of ∂ℓ/∂W, of all matrices together."""
    parts = []
    for weight in row.weights:
        slope = or_zero(gradients.of_weights.get(id(weight)), _whole(weight)).reshape(weight.shape)
        parts.append(_by_unit(slope, row.unit_axis, units))
    return _at_least_float32(torch.cat(parts, dim=1))


def _by_unit(weight: Tensor, axis: int, units: int) -> Tensor:
    """Return the entries of a weight that belong to each unit, (units, …)."""
    rows = weight.shape[axis]
    if rows % units == 0:
        # A recurrent layer has a row for each of a unit's gates.
        stacked = weight.movedim(axis, 0).reshape(rows // units, units, -1)
        return stacked.transpose(0, 1).flatten(1)
    groups = units // rows
    if axis == 1 and units % rows == 0 and len(weight) % groups == 0:
        # A transposed convolution in groups has its outputs by group.
        grouped = weight.reshape(groups, len(weight) // groups, rows, -1)
        return grouped.transpose(1, 2).reshape(units, -1)
    # Where units share what moves them, as behind a projection, all of it counts for each.
    return weight.flatten().expand(units, -1)


def _samples(row: Row, dz: Tensor) -> dict[str, statistics.Samples]:
    flat = np.zeros(1, np.int64)
    seen = {"pre-activation": row.z.values, "activation": row.output.values, "gradient": dz}
    return {name: statistics.samples(x[None], flat) for name, x in seen.items()}


def _moments(x: Tensor) -> Moments:
    return statistics.moments(_at_least_float32(x)[None])


def _nonfinite(*measured: tuple[Tensor, Moments]) -> float:
    """Return the share of NaN and ±inf; a mean square that is finite says there are none."""
    if all(np.isfinite(moments.square[0]) for _, moments in measured):
        return 0.0
    return 1 - float(np.mean([float(x.isfinite().double().mean()) for x, _ in measured]))


def _dead(h: Tensor, row: Row) -> float:
    axis = row.output_axis % h.dim()
    others = [d for d in range(h.dim()) if d != axis]
    # Only a sum of exactly 0 can be one of zeros.
    suspects = torch.nonzero(h.sum(others) == 0).flatten()
    dead = sum(not h.select(axis, int(unit)).any() for unit in suspects)
    return float(dead) / h.shape[axis]


def _saturated(row: Row) -> float:
    if row.argument is None or row.activation is None:
        return 0.0
    one = row.argument[0].numel()
    z = row.argument[: max(1, _VALUES // one)]
    slope = _slope(row.activation, z)
    # The largest slope is looked for over ±40, as finely as `Activation.steepest` does at
    # least; some activations have a parameter for each channel, so only the batch may grow.
    copies = math.ceil(_RAMP / one)
    ramp = torch.linspace(-40, 40, copies * one, dtype=torch.float64)
    anywhere = _slope(row.activation, ramp.reshape(copies, *z.shape[1:]).to(z.dtype))
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


def _by_input(h: Tensor, row: Row, size: int) -> Tensor:
    """Return (inputs, values), or any rows where it is not known what belongs to which input."""
    if row.steps_first:
        h = h.reshape(-1, size, h.shape[-1]) if h.dim() == 2 and len(h) % size == 0 else h
        return h.transpose(0, 1).flatten(1) if h.dim() > 2 else h
    if len(h) == size:
        return h.flatten(1)
    if h.dim() > 2 and h.shape[1] == size:
        return h.transpose(0, 1).flatten(1)
    return h.reshape(size, -1) if len(h) % size == 0 else h.flatten(1)


def _thinned(z: Tensor, row: Row) -> Tensor:
    """Return (batch × some positions, units)."""
    axis = row.axis % z.dim()
    positions = z.numel() // z.shape[axis]
    inner = [d for d in range(1, z.dim()) if d != axis]
    if positions > _POSITIONS and inner:
        step = math.ceil((positions / _POSITIONS) ** (1 / len(inner)))
        z = z[tuple(slice(None, None, step if d in inner else 1) for d in range(z.dim()))]
    z = z.movedim(axis, -1)
    return z.reshape(-1, z.shape[-1])
