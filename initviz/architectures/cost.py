"""What a study will cost, estimated before it runs."""

from functools import lru_cache
from typing import Any

from initviz.architectures.record import AnySpec, Architecture
from initviz.setting.cost import MAX_BYTES, MAX_FLOPS
from initviz.setting.spec import Spec

# A probe, and the path measured once more in float64, which takes twice as long.
_PASSES = 3
# A value that is made and measured takes as long as this many operations of a product.
_VALUE = 100
# In float64, with gradients.
_WORD = 16


def flops(architecture: Architecture[AnySpec], spec: AnySpec, batch_size: int) -> float:
    """Return the operations of a study: each weight acts at every position of every input."""
    products = 6.0 * _weights(architecture, spec) * architecture.positions(spec)
    return _PASSES * batch_size * (products + _VALUE * architecture.values(spec))


@lru_cache(maxsize=256)
def _weights(architecture: Architecture[Any], spec: Spec) -> int:
    """Count the entries of matrices; kept, since a page asks several times for one spec."""
    parameters = architecture.outline(spec).parameters()
    return sum(p.numel() for p in parameters if p.dim() > 1)


def memory(architecture: Architecture[AnySpec], spec: AnySpec, batch_size: int) -> float:
    """Return about how many bytes a study holds at once."""
    return float(_WORD * batch_size * architecture.values(spec))


def _excess(architecture: Architecture[AnySpec], spec: AnySpec, batch_size: int) -> float:
    return max(
        flops(architecture, spec, batch_size) / MAX_FLOPS,
        memory(architecture, spec, batch_size) / MAX_BYTES,
    )


def nearest(architecture: Architecture[Any], spec: AnySpec, batch_size: int) -> AnySpec:
    """Return the nearest spec within the budget, smaller in as few fields as possible."""
    for field in architecture.sizes:
        while getattr(spec, field) > 1:
            excess = _excess(architecture, spec, batch_size)
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
    if _excess(architecture, spec, batch_size) <= 1:
        return
    smaller = spec.changes(nearest(architecture, spec, batch_size))
    asked = " and ".join(f"{field} {getattr(spec, field)}" for field in smaller)
    fitting = " with ".join(f"{field} {value}" for field, value in smaller.items())
    raise ValueError(
        f"{asked} would take {flops(architecture, spec, batch_size) / 1e9:.0f} billion operations "
        f"and {memory(architecture, spec, batch_size) / 2**30:.1f} GiB here; the limits are "
        f"{MAX_FLOPS / 1e9:.0f} billion and {MAX_BYTES / 2**30:.0f} GiB; {fitting} fits"
    )
