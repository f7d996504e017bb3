"""What a browser needs to run the recursion of `forecast` itself, for any depth, width and gain.

The numbers here do not change while depth, width, gain, scale or the biases' spread do.
"""

import base64
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.initializers import INITIALIZERS
from initviz.setting.data import input_cosine, input_lengths
from initviz.setting.network import CLASSES, Batch, Network, fans
from initviz.theory.band import error_likeness
from initviz.theory.batch_norm import SMALLEST, normalized
from initviz.theory.forecast import LARGEST_BIAS, loss_error
from initviz.theory.gaussian import Floats
from initviz.theory.laws import coarse
from initviz.theory.tables import HIGHEST, LOWEST, STEP, table

# Inputs' lengths are shared out among so many.
_LENGTHS = 32
# Random numbers drawn for a width that is not on the page yet.
_DRAWN = 2**16
# ln of the variance of the logits: below, every class is as likely, above, one is certain.
_SIZES = np.linspace(-12.0, 12.0, 49)
_LOGITS = np.linspace(-6.0, 12.0, 37)


def portable(network: Network, batch: Batch, widths: Sequence[int]) -> dict[str, Any] | None:
    """Return JSON-ready tables for the networks of these widths, or None without a theory.

    `square`, `slope` and `ratio` are the columns of `Table` on the grid `lowest`, `step`; a
    homogeneous activation has one row. Widths have the weights' variances at gain 1 and
    scale 1, of first layer, hidden layer and readout, and the inputs' lengths as weights on
    an even grid of their logarithms. `luck` has what the band needs, where it has a law.
    """
    if _beyond(network, batch):
        return None
    rows = _rows(network, batch)
    found: dict[str, Any] = {
        "lowest": LOWEST,
        "highest": HIGHEST,
        "step": STEP,
        **{name: _packed(rows[:, i]) for i, name in enumerate(("square", "slope", "ratio"))},
        "scaled": INITIALIZERS[network.initializer].scale_meaning is not None,
        "unit": INITIALIZERS[network.initializer].default_scale,
        "normalization": network.normalization,
        "loss": batch.loss,
        "size": batch.size,
        "widths": {str(width): _at_width(network, batch, width) for width in widths},
    }
    if network.normalization == "none" and network.bias_mean == 0:
        found["luck"] = _luck(network, batch)
    if batch.loss == "cross_entropy":
        found["logits"] = [float(_LOGITS[0]), float(_LOGITS[-1])]
        found["error"] = _errors()
    return found


def _rows(network: Network, batch: Batch) -> Floats:
    """Return the columns of `Table`; under batch normalization one row, for all layers.

    The browser takes what inputs do not share for the variance of h, and what gradients pass in
    inner layers for what they pass in the last: both differ by about one over the batch's size.
    """
    if network.normalization != "batch":
        mean = network.bias_mean if network.normalization == "none" else 0.0
        return table(network.activation, mean).rows
    seen = normalized(network.activation, batch.size)
    slope = seen.inner * (seen.square - seen.mean**2) / seen.unshared
    return np.array([[np.log(seen.square), np.log(slope), seen.mean / np.sqrt(seen.square)]])


@lru_cache(maxsize=1)
def _errors() -> list[float]:
    return [round(loss_error(float(np.exp(x / 2))), 5) for x in _LOGITS]


def _beyond(network: Network, batch: Batch) -> bool:
    """Say whether the theory has nothing, or not all, or needs a table for every layer."""
    if network.normalization == "batch" and batch.size < SMALLEST:
        return True
    if network.normalization == "rms" and network.bias_mean != 0:
        return True
    initializer = INITIALIZERS[network.initializer]
    fan_in, fan_out = fans(network, batch)[-1]
    return (
        abs(network.bias_mean) > LARGEST_BIAS
        or initializer.mean(fan_in, fan_out) != 0
        or initializer.variance(fan_in, fan_out) == 0
    )


def _luck(network: Network, batch: Batch) -> dict[str, Any]:
    homogeneous = ACTIVATIONS[network.activation].homogeneous
    grid = np.zeros(1) if homogeneous else _SIZES
    return {
        "laws": _packed(coarse(network.activation, grid).astype(np.float32)),
        "rows": len(grid),
        "lowest": float(grid[0]),
        "highest": float(grid[-1]),
        "orthogonal": INITIALIZERS[network.initializer].noise.name == "orthogonal",
        "alike": 0.0 if batch.loss == "gaussian" else error_likeness(),
    }


def _at_width(network: Network, batch: Batch, width: int) -> dict[str, Any]:
    initializer = INITIALIZERS[network.initializer]
    scale = 1.0 if initializer.scale_meaning else None
    there = network.replace(width=width, depth=2)
    shapes = [*fans(there, batch), (width, CLASSES)]
    variances = [initializer.variance(i, o, scale=scale) for i, o in shapes]
    first = shapes[0][0]
    here = width == network.width or batch.inputs == "digits"
    drawn = batch if here else batch.replace(size=_enough(batch.size, first))
    return {
        "first": first,
        "variances": variances,
        # Of random directions the squared cosine is on average one over their dimension.
        "cosine": input_cosine(batch, first) if here else first**-0.5,
        **_shares(np.log(input_lengths(drawn, first))),
    }


def _enough(size: int, features: int) -> int:
    return max(2, min(size, _DRAWN // features))


def _shares(logs: Floats) -> dict[str, Any]:
    """Share each logarithm out between its two neighbours on an even grid."""
    low, high = float(logs.min()), float(logs.max())
    at = (logs - low) / (high - low) * (_LENGTHS - 1) if high > low else np.zeros_like(logs)
    left = np.minimum(at.astype(np.intp), _LENGTHS - 2)
    shares = np.bincount(left, 1 - (at - left), _LENGTHS)
    shares += np.bincount(left + 1, at - left, _LENGTHS)
    return {"low": low, "high": high, "shares": _packed((shares / len(logs)).astype(np.float32))}


def _packed(values: Any) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()
