"""The spectrum of the Jacobian's squared singular values λ in a wide network.

Weights and slopes are as good as free of each other at large width, so that a product of layers
has, mean-one normalised, the sum of the layers' variances: μ₂/μ₁² − 1 − s₁, with the moments
μ_k = E[φ'^2k] and s₁ = −1 for independent weights, 0 for orthogonal ones (Pennington,
Schoenholz and Ganguli 2018, arXiv:1802.09979; at a critical point L times the same).
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.initializers import INITIALIZERS
from initviz.setting.data import input_lengths
from initviz.setting.network import Batch, Network, fans
from initviz.theory.forecast import forecast
from initviz.theory.gaussian import Floats, moments
from initviz.theory.spectrum import Density, density
from initviz.theory.tables import HIGHEST, LOWEST, table

_NO_DENSITY = (
    "Theory has a curve for this spectrum where each slope is 0 or 1: linear, ReLU, hard tanh."
)


@dataclass(frozen=True)
class Law:
    """Theory after each layer: log10 of the mean of λ, and variance of λ over its mean squared.

    `density` is of the output. What is None or empty has its `reason`.
    """

    log10_mean: Floats
    variance: Floats
    density: Density | None = None
    reason: str | None = None


@lru_cache(maxsize=128)
def law(network: Network, batch: Batch) -> Law:
    """Return what theory says of the Jacobian at a batch's first input."""
    if reason := _lawless(network, batch):
        return Law(np.empty(0), np.empty(0), reason=reason)
    orthogonal = INITIALIZERS[network.initializer].noise.name == "orthogonal"
    grown = math.log(network.width * _weight_variance(network))
    lengths = _lengths(network, batch, grown)
    slopes = table(network.activation, network.bias_mean).at(lengths)[1]
    found = Law(
        np.cumsum(grown + slopes) / math.log(10),
        np.cumsum([_slope_variance(network, v) + (not orthogonal) for v in lengths]),
    )
    if not _switches(network.activation):
        return replace(found, reason=_NO_DENSITY)
    largest = network.depth * grown
    return replace(found, density=density(np.exp(slopes), largest, orthogonal=orthogonal))


def _lawless(network: Network, batch: Batch) -> str | None:
    predicted = forecast(network, batch)
    if not predicted.log10:
        return next(iter(predicted.reasons.values()))
    if network.normalization != "none":
        return "Theory here is of networks without normalization."
    if INITIALIZERS[network.initializer].noise.name == "eye":
        return "The weights are the same in every draw, so there is nothing to average."
    if fans(network, batch)[0][0] != network.width:
        return "Theory here is of networks with as many inputs as units."
    return None


def _weight_variance(network: Network) -> float:
    return INITIALIZERS[network.initializer].variance(
        network.width, network.width, gain=network.gain, scale=network.scale
    )


def _lengths(network: Network, batch: Batch, grown: float) -> Floats:
    """Return ln of the variance of z at every layer, for the batch's first input."""
    noise = 2 * math.log(network.bias_std) if network.bias_std else -math.inf
    square = np.log(input_lengths(batch, network.width)[:1])
    found = []
    for _ in range(network.depth):
        found.append(np.logaddexp(square + grown, noise))
        square = table(network.activation, network.bias_mean).at(found[-1])[0]
    return np.concatenate(found)


def _slope_variance(network: Network, log_v: float) -> float:
    """Return the variance of φ'(z)² over its mean squared, μ₂/μ₁² − 1."""
    std = math.exp(min(max(log_v, LOWEST), HIGHEST) / 2)
    at = moments(network.activation, std, network.bias_mean)
    return at.slope_fourth / at.slope_square**2 - 1 if at.slope_square**2 > 0 else math.inf


def _switches(activation: str) -> bool:
    """Say whether every slope of an activation is 0 or 1."""
    return bool(np.isin(ACTIVATIONS[activation].slope_at(np.linspace(-6, 6, 200)), (0, 1)).all())
