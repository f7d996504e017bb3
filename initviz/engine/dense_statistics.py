"""What is measured of a chunk of the dense stack's layers."""

import numpy as np
from torch import Tensor

from initviz.engine import statistics
from initviz.engine.columns import Columns, Exponents
from initviz.engine.statistics import Floats, Moments, Samples


def forward(z: Tensor, h: Tensor, exponents: Exponents) -> Columns:
    """Measure z and h, (layers, batch, units), with exponents (2, layers)."""
    outputs = statistics.outputs(h)
    values = {"dead_fraction": outputs.dead_fraction, "correlation": outputs.correlation}
    raised: dict[str, Exponents] = {}
    found = {"preact": statistics.moments(z), "act": outputs.moments}
    for (quantity, moments), exponent in zip(found.items(), exponents, strict=True):
        columns = _columns(quantity, moments)
        values |= columns
        raised |= dict.fromkeys(columns, exponent)
    samples = {
        "pre-activation": Samples(statistics.sampled(z), exponents[0]),
        "activation": Samples(statistics.sampled(h), exponents[1]),
    }
    return Columns(values, raised, samples)


def _columns(quantity: str, moments: Moments) -> dict[str, Floats]:
    return {
        f"{quantity}_mean": moments.mean,
        f"{quantity}_var": moments.variance,
        f"{quantity}_ms": moments.square,
    }


def backward(
    grad_z: Tensor, grad_h: Tensor, grad_w: list[Tensor], exponent: int, of_inputs: Exponents
) -> Columns:
    """Measure ∂ℓ/∂z and ∂ℓ/∂h, (layers, batch, units), which carry one exponent, and ∂ℓ/∂W.

    `of_inputs`, (layers,), are the exponents of what each layer takes in.
    """
    at = np.full(len(grad_z), exponent)
    of_weights = [statistics.moments(matrices).variance for matrices in grad_w]
    return Columns(
        values={
            "grad_preact_var": statistics.moments(grad_z).variance,
            "grad_act_var": statistics.moments(grad_h).variance,
            "grad_weight_var": np.concatenate(of_weights),
        },
        exponents={
            "grad_preact_var": at,
            "grad_act_var": at,
            "grad_weight_var": at + of_inputs,
        },
        samples={"gradient": Samples(statistics.sampled(grad_z), at)},
    )
