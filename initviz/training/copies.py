"""Networks whose layers are made of copies, and what keeps rounding from telling those apart.

Units with equal incoming and outgoing weights get equal gradients. A matrix product rounds by
place, though: equal rows come out equal to the last bit or not, as the width and the processor
have it, and training multiplies what differs. So what the first unit of a layer gets, all get.
"""

import torch
from torch import Tensor

from initviz.training.parameters import Parameters


def of_copies(made: Parameters) -> Tensor | None:
    """Return which networks, (networks,), have copies alone in every layer; None without any.

    The units have to be equal bit for bit: the smallest noise makes them different.
    """
    if made.weights[0].shape[1] == 1:
        return None
    found = torch.stack([(all_ == first).flatten(1).all(dim=1) for all_, first in _pairs(made)])
    copies = found.all(dim=0)
    return copies if copies.any() else None


def share(gradients: Parameters, copies: Tensor) -> None:
    """Give all units of these networks, (networks,), the gradient of their layer's first."""
    for all_, first in _pairs(gradients):
        all_[copies] = first[copies].expand_as(all_[copies])


def _pairs(made: Parameters) -> list[tuple[Tensor, Tensor]]:
    """Return every parameter with units, and what of it belongs to the first of them."""
    first, *between, readout = made.weights
    return [
        (first, first[:, :1]),
        *((weight, weight[:, :1, :1]) for weight in between),
        (readout, readout[:, :, :1]),
        *((row, row[:, :, :1]) for row in (*made.biases[:-1], *made.scales, *made.shifts)),
    ]
