"""The verdict on what was measured, by the thresholds of `initviz.verdict.thresholds`."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from initviz.engine.measurement import Measurement
from initviz.engine.statistics import Floats
from initviz.verdict import sentences
from initviz.verdict.drift import drift, filled, without
from initviz.verdict.thresholds import DEAD, DECADES, DISTINCT, SATURATED

Verdict = Literal["stable", "vanishing", "exploding", "symmetric", "dead", "saturated", "overflow"]


def verdict_on(measured: Measurement) -> tuple[Verdict, str]:
    """Return the verdict on a pass through a network or a module, and its reason."""
    if measured.network is None:
        silent = _silent(measured)
        return judge(measured, _judge_layers(measured, silent), silent=silent)
    log10 = measured.log10
    return judge(measured, judge_drift(log10["act_var"], log10["grad_preact_var"]))


def judge(
    measured: Measurement,
    drifting: tuple[Verdict, str],
    *,
    silent: NDArray[np.bool_] | None = None,
) -> tuple[Verdict, str]:
    """Judge a pass whose drift was judged already, by what else can be wrong with its layers.

    Layers that are `silent`, as branches are that start at zero, are meant to be.
    """
    values = measured.values
    if values["nonfinite_fraction"].max() > 0:
        return "overflow", sentences.overflow(measured)
    speaking = np.True_ if silent is None else ~silent
    nowhere = sentences.nowhere() if _nothing_arrives(measured) else ""
    copies = _first(_wasted(measured) & speaking)
    dead = _first((values["dead_fraction"] >= DEAD) & speaking)
    if copies is not None and (dead is None or copies <= dead):
        return "symmetric", sentences.symmetric(measured, copies) + nowhere
    if dead is not None:
        return "dead", sentences.dead(measured, dead) + nowhere
    if nowhere:
        return "vanishing", nowhere.strip()
    flat = np.nanmax(values["saturated_fraction"], initial=0)
    if drifting[0] == "stable" and flat >= SATURATED:
        return "saturated", sentences.saturated(measured)
    return drifting


def _wasted(measured: Measurement) -> NDArray[np.bool_]:
    """Say in which layers most units that say anything are copies; of silent ones, all of them."""
    values, units = measured.values, measured.units
    living = units * (1 - values["dead_fraction"])
    # Units that are silent alike, where there are some, count as one among the different ones.
    different = np.round(values["distinct_fraction"] * units) - (values["dead_fraction"] > 0)
    return np.where(living > 0, different <= DISTINCT * living, different <= 0) & (units > 1)


def _silent(measured: Measurement) -> NDArray[np.bool_]:
    """Say which layers have no weight but 0 and yet are moved: a step gives them a voice."""
    values = measured.values
    zero = (values["weight_var"] == 0) & (values["weight_mean"] == 0)
    return np.asarray(zero & (values["grad_weight_var"] > 0))


def _nothing_arrives(measured: Measurement) -> bool:
    """Say whether the gradient is exactly 0 at every layer and at every weight."""
    sizes = (measured.log10[c] for c in ("grad_preact_var", "grad_weight_var"))
    return all(bool(np.all(np.isneginf(size))) for size in sizes)


def _first(mask: NDArray[np.bool_]) -> int | None:
    """Return the first layer, from 0, of which something is true."""
    return int(mask.argmax()) if mask.any() else None


def judge_drift(
    activations: Floats, gradient: Floats, noun: str = "layer", *, of_gradient: str = "variance"
) -> tuple[Verdict, str]:
    """Judge how log10 variances drift along a path of layers, blocks or steps, first one first.

    `of_gradient` says of what of the gradient the logarithms are, if not of its variance.
    The verdict is "vanishing", "exploding" or "stable", with its reason.
    """
    if np.all(np.isneginf(gradient)):
        return "vanishing", sentences.nowhere(noun).strip()
    drifts = (
        drift(activations, "variance of the activations", noun),
        drift(gradient[::-1], f"{of_gradient} of the gradient", noun, backward=True),
    )
    # Where both leave the range the gradient tells the story: it is what trains.
    worst = drifts[1] if abs(drifts[1].decades) > DECADES else drifts[0]
    verdict = of_drift(worst.decades)
    if verdict == "stable":
        return verdict, sentences.stable(*drifts)
    return verdict, sentences.drifting(worst)


def of_drift(decades: float) -> Verdict:
    """Return the verdict on a variance that changes by so many decades over the whole depth."""
    if abs(decades) <= DECADES:
        return "stable"
    return "vanishing" if decades < 0 else "exploding"


def _judge_layers(measured: Measurement, silent: NDArray[np.bool_]) -> tuple[Verdict, str]:
    """Judge the drift along a module's layers, which differ in size.

    A gradient that more units share is smaller at each and as long as before. Where positions
    are pooled or put together, before and after cannot be compared, and that step is left out.
    So is a layer that is silent, and for the gradient one to which only such a layer leads.
    """
    activations, gradient = measured.log10["act_var"], measured.log10["grad_preact_var"]
    heard = ~silent & np.isfinite(gradient)
    if silent.any():
        activations = filled(activations, ~silent)
        gradient = filled(gradient[::-1], heard[::-1])[::-1]
    numbers = measured.values["numbers"]
    joints = np.diff(np.round(numbers / measured.units)) != 0
    lengths = gradient + np.log10(numbers)
    verdict, reason = judge_drift(
        without(activations, joints),
        without(lengths[::-1], joints[::-1])[::-1],
        of_gradient="squared length",
    )
    waiting = sentences.WAITING if silent.any() and not heard[~silent].all() else ""
    return verdict, reason + waiting + (sentences.LEFT_OUT if joints.any() else "")
