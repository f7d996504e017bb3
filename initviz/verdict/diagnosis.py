"""What a probe means: a verdict, the reason in one sentence, and a repair that was probed."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from initviz.catalog.activations import ACTIVATIONS
from initviz.runtime.cache import kept
from initviz.runtime.words import from_log10, number
from initviz.setting import cost
from initviz.setting.network import Batch, Network
from initviz.signals import Signals

Verdict = Literal["stable", "vanishing", "exploding", "symmetric", "dead", "saturated", "overflow"]

# The thresholds, all of them. A signal may change its variance by this many decades over the
# whole depth: within it, short training runs learn; beyond it, they stall or diverge.
DECADES = 3.0
# As few different units as this share, in any layer, and the layer is wasted on copies.
DISTINCT = 0.5
# More units than this silent for the whole batch, in any layer, and little passes. A healthy
# deep ReLU network approaches one half.
DEAD = 0.9
# More activations than this on flat ground, in any layer. A healthy ReLU network has half.
SATURATED = 0.8
# A repair has to be stable for the seed at hand and for this many others.
OTHER_SEEDS = 2
# Operations that the search for a repair may spend, and the batch it shrinks to when large.
_SEARCH_FLOPS = 6e10
_SEARCH_BATCH = 32
# Verdicts remembered: under a slider, one repair serves many networks.
_VERDICTS_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Diagnosis:
    """The verdict on a probe and its reason; `fix` is looked for when first asked for."""

    verdict: Verdict
    reason: str
    network: Network | None
    batch: Batch | None
    drift: float

    @cached_property
    def fix(self) -> Network | None:
        """The smallest change found that probes stable over several seeds, or None."""
        if self.verdict == "stable" or self.network is None or self.batch is None:
            return None
        return find_fix(self.network, self.batch, self.drift)


def diagnose(signals: Signals) -> Diagnosis:
    """Judge a probe by the thresholds at the top of this file."""
    drifting = (
        _judge_layers(signals)
        if signals.network is None
        else judge_drift(signals.log10["act_var"], signals.log10["grad_preact_var"])
    )
    verdict, reason = judge(signals, drifting)
    layers = max(1, len(signals.layers) - 1)
    drift = _drift(signals.log10["grad_preact_var"][::-1], "", "layer", backward=True).decades
    return Diagnosis(verdict, reason, signals.network, signals.batch, drift / layers)


def _judge_layers(signals: Signals) -> tuple[Verdict, str]:
    """Judge the drift along a module's layers, which differ in size.

    A gradient that more units share is smaller at each and as long as before. Where positions
    are pooled or put together, before and after cannot be compared, and that step is left out.
    """
    numbers, units = signals.values["numbers"], _units(signals)
    joints = np.diff(np.round(numbers / units)) != 0
    activations = _without(signals.log10["act_var"], joints)
    lengths = signals.log10["grad_preact_var"] + np.log10(numbers)
    gradient = _without(lengths[::-1], joints[::-1])[::-1]
    verdict, reason = judge_drift(activations, gradient, of_gradient="squared length")
    left_out = " Steps between resolutions are left out." if joints.any() else ""
    return verdict, reason + left_out


def _without(path: NDArray[np.float64], joints: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return a path of logarithms whose steps at the joints are 0."""
    with np.errstate(invalid="ignore"):
        steps = np.where(joints, 0, np.diff(path))
        return np.concatenate((path[:1], path[0] + np.cumsum(steps)))


def judge(
    signals: Signals, drifting: tuple[Verdict, str], *, silent: NDArray[np.bool_] | None = None
) -> tuple[Verdict, str]:
    """Judge a probe whose drift was judged already, by what else can be wrong with its layers.

    Layers that are `silent`, as branches are that start at zero, are meant to be.
    """
    values = signals.values
    if values["nonfinite_fraction"].max() > 0:
        return "overflow", _overflow_reason(signals)
    speaking = np.True_ if silent is None else ~silent
    copies = _first((values["distinct_fraction"] <= DISTINCT) & (_units(signals) > 1) & speaking)
    dead = _first((values["dead_fraction"] >= DEAD) & speaking)
    if copies is not None and (dead is None or copies <= dead):
        return "symmetric", _symmetric_reason(signals, copies)
    if dead is not None:
        return "dead", _dead_reason(signals, dead)
    flat = np.nanmax(values["saturated_fraction"], initial=0)
    if drifting[0] == "stable" and flat >= SATURATED:
        return "saturated", _saturated_reason(signals)
    return drifting


def judge_drift(
    activations: NDArray[np.float64],
    gradient: NDArray[np.float64],
    noun: str = "layer",
    *,
    of_gradient: str = "variance",
) -> tuple[Verdict, str]:
    """Judge how log10 variances drift along a path of layers, blocks or steps, first one first.

    `of_gradient` says of what of the gradient the logarithms are, if not of its variance.
    The verdict is "vanishing", "exploding" or "stable", with its reason.
    """
    if np.all(np.isneginf(gradient)):
        return "vanishing", f"No gradient reaches any {noun}: it is exactly 0 everywhere."
    drifts = (
        _drift(activations, "variance of the activations", noun),
        _drift(gradient[::-1], f"{of_gradient} of the gradient", noun, backward=True),
    )
    # Where both leave the range the gradient tells the story: it is what trains.
    worst = drifts[1] if abs(drifts[1].decades) > DECADES else drifts[0]
    if abs(worst.decades) > DECADES:
        return ("vanishing" if worst.decades < 0 else "exploding"), _drift_reason(worst)
    return "stable", _stable_reason(*drifts)


def _units(signals: Signals) -> NDArray[np.float64]:
    """Return how many units each layer has: those of a dense layer are its fan-out."""
    return signals.values.get("units", signals.values["fan_out"])


def _layer(signals: Signals, layer: int) -> str:
    """Return what a layer is called: one of a module's own by its name too."""
    name = "" if signals.network is not None else f" ({signals.layers.names[layer]})"
    return f"layer {layer + 1}{name}"


def _first(mask: NDArray[np.bool_]) -> int | None:
    """Return the first layer, from 0, of which something is true."""
    return int(mask.argmax()) if mask.any() else None


@dataclass(frozen=True)
class _Drift:
    """The largest departure, in decades, of a signal from where it started."""

    what: str
    noun: str
    decades: float
    start: int
    end: int


def departures(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far log10 variances are from the first, in decades; 0 between two infinities."""
    with np.errstate(invalid="ignore"):
        away = np.nan_to_num(path - path[0], nan=0.0, posinf=math.inf, neginf=-math.inf)
    return np.asarray(away)


def _drift(path: NDArray[np.float64], what: str, noun: str, *, backward: bool = False) -> _Drift:
    """Follow log10 variances from the first to the furthest from it."""
    away = departures(path)
    furthest = int(np.abs(away).argmax())
    last = len(path)
    start, end = (last, last - furthest) if backward else (1, furthest + 1)
    return _Drift(what, noun, float(away[furthest]), start, end)


def _drift_reason(drift: _Drift) -> str:
    subject = f"{drift.what} at {drift.noun} {drift.end}"
    if math.isinf(drift.decades):
        size = "exactly 0" if drift.decades < 0 else "infinite"
        return f"The {subject} is {size}, unlike the one at {drift.noun} {drift.start}."
    ratio = from_log10(drift.decades)
    step = 10 ** (drift.decades / max(1, abs(drift.end - drift.start)))
    link = "of" if drift.decades < 0 else "times"
    start = f"{drift.noun} {drift.start}"
    return f"The {subject} is {ratio} {link} the one at {start}: each {drift.noun} {_does(step)}."


def _does(step: float) -> str:
    if 0.47 < step < 0.53:
        return "halves it"
    if 1.9 < step < 2.1:
        return "doubles it"
    if 0.9 < step < 1.1:
        changed = number(100 * abs(step - 1))
        return f"adds {changed} % to it" if step > 1 else f"takes {changed} % of it away"
    if 0.01 <= step < 1:
        return f"keeps {number(100 * step)} % of it"
    return f"multiplies it by {number(step)}"


def _overflow_reason(signals: Signals) -> str:
    share = signals.values["nonfinite_fraction"]
    hit = np.flatnonzero(share)
    where = f"layer {hit[0] + 1}" if len(hit) == 1 else f"layers {hit[0] + 1} to {hit[-1] + 1}"
    return (
        f"{signals.dtype} cannot hold the numbers in {where}: up to {number(100 * share.max())} % "
        "of them become infinite or not a number."
    )


def _symmetric_reason(signals: Signals, layer: int) -> str:
    units = int(_units(signals)[layer])
    different = round(signals.values["distinct_fraction"][layer] * units)
    if different == 1:
        start = f"All {units} units of {_layer(signals, layer)} compute the same thing"
    else:
        where = _layer(signals, layer)
        start = f"The {units} units of {where} compute only {different} different things"
    return f"{start}: copies get the same gradient, so training cannot tell them apart."


def _dead_reason(signals: Signals, layer: int) -> str:
    share = signals.values["dead_fraction"][layer]
    return (
        f"{number(100 * share)} % of the units of {_layer(signals, layer)} output 0 for every "
        "input of the batch, so they pass no gradient on."
    )


def _saturated_reason(signals: Signals) -> str:
    flat = signals.values["saturated_fraction"]
    layer = int(np.nanargmax(flat))
    return (
        f"{number(100 * flat[layer])} % of the activations of {_layer(signals, layer)} lie where "
        "the activation function is flat, so almost no gradient passes."
    )


def _stable_reason(activations: _Drift, gradient: _Drift) -> str:
    noun, of = gradient.noun, gradient.what.removesuffix(" of the gradient")
    theirs = "activations'" if of == "variance" else "activations' variance"
    if activations.start == gradient.start:
        return f"There is a single {noun}: nothing is multiplied over depth, so nothing can drift."
    return (
        f"Over all {gradient.start} {noun}s the gradient's {of} stays within a factor of "
        f"{_factor(gradient)} and the {theirs} within {_factor(activations)}: every {noun} gets "
        "a usable gradient."
    )


def _factor(drift: _Drift) -> str:
    return from_log10(abs(drift.decades))


def find_fix(network: Network, batch: Batch, drift: float) -> Network | None:
    """Return the first candidate, smallest change first, that is stable for several seeds.

    `drift` is the decades by which the gradient's variance changes a layer.
    """
    spent = 0.0
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
            return None
        # On the user's own batch last, since it may be the largest.
        if all(_stable(candidate, trial.replace(seed=s)) for s in seeds[::-1]) and (
            trial == batch or _stable(candidate, batch)
        ):
            return candidate
    return None


@kept(_VERDICTS_BYTES)
def _stable(network: Network, batch: Batch) -> bool:
    from initviz.probe import probe  # noqa: PLC0415 - a probe is diagnosed, a diagnosis probes

    return cost.fits(network, batch) and probe(network, batch).diagnosis.verdict == "stable"


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
