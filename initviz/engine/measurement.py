"""What a pass measured of every layer, in true sizes: a column a quantity, a number a layer."""

import math
from dataclasses import dataclass
from typing import Literal

from initviz.engine.statistics import Floats, Samples
from initviz.setting.network import Batch, Network

# log10 of the smallest number each format holds at full precision; below, digits are lost.
_SMALLEST_NORMAL = {"float64": -307.65, "float32": -37.93, "bfloat16": -37.93, "float16": -4.21}
Quantity = Literal["pre-activation", "activation", "gradient"]

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
class Measurement:
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

    @property
    def units(self) -> Floats:
        """How many units each layer has: those of a dense layer are its fan-out."""
        return self.values.get("units", self.values["fan_out"])
