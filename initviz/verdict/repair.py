"""The repair of a network: the smallest change found that was itself measured stable."""

from collections.abc import Iterator

from initviz.catalog.activations import ACTIVATIONS
from initviz.engine.networks import measure
from initviz.runtime.cache import kept
from initviz.setting import cost
from initviz.setting.network import Batch, Network
from initviz.verdict.outlook import UNSURE, outlook
from initviz.verdict.thresholds import OTHER_SEEDS
from initviz.verdict.verdict import verdict_on

# Operations that the search may spend, and the batch it shrinks to when large.
_SEARCH_FLOPS = 6e10
_SEARCH_BATCH = 32
# Verdicts remembered: under a slider, one repair serves many networks.
_VERDICTS_BYTES = 16 * 2**20


def find_fix(network: Network, batch: Batch, drift: float) -> Network | None:
    """Return the first candidate, smallest change first, that is stable for several seeds.

    One that likely learns goes before one that only keeps the signal.
    `drift` is the decades by which the gradient's variance changes a layer.
    """
    spent, first = 0.0, None
    seeds = [(batch.seed + offset) % 2**32 for offset in range(OTHER_SEEDS + 1)]
    for candidate in _candidates(network, drift):
        needed = cost.flops(candidate, batch)
        trial = (
            batch
            if needed < _SEARCH_FLOPS / 20
            else batch.replace(size=min(batch.size, _SEARCH_BATCH))
        )
        spent += cost.flops(candidate, trial)
        if spent > _SEARCH_FLOPS:
            break
        # On the user's own batch last, since it may be the largest.
        if all(_stable(candidate, trial.replace(seed=s)) for s in seeds[::-1]) and (
            trial == batch or _stable(candidate, batch)
        ):
            if _promising(candidate, trial):
                return candidate
            first = first or candidate
    return first


@kept(_VERDICTS_BYTES)
def _stable(network: Network, batch: Batch) -> bool:
    return cost.fits(network, batch) and verdict_on(measure(network, batch))[0] == "stable"


@kept(_VERDICTS_BYTES)
def _promising(network: Network, batch: Batch) -> bool:
    found = outlook(measure(network, batch))
    return found is not None and max(found.values()) > UNSURE[1]


def _candidates(network: Network, drift: float) -> Iterator[Network]:
    """Yield changed networks: gain, initializer, gain again, normalization, and both."""
    partner = ACTIVATIONS[network.activation].partner
    # A gain of three digits, from 4 decades a layer at most: beyond that nothing is left to keep.
    corrected = float(f"{network.gain * 10 ** (-drift / 2):.3g}") if abs(drift) < 4 else 1.0
    changes: list[dict[str, object]] = [{"gain": 1.0}]
    changes += [
        {"initializer": name, "gain": 1.0, "scale": None}
        for name in (partner, "he_normal", "orthogonal", "glorot_uniform", "lecun_normal")
    ]
    if corrected <= 100:
        changes.append({"gain": corrected})
    for normalization in ("batch", "layer"):
        changes.append({"normalization": normalization})
    for normalization in ("batch", "layer"):
        changes.append(
            {"normalization": normalization, "initializer": partner, "gain": 1.0, "scale": None}
        )
    seen = {network}
    for change in changes:
        candidate = network.replace(**change)
        if candidate not in seen:
            seen.add(candidate)
            yield candidate
