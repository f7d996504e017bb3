"""The verdict on what was measured, by the thresholds of `initviz.verdict.thresholds`."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from initviz.engine.measurement import Measurement
from initviz.engine.statistics import Floats
from initviz.verdict import sentences
from initviz.verdict.drift import drift, without
from initviz.verdict.thresholds import DEAD, DECADES, DISTINCT, SATURATED

Verdict = Literal["stable", "vanishing", "exploding", "symmetric", "dead", "saturated", "overflow"]


def verdict_on(measured: Measurement) -> tuple[Verdict, str]:
    """Return the verdict on a pass through a network or a module, and its reason."""
    if measured.network is None:
        return judge(measured, _judge_layers(measured))
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
    copies = _first((values["distinct_fraction"] <= DISTINCT) & (measured.units > 1) & speaking)
    dead = _first((values["dead_fraction"] >= DEAD) & speaking)
    if copies is not None and (dead is None or copies <= dead):
        return "symmetric", sentences.symmetric(measured, copies)
    if dead is not None:
        return "dead", sentences.dead(measured, dead)
    flat = np.nanmax(values["saturated_fraction"], initial=0)
    if drifting[0] == "stable" and flat >= SATURATED:
        return "saturated", sentences.saturated(measured)
    return drifting


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
        return "vanishing", sentences.NO_GRADIENT.format(noun=noun)
    drifts = (
        drift(activations, "variance of the activations", noun),
        drift(gradient[::-1], f"{of_gradient} of the gradient", noun, backward=True),
    )
    # Where both leave the range the gradient tells the story: it is what trains.
    worst = drifts[1] if abs(drifts[1].decades) > DECADES else drifts[0]
    if abs(worst.decades) > DECADES:
        return ("vanishing" if worst.decades < 0 else "exploding"), sentences.drifting(worst)
    return "stable", sentences.stable(*drifts)


def _judge_layers(measured: Measurement) -> tuple[Verdict, str]:
    """Judge the drift along a module's layers, which differ in size.

    A gradient that more units share is smaller at each and as long as before. Where positions
    are pooled or put together, before and after cannot be compared, and that step is left out.
    """
    numbers = measured.values["numbers"]
    joints = np.diff(np.round(numbers / measured.units)) != 0
    activations = without(measured.log10["act_var"], joints)
    lengths = measured.log10["grad_preact_var"] + np.log10(numbers)
    gradient = without(lengths[::-1], joints[::-1])[::-1]
    verdict, reason = judge_drift(activations, gradient, of_gradient="squared length")
    return verdict, reason + (sentences.LEFT_OUT if joints.any() else "")
