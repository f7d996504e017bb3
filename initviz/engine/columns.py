"""What the dense pass measured, before exponents are put back: columns by name."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from initviz.engine.statistics import Floats, Samples, stacked

Exponents = NDArray[np.int64]


@dataclass(frozen=True)
class Columns:
    """Raw results, by column.

    The true value of a mean square or variance is values[column] · 4^exponents[column], that
    of a mean values[column] · 2^exponents[column]; columns without exponents are plain.
    """

    values: dict[str, Floats]
    exponents: dict[str, Exponents]
    samples: dict[str, Samples]

    @property
    def nbytes(self) -> int:
        """The memory that the numbers take, in bytes."""
        columns = (*self.values.values(), *self.exponents.values())
        drawn = self.samples.values()
        return sum(c.nbytes for c in columns) + sum(s.mantissa.nbytes for s in drawn)


def join(parts: list[Columns]) -> Columns:
    """Put chunks one after the other."""
    first, *others = parts
    if not others:
        return first
    return Columns(
        values={c: np.concatenate([p.values[c] for p in parts]) for c in first.values},
        exponents={c: np.concatenate([p.exponents[c] for p in parts]) for c in first.exponents},
        samples={q: stacked([p.samples[q] for p in parts]) for q in first.samples},
    )


def merge(parts: list[Columns]) -> Columns:
    """Put columns side by side."""
    return Columns(
        values={c: v for p in parts for c, v in p.values.items()},
        exponents={c: e for p in parts for c, e in p.exponents.items()},
        samples={q: s for p in parts for q, s in p.samples.items()},
    )
