"""What a study will cost, estimated before it runs."""

from typing import Any

import torch

from initviz.architectures.record import AnySpec, Architecture
from initviz.work import MAX_FLOPS

# A probe, and the path measured once more in float64, which takes twice as long.
_PASSES = 3


def flops(architecture: Architecture[AnySpec], spec: AnySpec, batch_size: int) -> float:
    """Return the operations of a study: each weight acts at every position of every input."""
    with torch.device("meta"):
        module = architecture.module(spec)
    weights = sum(p.numel() for p in module.parameters() if p.dim() > 1)
    return 6.0 * _PASSES * batch_size * weights * architecture.positions(spec)


def nearest(architecture: Architecture[Any], spec: AnySpec, batch_size: int) -> AnySpec:
    """Return the nearest spec within the budget, smaller in as few fields as possible."""
    for field in architecture.sizes:
        while getattr(spec, field) > 1:
            excess = flops(architecture, spec, batch_size) / MAX_FLOPS
            if excess <= 1:
                return spec
            size = getattr(spec, field)
            spec = spec.replace(**{field: max(1, min(size - 1, int(size / excess)))})
    return spec


def check(architecture: Architecture[Any], spec: AnySpec, batch_size: int) -> None:
    """Refuse work over the budget.

    Raises:
        ValueError: naming the estimate, the budget and the nearest setting that fits.
    """
    needed = flops(architecture, spec, batch_size)
    if needed <= MAX_FLOPS:
        return
    smaller = spec.changes(nearest(architecture, spec, batch_size))
    asked = " and ".join(f"{field} {getattr(spec, field)}" for field in smaller)
    fitting = " with ".join(f"{field} {value}" for field, value in smaller.items())
    raise ValueError(
        f"{asked} would take {needed / 1e9:.0f} billion operations here; the limit is "
        f"{MAX_FLOPS / 1e9:.0f} billion; {fitting} fits"
    )
