"""The reason for each verdict, in one sentence with the number in it."""

import math

import numpy as np

from initviz.engine.measurement import Measurement
from initviz.runtime.words import factor, from_log10, number
from initviz.verdict.drift import Drift

WAITING = " Layers behind one that begins at 0 get their gradient when it has made its first step."
LEFT_OUT = " Steps between resolutions are left out."


def nowhere(noun: str = "layer") -> str:
    """Say that there is no gradient at all, as an addition to what else is the matter."""
    return f" No gradient reaches any {noun}: it is exactly 0 everywhere."


def drifting(drift: Drift) -> str:
    """Say by how much a signal vanishes or explodes, and what each step does to it."""
    subject = f"{drift.what} at {drift.noun} {drift.end}"
    if math.isinf(drift.decades):
        size = "exactly 0" if drift.decades < 0 else "infinite"
        return f"The {subject} is {size}, unlike the one at {drift.noun} {drift.start}."
    ratio = from_log10(drift.decades)
    step = drift.decades / max(1, abs(drift.end - drift.start))
    each = f"each {drift.noun}" if drift.alike else f"on average each {drift.noun}"
    link = "of" if drift.decades < 0 else "times"
    start = f"{drift.noun} {drift.start}"
    return f"The {subject} is {ratio} {link} the one at {start}: {each} {_does(step)}."


def _does(log10: float) -> str:
    step = 10**log10
    if 0.47 < step < 0.53:
        return "halves it"
    if 1.9 < step < 2.1:
        return "doubles it"
    if 0.9 < step < 1.1:
        changed = number(100 * abs(step - 1))
        return f"adds {changed} % to it" if step > 1 else f"takes {changed} % of it away"
    if 0.01 <= step < 1:
        return f"keeps {number(100 * step, 3 if step > 0.5 else 2)} % of it"
    return f"multiplies it by {factor(log10)}"


def stable(activations: Drift, gradient: Drift) -> str:
    """Say within which factors the gradient and the activations stay."""
    noun, of = gradient.noun, gradient.what.removesuffix(" of the gradient")
    theirs = "activations'" if of == "variance" else "activations' variance"
    if activations.start == gradient.start:
        return f"There is a single {noun}: nothing is multiplied over depth, so nothing can drift."
    return (
        f"Over all {gradient.start} {noun}s the gradient's {of} stays within a factor of "
        f"{_factor(gradient)} and the {theirs} within {_factor(activations)}: the signal keeps "
        "its size both ways."
    )


def _factor(drift: Drift) -> str:
    return from_log10(abs(drift.decades))


def overflow(measured: Measurement) -> str:
    """Say which layers hold numbers that the format has no place for."""
    share = measured.values["nonfinite_fraction"]
    hit = np.flatnonzero(share)
    where = f"layer {hit[0] + 1}" if len(hit) == 1 else f"layers {hit[0] + 1} to {hit[-1] + 1}"
    return (
        f"{measured.dtype} cannot hold the numbers in {where}: up to {number(100 * share.max())} % "
        "of them become infinite or not a number."
    )


def symmetric(measured: Measurement, layer: int) -> str:
    """Say how few different things the units of a layer, counted from 0, compute."""
    units = int(measured.units[layer])
    different = round(measured.values["distinct_fraction"][layer] * units)
    if different == 1:
        start = f"All {units} units of {_layer(measured, layer)} compute the same thing"
    else:
        where = _layer(measured, layer)
        start = f"The {units} units of {where} compute only {different} different things"
    return f"{start}: copies get the same gradient, so training moves them alike."


def dead(measured: Measurement, layer: int) -> str:
    """Say how many units of a layer, counted from 0, are silent for the whole batch."""
    share = measured.values["dead_fraction"][layer]
    return (
        f"{number(100 * share)} % of the units of {_layer(measured, layer)} output 0 for every "
        "input of the batch: through those no gradient passes."
    )


def saturated(measured: Measurement) -> str:
    """Say where most activations lie on flat ground."""
    flat = measured.values["saturated_fraction"]
    layer = int(np.nanargmax(flat))
    return (
        f"{number(100 * flat[layer])} % of the activations of {_layer(measured, layer)} lie where "
        "the activation function is flat: through those almost no gradient passes."
    )


def _layer(measured: Measurement, layer: int) -> str:
    """Return what a layer is called: one of a module's own by its name too."""
    name = "" if measured.network is not None else f" ({measured.layers.names[layer]})"
    return f"layer {layer + 1}{name}"
