"""Where 95 % of draws lie, around the prediction."""

import math
from dataclasses import dataclass

import numpy as np

from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.initializers import INITIALIZERS
from initviz.setting.data import input_cosine
from initviz.setting.network import CLASSES, Batch, Network, fans
from initviz.theory.finite_width import Layer, shift, stray, unsteady
from initviz.theory.forecast import Forecast, forecast
from initviz.theory.gaussian import Floats

# Half of the 95 % of a normal variable, in standard deviations.
_REACH = 1.96
# What float32 and a finite batch add in any case, as a relative standard deviation.
_LEAST = 1e-3
_SHORT_OF = (
    "With orthogonal weights the gradient tends to the upper part of its band: up to one draw in "
    "six leaves it there."
)
_COLUMNS = {
    "preact_var": "z", "preact_ms": "z", "act_var": "h", "act_ms": "h",
    "grad_preact_var": "grad_z", "grad_act_var": "grad_h",
}  # fmt: skip


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


def band(network: Network, batch: Batch) -> Band:
    """Return the band of luck of a network, or why there is no law for it."""
    predicted = forecast(network, batch)
    if not predicted.log10:
        return Band({}, next(iter(predicted.reasons.values())))
    if network.normalization != "none" or network.bias_mean != 0:
        return Band({}, "The band needs a network without normalization and biases of mean 0.")
    layers = _layers(network, batch, predicted)
    if unsteady(layers):
        return Band({}, "Lengths that stray run away here, so that no law holds for a band.")
    alike = 0.0 if batch.loss == "gaussian" else error_likeness()
    found = stray(layers, batch.size, input_cosine(batch, fans(network, batch)[0][0]), alike)
    moves, ends = shift(layers), {}
    for column, name in _COLUMNS.items():
        variance = np.maximum(getattr(found, name), _LEAST**2)
        # The logarithm of the average lies half a variance above the average logarithm.
        moved = getattr(moves, name) - variance / 2
        centre = predicted.log10[column] + moved / math.log(10)
        reach = _REACH * np.sqrt(variance) / math.log(10)
        ends[column] = (centre - reach, centre + reach)
    # Measured over 20 draws at widths 128 and 1024, all activations.
    bent = layers[0].orthogonal and not ACTIVATIONS[network.activation].homogeneous
    return Band(ends, note=_SHORT_OF if bent else None)


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


def error_likeness() -> float:
    """Return the mean squared cosine of two inputs' errors softmax − onehot at the start.

    With all classes as likely, errors of the same class are equal, others have the cosine
    −1/(classes − 1).
    """
    return 1 / CLASSES + (1 - 1 / CLASSES) / (CLASSES - 1) ** 2
