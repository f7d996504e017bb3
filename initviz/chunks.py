"""What is measured of a chunk of the dense stack's layers, in as few calls as it takes."""

from itertools import chain

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from initviz import statistics
from initviz.measured import Exponents, Measured
from initviz.statistics import Floats, Samples


def forward(both: Tensor, exponents: Exponents) -> tuple[Measured, Tensor, Tensor]:
    """Measure z and h of a chunk of layers; return projections of z and h's row sums beside."""
    z, h = both
    squares = statistics.row_squares(both)
    projected, rows = statistics.projections(z), statistics.row_sums(h)
    total = np.array([statistics.sums(projected[:, 0]), statistics.sums(rows)])
    found = statistics.moments(both, total=total, energy=statistics.sums(squares))
    dead_fraction, correlation = statistics.directions(h, squares[1])
    sampled = statistics.sampled(both)
    values = {"dead_fraction": dead_fraction, "correlation": correlation}
    raised: dict[str, Exponents] = {}
    for i, quantity in enumerate(("preact", "act")):
        columns = {
            f"{quantity}_mean": found.mean[i],
            f"{quantity}_var": found.variance[i],
            f"{quantity}_ms": found.square[i],
        }
        values |= columns
        raised |= dict.fromkeys(columns, exponents[i])
    samples = {
        "pre-activation": Samples(sampled[0], exponents[0]),
        "activation": Samples(sampled[1], exponents[1]),
    }
    return Measured(values, raised, samples), projected, rows


def variances(
    both: Tensor, grad_w: list[Tensor], input_sums: NDArray[np.floating]
) -> dict[str, Floats]:
    """Return the variances of ∂ℓ/∂z and ∂ℓ/∂h, in `both`, and of ∂ℓ/∂W of a chunk of layers."""
    rows, squares = statistics.row_sums(both), statistics.row_squares(both)
    of_weights = [statistics.sums(statistics.row_squares(g)) for g in grad_w]
    signals = [both[0, 0].numel()] * len(both[0])
    matrices = list(chain(*grad_w))
    found = statistics.described(
        np.array(
            [
                *statistics.sums(rows),
                np.vecdot(rows[0].numpy(), input_sums, dtype=np.float64),
            ]
        ),
        np.array([*statistics.sums(squares), np.concatenate(of_weights)]),
        np.array([signals, signals, [m.numel() for m in matrices]], dtype=np.float64),
        lambda quantity, layer: both[quantity, layer] if quantity < 2 else matrices[layer],
    )
    return dict(
        zip(("grad_preact_var", "grad_act_var", "grad_weight_var"), found.variance, strict=True)
    )
