"""Where 95 % of draws lie, around the prediction."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.initializers import INITIALIZERS
from initviz.setting.data import input_cosine, input_lengths
from initviz.setting.network import CLASSES, Batch, Network, fans
from initviz.theory.finite_width import Stray, stray, unsteady
from initviz.theory.forecast import Forecast, forecast
from initviz.theory.gaussian import Floats
from initviz.theory.pairs import Layer
from initviz.theory.runaway import Start, runaway, typical

# Half of the 95 % of a normal variable, in standard deviations.
_REACH = 1.96
# What float32 and a finite batch add in any case, as a relative standard deviation.
_LEAST = 1e-3
# Measured over 40 draws at width 64: from He's weights on, whose logits are about 1 in size.
_SHORT_OF = (
    "With cross-entropy the band of gradients is too narrow where logits are not small: up to one "
    "draw in four leaves it, since the errors of all inputs stray together."
)
_COLUMNS = {
    "preact_var": "z", "preact_ms": "z", "act_var": "spread", "act_ms": "h",
    "grad_preact_var": "grad_z", "grad_act_var": "grad_h",
}  # fmt: skip
# What a chart can show.
DRAWN = ("act_var", "grad_preact_var", "grad_act_var", "grad_weight_var")
_UNKNOWN = "No law is known for how far ∂ℓ/∂W strays."


@dataclass(frozen=True)
class Band:
    """log10 of the lower and upper end, by column; without one, the reason.

    `draws` is how many draws it was estimated from, None where it follows from a law; `note` says
    how the law falls short.
    """

    ends: dict[str, tuple[Floats, Floats]]
    reason: str | None = None
    draws: int | None = None
    note: str | None = None

    @property
    def nbytes(self) -> int:
        """The memory that the numbers take, in bytes."""
        return sum(end.nbytes for ends in self.ends.values() for end in ends)


def band(network: Network, batch: Batch | None = None) -> pd.DataFrame:
    """Return where 95 % of draws lie in every column that is drawn, by theory; a row a layer.

    A draw renews weights, biases, inputs and the output gradient. Columns are `layer` and, for
    each variance, its name with `_low` and `_high`, in true size. Where there is no law they hold
    NaN, and `attrs["reasons"]` says why, by the variance's name.
    """
    found = luck(network, Batch() if batch is None else batch)
    columns, reasons = {"layer": np.arange(1, network.depth + 1)}, {}
    for name in DRAWN:
        if name not in found.ends:
            reasons[name] = found.reason or _UNKNOWN
        unknown = (np.full(network.depth, np.nan),) * 2
        for end, log10 in zip(("low", "high"), found.ends.get(name, unknown), strict=True):
            with np.errstate(over="ignore"):
                columns[f"{name}_{end}"] = 10.0**log10
    frame = pd.DataFrame(columns)
    frame.attrs["reasons"] = reasons
    return frame


def luck(network: Network, batch: Batch) -> Band:
    """Return the band of luck of a network in logarithms, or why there is no law for it."""
    predicted = forecast(network, batch)
    if not predicted.log10:
        return Band({}, next(iter(predicted.reasons.values())))
    if network.normalization != "none" or network.bias_mean != 0:
        return Band({}, "The band needs a network without normalization and biases of mean 0.")
    layers = _layers(network, batch, predicted)
    cosine = input_cosine(batch, fans(network, batch)[0][0])
    alike, note = (0.0, None) if batch.loss == "gaussian" else (error_likeness(), _SHORT_OF)
    if unsteady(layers):
        loss = float(predicted.log10["grad_act_var"][-1])
        low, high = runaway(layers, _start(network, batch), batch.size, cosine, alike)
        either = {c: (_end(low, n, loss), _end(high, n, loss)) for c, n in _COLUMNS.items()}
        return Band(either, note=note)
    found, moves = stray(layers, batch.size, cosine, alike)
    ends = {}
    for column, name in _COLUMNS.items():
        variance = np.maximum(getattr(found, name), _LEAST**2)
        # The logarithm of the average lies half a variance above the average logarithm.
        moved = getattr(moves, name) - variance / 2
        centre = predicted.log10[column] + moved / math.log(10)
        reach = _REACH * np.sqrt(variance) / math.log(10)
        ends[column] = (centre - reach, centre + reach)
    return Band(ends, note=note)


def _end(end: Stray, name: str, loss: float) -> Floats:
    """Return log10 of an end that is given in ln, gradients relative to the loss's."""
    log10: Floats = getattr(end, name) / math.log(10)
    return log10 + loss if name.startswith("grad") else log10


def _layers(network: Network, batch: Batch, predicted: Forecast) -> tuple[Layer, ...]:
    orthogonal = INITIALIZERS[network.initializer].noise.name == "orthogonal"
    # Where only ratios of sizes count, one size serves all.
    homogeneous = ACTIVATIONS[network.activation].homogeneous
    noise = network.bias_std**2
    found = []
    for log10, (fan_in, fan_out) in zip(
        predicted.log10["preact_ms"], fans(network, batch), strict=True
    ):
        fed = 1 - noise * 10.0**-log10 if noise else 1.0
        v = 1.0 if homogeneous else 10.0 ** min(max(log10, -12), 12)
        found.append(Layer(network.activation, fan_out, v, fed, orthogonal and fan_in <= fan_out))
    return tuple(found)


def _start(network: Network, batch: Batch) -> Start:
    shapes, initializer = fans(network, batch), INITIALIZERS[network.initializer]
    grown = (
        fan_in * initializer.variance(fan_in, fan_out, gain=network.gain, scale=network.scale)
        for fan_in, fan_out in shapes
    )
    lengths = typical(input_lengths(batch, shapes[0][0]))
    return Start(lengths, tuple(map(math.log, grown)), network.bias_std**2)


def error_likeness() -> float:
    """Return the mean squared cosine of two inputs' errors softmax − onehot at the start.

    With all classes as likely, errors of the same class are equal, others have the cosine
    −1/(classes − 1).
    """
    return 1 / CLASSES + (1 - 1 / CLASSES) / (CLASSES - 1) ** 2
