"""What a study will cost, estimated before it runs."""

from functools import lru_cache
from typing import Any

from initviz.architectures.record import AnySpec, Architecture
from initviz.runtime import budget
from initviz.runtime.budget import Amount, Budget, Way, less
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


def _budget(architecture: Architecture[AnySpec], batch_size: int) -> Budget[AnySpec]:
    def amounts(spec: AnySpec) -> tuple[Amount, Amount]:
        return (
            budget.operations(flops(architecture, spec, batch_size), MAX_FLOPS),
            budget.memory(memory(architecture, spec, batch_size), MAX_BYTES),
        )

    def sizes(spec: AnySpec) -> dict[str, int]:
        return {field: getattr(spec, field) for field in architecture.sizes}

    def smaller(field: str) -> Way[AnySpec]:
        def way(spec: AnySpec, excess: float) -> AnySpec | None:
            size = less(getattr(spec, field), 1 / excess, 1)
            return None if size is None else spec.replace(**{field: size})

        return way

    return Budget(amounts, sizes, [smaller(field) for field in architecture.sizes])


def nearest(architecture: Architecture[AnySpec], spec: AnySpec, batch_size: int) -> AnySpec:
    """Return the nearest spec within the budget, smaller in as few fields as possible."""
    return _budget(architecture, batch_size).nearest(spec)


def check(architecture: Architecture[AnySpec], spec: AnySpec, batch_size: int) -> None:
    """Refuse work over the budget.

    Raises:
        ValueError: naming the estimate, the budget and the nearest setting that fits.
    """
    _budget(architecture, batch_size).check(spec)
