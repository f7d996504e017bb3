"""The dense network again, in plain NumPy float64, written from the equations."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf, expit

Floats = NDArray[np.float64]

_ALPHA, _SCALE = 1.6732632423543772, 1.0507009873554805


def _phi_normal(z: Floats) -> Floats:
    return np.exp(-z * z / 2) / np.sqrt(2 * np.pi)


def _cdf(z: Floats) -> Floats:
    return (1 + erf(z / np.sqrt(2))) / 2


def _softplus(z: Floats) -> Floats:
    return np.logaddexp(0, z)


def _mish_slope(z: Floats) -> Floats:
    t = np.tanh(_softplus(z))
    return t + z * expit(z) * (1 - t * t)


PHI = {
    "linear": (lambda z: z, np.ones_like),
    "sigmoid": (expit, lambda z: expit(z) * expit(-z)),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0) * 1.0),
    "leaky_relu": (lambda z: np.where(z > 0, z, 0.01 * z), lambda z: np.where(z > 0, 1, 0.01)),
    "elu": (
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z: np.where(z > 0, 1, np.exp(np.minimum(z, 0))),
    ),
    "selu": (
        lambda z: _SCALE * np.where(z > 0, z, _ALPHA * np.expm1(np.minimum(z, 0))),
        lambda z: _SCALE * np.where(z > 0, 1, _ALPHA * np.exp(np.minimum(z, 0))),
    ),
    "celu": (
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z: np.where(z > 0, 1, np.exp(np.minimum(z, 0))),
    ),
    "gelu": (lambda z: z * _cdf(z), lambda z: _cdf(z) + z * _phi_normal(z)),
    "silu": (lambda z: z * expit(z), lambda z: expit(z) * (1 + z * expit(-z))),
    "mish": (lambda z: z * np.tanh(_softplus(z)), _mish_slope),
    "softplus": (_softplus, expit),
    "softsign": (lambda z: z / (1 + abs(z)), lambda z: 1 / (1 + abs(z)) ** 2),
    "hardtanh": (lambda z: np.clip(z, -1, 1), lambda z: (abs(z) < 1) * 1.0),
    "hardswish": (
        lambda z: z * np.clip(z + 3, 0, 6) / 6,
        lambda z: np.where(abs(z) < 3, (2 * z + 3) / 6, (z > 0) * 1.0),
    ),
    "erf": (erf, lambda z: 2 / np.sqrt(np.pi) * np.exp(-z * z)),
    "sin": (np.sin, np.cos),
}


@dataclass(frozen=True)
class Pass:
    """z, h, ∂ℓ/∂z, ∂ℓ/∂h and ∂ℓ/∂W of every layer."""

    z: list[Floats]
    h: list[Floats]
    grad_z: list[Floats]
    grad_h: list[Floats]
    grad_weight: list[Floats]


def run(
    activation: str,
    weights: list[Floats],
    biases: list[Floats],
    inputs: Floats,
    last_gradient: Floats,
) -> Pass:
    """Forward through z = h Wᵀ + b, h = φ(z), then backward from ∂ℓ/∂h of the last layer."""
    phi, slope = PHI[activation]
    z, h = [], [inputs]
    for weight, bias in zip(weights, biases, strict=True):
        z.append(h[-1] @ weight.T + bias)
        h.append(phi(z[-1]))
    grad_h, grad_z, grad_weight = [last_gradient], [], []
    for layer in reversed(range(len(weights))):
        grad_z.append(grad_h[-1] * slope(z[layer]))
        grad_weight.append(grad_z[-1].T @ h[layer])
        grad_h.append(grad_z[-1] @ weights[layer])
    return Pass(z, h[1:], grad_z[::-1], grad_h[-2::-1], grad_weight[::-1])


def columns(run: Pass, weights: list[Floats], activation: str) -> dict[str, Floats]:
    """Return the probe's columns, each by its definition."""
    slope = PHI[activation][1]
    grid = np.linspace(-40, 40, 400_001)
    steepest = abs(slope(grid)).max()
    return {
        "weight_mean": np.array([w.mean() for w in weights]),
        "weight_var": np.array([w.var() for w in weights]),
        "preact_mean": np.array([z.mean() for z in run.z]),
        "preact_var": np.array([z.var() for z in run.z]),
        "preact_ms": np.array([(z * z).mean() for z in run.z]),
        "act_mean": np.array([h.mean() for h in run.h]),
        "act_var": np.array([h.var() for h in run.h]),
        "act_ms": np.array([(h * h).mean() for h in run.h]),
        "grad_preact_var": np.array([g.var() for g in run.grad_z]),
        "grad_act_var": np.array([g.var() for g in run.grad_h]),
        "grad_weight_var": np.array([g.var() for g in run.grad_weight]),
        "dead_fraction": np.array([(h == 0).all(axis=0).mean() for h in run.h]),
        "saturated_fraction": np.array([(abs(slope(z)) < 0.01 * steepest).mean() for z in run.z]),
        "correlation": np.array([_mean_cosine(h) for h in run.h]),
        "distinct_fraction": np.array(
            [_distinct(z, g) for z, g in zip(run.z[:-1], run.grad_weight[:-1], strict=True)]
            # What comes after the last layer is a stand-in, which says nothing of its units.
            + [_distinct(run.z[-1], np.zeros((run.z[-1].shape[1], 1)))]
        ),
    }


def _mean_cosine(h: Floats) -> float:
    norms = np.linalg.norm(h, axis=1)
    h, norms = h[norms > 0], norms[norms > 0]
    if len(h) < 2:
        return np.nan
    cosines = (h @ h.T) / np.outer(norms, norms)
    return float(cosines[~np.eye(len(h), dtype=bool)].mean())


def _distinct(z: Floats, rows: Floats) -> float:
    """Count units that compute what another does, z (batch, units), and are moved alike."""
    scales = np.sqrt((z * z).mean()), np.sqrt((rows * rows).mean())
    kept: list[tuple[Floats, Floats]] = []
    for unit in zip(z.T, rows, strict=True):
        agree = (
            all(
                abs(a - b).max() <= 1e-12 * scale
                for a, b, scale in zip(unit, other, scales, strict=True)
            )
            for other in kept
        )
        if not any(agree):
            kept.append(unit)
    return len(kept) / z.shape[1]
