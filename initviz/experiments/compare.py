"""Every initializer with every activation: which pairs train at this depth, and which is best."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.initializers import INITIALIZERS
from initviz.engine.statistics import Floats
from initviz.probe import probe
from initviz.runtime import budget
from initviz.runtime.budget import Amount, Budget, less
from initviz.runtime.documents import records
from initviz.setting import cost
from initviz.setting.cost import Probe
from initviz.setting.network import Batch, Network
from initviz.verdict.drift import departures
from initviz.verdict.verdict import Verdict

PAIRS = len(INITIALIZERS) * len(ACTIVATIONS)
# What a person who has asked for it waits for: an idle core takes about that long.
MOST_SECONDS = 60.0
# A signal that vanishes is followed again in float64, and most pairs let it vanish: so a
# comparison takes this many times what its probes do where nothing vanishes.
_AGAIN = 2.5
# What a drift does, a better size of the weights undoes; the other failures need more.
_DRIFTING = ("vanishing", "exploding")


@dataclass(frozen=True)
class Cell:
    """One initializer with one activation, probed.

    `gradient` and `activations` are log10 Var ∂ℓ/∂z and log10 Var h, (depth,), layer 1 first.
    """

    network: Network
    verdict: Verdict
    reason: str
    gradient: Floats
    activations: Floats

    @property
    def pair(self) -> tuple[str, str]:
        """The initializer and the activation."""
        return self.network.initializer, self.network.activation

    @property
    def gradient_decades(self) -> float:
        """What the gradient gains on its way back: log10 Var ∂ℓ/∂z at layer 1 − at layer L.

        Negative where it vanishes; −∞ or ∞ where one of the two is 0 or infinite, NaN where both
        are; 0 at depth 1, where there is no way to go.
        """
        return float(_between(self.gradient[-1], self.gradient[0]))

    @property
    def activation_decades(self) -> float:
        """What the activations gain on their way: log10 Var h at layer L − at layer 1."""
        return float(_between(self.activations[0], self.activations[-1]))

    @property
    def decades_per_layer(self) -> float:
        """`gradient_decades` / (L − 1), and 0 at depth 1."""
        return self.gradient_decades / max(1, len(self.gradient) - 1)

    @property
    def departure(self) -> float:
        """How far gradient or activations stray from where they start, at most, in decades.

        It is what the verdicts "vanishing" and "exploding" are given for.
        """
        ways = departures(self.gradient[::-1]), departures(self.activations)
        return float(np.abs(ways).max())

    @property
    def nbytes(self) -> int:
        """The memory that it takes, in bytes, beyond a few objects."""
        return self.gradient.nbytes + self.activations.nbytes + len(self.reason)


def _between(start: float, end: float) -> float:
    return end - start if math.isfinite(start) or math.isfinite(end) else math.nan


def networks(network: Network) -> list[Network]:
    """Return a network with every initializer and every activation, one initializer at a time.

    Gain, biases and normalization are the network's own. Its scale stays with its own
    initializer; the others have their default.
    """
    return [
        network.replace(
            initializer=initializer,
            activation=activation,
            scale=network.scale if initializer == network.initializer else None,
        )
        for initializer in INITIALIZERS
        for activation in ACTIVATIONS
    ]


def examine(network: Network, batch: Batch) -> Cell:
    """Probe one pair."""
    signals = probe(network, batch)
    diagnosis = signals.diagnosis
    gradient, activations = signals.log10["grad_preact_var"], signals.log10["act_var"]
    return Cell(network, diagnosis.verdict, diagnosis.reason, gradient, activations)


def compare(network: Network, batch: Batch) -> Iterator[Cell]:
    """Probe a network with every initializer and every activation, yielding one at a time.

    Each probe waits for its turn and looks whether it is still wanted (`turns.stoppable`).

    Raises:
        ValueError: at once if that takes too long.
    """
    check(network, batch)
    return (examine(pair, batch) for pair in networks(network))


def seconds(network: Network, batch: Batch) -> float:
    """Return about how long a comparison takes on one idle core.

    Noise is drawn once for all activations.
    """
    plain, orthogonal = _costliest(network)
    decomposing = cost.seconds(orthogonal, batch) - cost.seconds(plain, batch)
    return _AGAIN * PAIRS * cost.seconds(plain, batch) + decomposing


def _costliest(network: Network) -> tuple[Network, Network]:
    """Return the network with weights that are drawn as usual, and with orthogonal ones."""
    return tuple(  # type: ignore[return-value]
        network.replace(initializer=name, scale=None) for name in ("he_normal", "orthogonal")
    )


def _narrower(pairs: Probe, _: float) -> Probe | None:
    network, batch = pairs
    width = less(network.width, 0.5, 1)
    return None if width is None else (network.replace(width=width), batch)


def _amounts(pairs: Probe) -> tuple[Amount, ...]:
    network, batch = pairs
    probe = cost.amounts(_costliest(network)[1], batch)
    return budget.seconds(seconds(network, batch), MOST_SECONDS), *probe


_BUDGET = Budget[Probe](
    _amounts,
    cost.sizes,
    (cost.smaller_batch, cost.shallower, _narrower),
    purpose=f"for {PAIRS} pairs",
)


def fits(network: Network, batch: Batch) -> bool:
    """Say whether a comparison is within the budget, and each of its probes."""
    return _BUDGET.fits((network, batch))


def nearest(network: Network, batch: Batch) -> Probe:
    """Return the nearest setting that fits: a smaller batch first, then less depth, then width."""
    return _BUDGET.nearest((network, batch))


def check(network: Network, batch: Batch) -> None:
    """Refuse a comparison over the budget.

    Raises:
        ValueError: naming the estimate, the budget and the nearest setting that fits.
    """
    _BUDGET.check((network, batch))


def ranked(cells: Iterable[Cell]) -> list[Cell]:
    """Return cells, the best first.

    Stable ones first, then those that only vanish or explode, then the rest. Of stable ones the
    initializer derived for its activation comes first, since a probe does not tell which of them
    learns best; else the least `departure` of gradient and activations; and of equals the one
    that came first.
    """
    return sorted(
        cells, key=lambda cell: (_class(cell.verdict), not _derived(cell), cell.departure)
    )


def places(cells: Iterable[Cell]) -> list[tuple[int, Cell]]:
    """Return cells, the best first, with their places from 1; stable ones and equals share one."""
    placed: list[tuple[int, Cell]] = []
    shared: tuple[int, object] = (0, None)
    for rank, cell in enumerate(ranked(cells), 1):
        measure = "stable" if cell.verdict == "stable" else (_class(cell.verdict), cell.departure)
        if measure != shared[1]:
            shared = rank, measure
        placed.append((shared[0], cell))
    return placed


def _class(verdict: Verdict) -> int:
    return 0 if verdict == "stable" else 1 if verdict in _DRIFTING else 2


def _derived(cell: Cell) -> bool:
    """Say whether a stable cell's initializer is the one for its activation."""
    initializer, activation = cell.pair
    return cell.verdict == "stable" and ACTIVATIONS[activation].partner == initializer


def table(cells: Sequence[Cell]) -> pd.DataFrame:
    """Return one row a pair, the best first, with its place as rank."""
    return pd.DataFrame(
        [
            {
                "rank": rank,
                "initializer": cell.network.initializer,
                "activation": cell.network.activation,
                "verdict": cell.verdict,
                "gradient_decades_per_layer": cell.decades_per_layer,
                "gradient_decades": cell.gradient_decades,
                "activation_decades": cell.activation_decades,
                "largest_departure": cell.departure,
                "reason": cell.reason,
            }
            for rank, cell in places(cells)
        ]
    )


def document(network: Network, batch: Batch, cells: Sequence[Cell]) -> dict[str, Any]:
    """Return a comparison as JSON-ready data; numbers JSON cannot hold become None."""
    return {
        "network": network.model_dump(),
        "batch": batch.model_dump(),
        "pairs": records(table(cells)),
    }
