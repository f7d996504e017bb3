"""How many draws lie in the band that is said to hold 95 % of them, for every activation."""

from collections.abc import Iterator

import numpy as np
import torch

from benchmarks.report import Row
from initviz import ACTIVATIONS, Batch, Network, probe
from initviz.engine.statistics import Floats
from initviz.theory.band import luck

INITIALIZERS = ("he_normal", "glorot_uniform", "lecun_normal", "orthogonal")
COLUMNS = ("act_var", "grad_preact_var")
# Width, depth and draws: a cell's share strays by about three hundredths over 40 draws, since the
# layers of one draw stray together.
SIZES = ((24, 8, 200), (24, 20, 200), (128, 20, 80), (512, 20, 40))


def run() -> list[Row]:
    """Return, by activation and initializer, the share of layers and draws that lie in the band."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    rows = [row for width, depth, draws in SIZES for row in _cells(width, depth, draws)]
    torch.set_num_threads(before)
    return rows


def shares(
    width: int, depth: int, draws: int, initializers: tuple[str, ...], batch: Batch
) -> dict[tuple[str, str, str], float]:
    """Return, by activation, initializer and column, the share of layers and draws in the band.

    The band is that of each draw's own inputs, as on the page.
    """
    inside: dict[tuple[str, str, str], list[Floats]] = {}
    # Draw by draw, so that activations share the weights' noise.
    for seed in range(1, draws + 1):
        here = batch.replace(seed=seed)
        for network in _networks(width, depth, initializers):
            ends, logs = luck(network, here).ends, probe(network, here).log10
            for column in COLUMNS:
                low, high = ends[column]
                cell = (network.activation, network.initializer, column)
                share = (logs[column] >= low) & (logs[column] <= high)
                inside.setdefault(cell, []).append(share.astype(float))
    return {cell: float(np.mean(found)) for cell, found in inside.items()}


def _networks(width: int, depth: int, initializers: tuple[str, ...]) -> Iterator[Network]:
    for initializer in initializers:
        for activation in ACTIVATIONS:
            yield Network(depth=depth, width=width, activation=activation, initializer=initializer)


def _cells(width: int, depth: int, draws: int) -> list[Row]:
    found = shares(width, depth, draws, INITIALIZERS, Batch())
    return [
        {"width": width, "depth": depth, "draws": draws, "column": column, "activation": activation}
        | {name: found[activation, name, column] for name in INITIALIZERS}
        for column in COLUMNS
        for activation in ACTIVATIONS
    ]
