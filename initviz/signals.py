"""What a probe returns: a tidy table, one row a layer, and samples for histograms."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from initviz.engine.statistics import Floats, Samples, histograms
from initviz.setting.network import Batch, Network
from initviz.sketch import sketch

if TYPE_CHECKING:
    from initviz.verdict.diagnosis import Diagnosis

# log10 of the smallest number each format holds at full precision; below, digits are lost.
_SMALLEST_NORMAL = {"float64": -307.65, "float32": -37.93, "bfloat16": -37.93, "float16": -4.21}
Quantity = Literal["pre-activation", "activation", "gradient"]

# In bytes: everything but numbers, and the counts and edges of a layer's 41 bins.
_OBJECTS, _HISTOGRAM = 16 * 2**10, 8 * 83
COLUMNS = (
    "layer", "name", "kind", "fan_in", "fan_out", "weight_mean", "weight_var",
    "preact_mean", "preact_var", "preact_ms", "act_mean", "act_var", "act_ms",
    "grad_preact_var", "grad_act_var", "grad_weight_var",
    "dead_fraction", "saturated_fraction", "correlation", "distinct_fraction",
    "nonfinite_fraction",
)  # fmt: skip
SIZES = tuple(c for c in COLUMNS if c.endswith(("_var", "_ms")) and not c.startswith("weight"))


def smallest_normal_log10(dtype: str) -> float:
    """Return log10 of the smallest number a format holds at full precision (IEEE 754)."""
    return _SMALLEST_NORMAL.get(dtype, -math.inf)


@dataclass(frozen=True)
class Layers:
    """The layers a table has rows for, in the order they ran."""

    names: tuple[str, ...]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Histogram:
    """Counts per layer: `edges` (layers, bins + 1) in true units, `counts` (layers, bins)."""

    edges: Floats
    counts: NDArray[np.int64]


@dataclass(frozen=True)
class Signals:
    """One forward and one backward pass, measured.

    `values` holds every numeric column. `log10` holds the base-10 logarithms of the sizes
    (`SIZES`), which stay finite where the size itself is beyond what float64 holds.
    `samples` holds up to `SAMPLE_SIZE` values a layer, in blocks spread over batch × units.
    `network` is None for a module of your own, and `unseen` names those of its matrices that
    were used, if at all, in a way that no row could be made of.
    """

    layers: Layers
    values: dict[str, Floats]
    log10: dict[str, Floats]
    samples: dict[str, Samples]
    dtype: str
    network: Network | None = None
    batch: Batch | None = None
    unseen: tuple[str, ...] = ()

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
        from initviz.verdict.diagnosis import diagnose  # noqa: PLC0415 - diagnosis probes in its turn

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
        rows = self.table.astype(object).where(np.isfinite(_numbers(self.table)), None)
        diagnosis = self.diagnosis
        return {
            "network": self.network.model_dump() if self.network else None,
            "batch": self.batch.model_dump() if self.batch else None,
            "layers": rows.to_dict(orient="records"),
            "diagnosis": {
                "verdict": diagnosis.verdict,
                "reason": diagnosis.reason,
                "fix": diagnosis.fix.model_dump() if diagnosis.fix else None,
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


def as_json(document: Any) -> str:
    """Return JSON-ready data as text a person can read too; refuses what JSON cannot hold."""
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with text columns as zeros, so that only numbers can be non-finite."""
    return table.assign(name=0.0, kind=0.0).astype(float)
