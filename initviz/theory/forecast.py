"""Predicts a probe: what each layer's mean squares are, on average over draws, at large width.

Forward (He et al. 2015, equation 8, arXiv:1502.01852; Poole et al. 2016, equation 3):
v_l = n_in Var(w) E[h_{l-1}²] + σ_b², E[h²] = E[φ(z)²] with z ~ N(bias mean, v_l). Backward
(Glorot and Bengio 2010, equation 6; Schoenholz et al. 2017, equation 8):
E[(∂ℓ/∂h_{l-1})²] = n_out Var(w) E[(∂ℓ/∂z_l)²], E[(∂ℓ/∂z)²] = E[φ'(z)²] E[(∂ℓ/∂h)²].
Normalization divides by the spread that it finds; over a batch it does more (`batch_norm`).
Everything is carried in logarithms, one for each input.
"""

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd

from initviz.catalog.initializers import INITIALIZERS
from initviz.runtime.words import number
from initviz.setting.data import input_lengths
from initviz.setting.network import CLASSES, Batch, Network, fans
from initviz.theory.batch_norm import SMALLEST, normalized
from initviz.theory.gaussian import Floats
from initviz.theory.tables import table

COLUMNS = (
    "preact_mean", "preact_var", "preact_ms", "act_mean", "act_var", "act_ms",
    "grad_preact_var", "grad_act_var", "grad_weight_var",
)  # fmt: skip
_DRAWS = 20_000
LARGEST_BIAS = 1000.0
# A variance of which less than this share of the mean square is left is not told from 0.
_LEAST = 1e-12


@dataclass(frozen=True)
class Forecast:
    """The prediction: log10 of every size by column, means, and why a column is missing."""

    log10: dict[str, Floats]
    means: dict[str, Floats]
    reasons: dict[str, str] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """The memory that the numbers take, in bytes."""
        return sum(c.nbytes for c in (*self.log10.values(), *self.means.values()))


def predict(network: Network, batch: Batch | None = None) -> pd.DataFrame:
    """Return the theory's table: the rows of a probe, and its columns where theory has a value.

    Values are averages over draws at large width. Columns without theory hold NaN, and
    `attrs["reasons"]` says why.
    """
    found = forecast(network, Batch() if batch is None else batch)
    columns = {
        c: found.means[c] if c in found.means else 10.0 ** found.log10[c]
        for c in COLUMNS
        if c in found.means or c in found.log10
    }
    frame = pd.DataFrame({"layer": range(1, network.depth + 1)} | columns)
    frame = frame.reindex(columns=["layer", *COLUMNS])
    frame.attrs["reasons"] = found.reasons
    return frame


@lru_cache(maxsize=128)
def forecast(network: Network, batch: Batch) -> Forecast:
    """Predict a probe of a network; columns that no theory covers are missing, with a reason."""
    if reason := _unpredictable(network, batch):
        return Forecast({}, {}, dict.fromkeys(COLUMNS, reason))
    return _Pass(network, batch).run()


def _unpredictable(network: Network, batch: Batch) -> str | None:
    if max(abs(network.bias_mean), network.bias_std) > LARGEST_BIAS:
        return f"Biases beyond {number(LARGEST_BIAS)} are more than the theory's tables hold."
    initializer = INITIALIZERS[network.initializer]
    for fan_in, fan_out in set(fans(network, batch)):
        mean = initializer.mean(fan_in, fan_out, gain=network.gain, scale=network.scale)
        variance = initializer.variance(fan_in, fan_out, gain=network.gain, scale=network.scale)
        if mean != 0 or variance == 0:
            return "The weights are the same in every draw, so there is nothing to average."
    return None


class _Pass:
    """One prediction; every array of sizes holds a logarithm for each input."""

    def __init__(self, network: Network, batch: Batch) -> None:
        self._network, self._batch = network, batch
        self._fans = fans(network, batch)
        self._inputs = np.log(input_lengths(batch, self._fans[0][0]))
        self._initializer = INITIALIZERS[network.initializer]

    def run(self) -> Forecast:
        forward = self._forward()
        backward = self._backward(forward)
        reasons: dict[str, str] = {}
        sizes = {c: self._average(forward[c]) for c in ("z", "h")}
        # Means relative to root mean squares, which stay finite where sizes do not.
        steady = {
            "z": self._network.bias_mean * 10 ** (-sizes["z"] / 2)
            if self._network.bias_mean
            else np.zeros(self._network.depth),
            "h": np.array(
                [
                    self._steady(*x)
                    for x in zip(forward["h"], forward["ratio"], sizes["h"], strict=True)
                ]
            ),
        }
        left = {c: np.log10(np.maximum(1 - steady[c] ** 2, _LEAST)) for c in sizes}
        means = {
            f"{name}_mean": steady[c] * 10 ** np.minimum(sizes[c] / 2, 300)
            for name, c in (("preact", "z"), ("act", "h"))
        }
        out = {
            "preact_ms": sizes["z"],
            "act_ms": sizes["h"],
            "preact_var": sizes["z"] + left["z"],
            "act_var": sizes["h"] + left["h"],
        }
        if reason := self._no_gradient():
            reasons |= dict.fromkeys(("grad_preact_var", "grad_act_var"), reason)
        else:
            out["grad_preact_var"] = self._average(backward["z"])
            out["grad_act_var"] = self._average(backward["h"])
        if reason := self._no_weight_gradient():
            reasons["grad_weight_var"] = reason
        else:
            before = [self._inputs, *forward["h"][:-1]]
            products = [g + h for g, h in zip(backward["z"], before, strict=True)]
            grown = math.log10(self._batch.size)
            out["grad_weight_var"] = self._average(products) + grown
        return Forecast(out, means, reasons)

    def _variance(self, fan_in: int, fan_out: int) -> float:
        return self._initializer.variance(
            fan_in, fan_out, gain=self._network.gain, scale=self._network.scale
        )

    def _average(self, logs: list[Floats]) -> Floats:
        """Return log10 of each layer's average over all inputs."""
        each = np.array(logs)
        largest = np.where(np.isfinite(top := each.max(axis=1, keepdims=True)), top, 0)
        with np.errstate(divide="ignore"):
            mean: Floats = np.log(np.exp(each - largest).mean(axis=1))
        return (mean + largest[:, 0]) / math.log(10)

    def _forward(self) -> dict[str, list[Floats]]:
        """Return, layer by layer, ln of E[z²], E[h²] and E[φ'²], E[h]/√E[h²] and ln σ²."""
        found: dict[str, list[Floats]] = {c: [] for c in ("z", "h", "slope", "ratio", "spread")}
        square, spread = self._inputs, self._inputs
        mean_square = _log(self._network.bias_mean**2)
        for layer, (fan_in, fan_out) in enumerate(self._fans):
            grown = math.log(fan_in * self._variance(fan_in, fan_out))
            noise = 2 * _log(self._network.bias_std)
            v = np.logaddexp(square + grown, noise)
            found["z"].append(np.logaddexp(v, mean_square))
            at, inside, spread = self._normalized(v, spread + grown, mean_square)
            found["spread"].append(spread)
            square, slope, ratio, spread = self._activated(layer, at, inside)
            found["h"].append(square)
            found["slope"].append(slope)
            found["ratio"].append(ratio)
        return found

    def _activated(
        self, layer: int, at: float, inside: Floats
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """Return ln of E[h²] and E[φ'²], E[h]/√E[h²], and ln of what inputs do not share of E[h²].

        `at` is the mean of what φ sees, `inside` ln of its variance.
        """
        activation, whole = self._network.activation, np.ones_like(inside)
        if self._network.normalization != "batch":
            square, slope, ratio = table(activation, at).at(inside)
            return square, slope, ratio, square + np.log1p(-np.minimum(ratio**2, 1 - 1e-12))
        seen = normalized(activation, self._batch.size)
        last = layer + 1 == self._network.depth
        passed = math.log(seen.last if last else seen.inner)
        mean = seen.mean / math.sqrt(seen.square)
        whole_square, unshared = whole * math.log(seen.square), whole * math.log(seen.unshared)
        return whole_square, whole * passed, whole * mean, unshared

    def _normalized(
        self, v: Floats, unshared: Floats, mean_square: float
    ) -> tuple[float, Floats, Floats]:
        """Return what φ sees, its mean and ln of its variance, and ln of the square divided by.

        `v` is ln of the variance of z, `unshared` that of its part that differs between inputs.
        """
        network, zero = self._network, np.zeros_like(v)
        if network.normalization == "none":
            return network.bias_mean, v, zero
        if network.normalization == "batch":
            return 0.0, zero, np.full_like(v, self._average([unshared])[0] * math.log(10))
        if network.normalization == "layer":
            return 0.0, zero, v
        size = np.logaddexp(v, mean_square)
        # All inputs share the mean that is left, nearly so where their lengths differ.
        left = network.bias_mean * math.exp(-float(size.mean()) / 2)
        return left, v - size, size

    def _steady(self, square: Floats, ratio: Floats, size: float) -> float:
        """Return the mean over all inputs, relative to the root mean square 10^(size/2)."""
        return float(np.mean(ratio * np.exp(square / 2 - size * math.log(10) / 2)))

    def _backward(self, forward: dict[str, list[Floats]]) -> dict[str, list[Floats]]:
        """Return, layer by layer, ln of E[(∂ℓ/∂z)²] and E[(∂ℓ/∂h)²]."""
        gradient = self._loss_gradient(forward["h"][-1])
        found: dict[str, list[Floats]] = {"z": [], "h": []}
        for layer in reversed(range(self._network.depth)):
            fan_in, fan_out = self._fans[layer]
            found["h"].append(gradient)
            gradient = gradient + forward["slope"][layer] - forward["spread"][layer]
            found["z"].append(gradient)
            gradient = gradient + math.log(fan_out * self._variance(fan_in, fan_out))
        return {c: values[::-1] for c, values in found.items()}

    def _loss_gradient(self, square: Floats) -> Floats:
        if self._batch.loss == "gaussian":
            return np.zeros_like(square)
        width = self._network.width
        variance = self._variance(width, CLASSES)
        logits = float(self._average([square])[0]) * math.log(10) + math.log(width * variance)
        error = loss_error(math.exp(min(logits, 60.0) / 2))
        return np.full_like(square, math.log(variance * error) - 2 * math.log(self._batch.size))

    def _no_gradient(self) -> str | None:
        if self._network.normalization == "batch" and self._batch.size < SMALLEST:
            return (
                f"Batch normalization divides by what it finds in a batch: over fewer than "
                f"{SMALLEST} inputs that is so often next to 0 that gradients have no average."
            )
        return None

    def _no_weight_gradient(self) -> str | None:
        if self._batch.loss == "cross_entropy":
            return (
                "With cross-entropy the gradients of different inputs add up in step, "
                "by an amount that this theory does not cover."
            )
        if self._network.normalization == "batch":
            return "Batch normalization ties inputs together in a way this theory does not cover."
        return None


def loss_error(std: float) -> float:
    """Return E‖softmax(logits) − onehot‖² for independent N(0, std²) logits and a random class."""
    logits = np.random.default_rng(0).standard_normal((_DRAWS, CLASSES)) * std
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    return float((chances**2).sum(axis=1).mean()) - 2 / CLASSES + 1


def _log(value: float) -> float:
    return math.log(value) if value > 0 else -math.inf
