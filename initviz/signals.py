"""What a probe returns: a measurement with its tidy table, its verdict and its histograms."""

import math
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from initviz.engine.measurement import COLUMNS, Measurement, Quantity
from initviz.engine.statistics import Floats, Samples, histograms
from initviz.runtime.documents import as_json, records
from initviz.sketch import sketch
from initviz.verdict.diagnosis import Diagnosis, diagnose

# In bytes: everything but numbers, and the counts and edges of a layer's 41 bins.
_OBJECTS, _HISTOGRAM = 16 * 2**10, 8 * 83


@dataclass(frozen=True)
class Histogram:
    """Counts per layer: `edges` (layers, bins + 1) in true units, `counts` (layers, bins)."""

    edges: Floats
    counts: NDArray[np.int64]


class Signals(Measurement):
    """A measurement with its table, its verdict and its pictures."""

    @classmethod
    def of(cls, measured: Measurement) -> Self:
        """Return what was measured as signals."""
        return cls(**vars(measured))

    def __repr__(self) -> str:
        return f"<Signals of {len(self.layers)} layers in {self.dtype}>"

    @property
    def nbytes(self) -> int:
        """The memory that it takes, in bytes: the numbers, the objects, table and histograms."""
        columns = (*self.values.values(), *self.log10.values())
        drawn = self.samples.values()
        numbers = sum(c.nbytes for c in columns) + sum(s.mantissa.nbytes for s in drawn)
        return _OBJECTS + numbers + _HISTOGRAM * sum(len(s.mantissa) for s in drawn)

    @cached_property
    def table(self) -> pd.DataFrame:
        """The table: one row a layer, first layer first, columns `COLUMNS`."""
        numeric = [c for c in COLUMNS if c in self.values]
        table = pd.DataFrame(np.column_stack([self.values[c] for c in numeric]), columns=numeric)
        table.insert(0, "layer", np.arange(1, len(self.layers) + 1))
        table.insert(1, "name", list(self.layers.names))
        table.insert(2, "kind", list(self.layers.kinds))
        return table.astype({"fan_in": "int64", "fan_out": "int64"})

    @cached_property
    def diagnosis(self) -> Diagnosis:
        """The verdict, its reason and, for a `Network`, a repair that was itself probed."""
        return diagnose(self)

    def histogram(self, quantity: Quantity, bins: int = 41) -> Histogram:
        """Count each layer's sampled values in equal bins over that layer's own range.

        Non-finite values are left out.
        """
        found = self._counted.get(quantity)
        if found is None or found.counts.shape[1] != bins:
            found = self._counted[quantity] = _histogram(self.samples[quantity], bins)
        return found

    @cached_property
    def _counted(self) -> dict[Quantity, Histogram]:
        """The histograms asked for last."""
        return {}

    def magnitudes(self, quantity: Quantity) -> NDArray[np.float32]:
        """Return log10 |x| of each layer's sampled values; -inf or NaN for 0 and what is lost."""
        drawn = self.samples[quantity]
        with np.errstate(divide="ignore"):
            logs: NDArray[np.float32] = np.log10(np.abs(drawn.mantissa))
        logs += (math.log10(2) * drawn.exponents[:, None]).astype(np.float32)
        return logs

    def _repr_html_(self) -> str:
        """Return what a notebook shows: the verdict, its reason and both curves."""
        verdict, reason = self.diagnosis.verdict, self.diagnosis.reason
        curves = {
            "Activation variance": self.log10["act_var"],
            "Gradient variance Var ∂ℓ/∂z": self.log10["grad_preact_var"],
        }
        return f"<p><b>{verdict.capitalize()}.</b> {escape(reason)}</p>{sketch(curves)}"

    def document(self) -> dict[str, Any]:
        """Return the run as JSON-ready data; numbers JSON cannot hold become None."""
        diagnosis = self.diagnosis
        return {
            "network": self.network.model_dump() if self.network else None,
            "batch": self.batch.model_dump() if self.batch else None,
            "layers": records(self.table),
            "diagnosis": {
                "verdict": diagnosis.verdict,
                "reason": diagnosis.reason,
                "fix": diagnosis.fix.model_dump() if diagnosis.fix else None,
                "outlook": dict(diagnosis.outlook) if diagnosis.outlook else None,
            },
        }

    def to_json(self) -> str:
        """Return `document` as one JSON text."""
        return as_json(self.document())


def _histogram(samples: Samples, bins: int) -> Histogram:
    counts, edges = histograms(samples.mantissa, bins)
    if samples.exponents.any():
        # Zeros are as small whatever the layer's exponent, and the bins around them fixed.
        exponents = np.where(samples.mantissa.any(axis=1), samples.exponents, 0)
        with np.errstate(over="ignore"):
            edges = np.ldexp(edges, exponents[:, None])
    return Histogram(edges, counts)
