"""The parts of the page about batch normalization."""

import numpy as np
import streamlit as st

from initviz.engine.statistics import Floats
from initviz.experiments.normalization import (
    ACTIVATIONS,
    DEPTHS,
    GAINS,
    INITIALIZERS,
    WIDTH,
    Swept,
    swept,
)
from initviz.figures.normalization import (
    plot_drift,
    plot_layers,
    plot_verdicts,
    plot_weight_gradient,
)
from initviz.runtime.words import from_log10, number
from initviz.ui import lesson, parts
from initviz.ui.text import LABELS
from initviz.verdict.thresholds import DECADES

PAGE = "normalized"
# The gain that the page opens with stands first.
_FIRST = 4
_GAINS = tuple(f"{gain:.2g}" for gain in GAINS)
CHOICES = {
    "activation": ACTIVATIONS,
    "initializer": INITIALIZERS,
    "depth": tuple(map(str, DEPTHS)),
    "gain": (_GAINS[_FIRST], *(gain for gain in _GAINS if gain != _GAINS[_FIRST])),
}
# Decades of the gradient over all gains from which the gain is said to show.
_SHOWS = 0.5
_WHY = """
**Why the gain drops out.** Batch normalization divides each pre-activation by its own standard
deviation over the batch. Weights twice as large make pre-activations twice as large, and the
division takes the factor out again: the layer's output is the same for every gain, and so is the
gradient that it hands back. Only where weights are so small that the variance is hardly above the
ε = 10⁻⁵ added to it against division by 0 does the gain show again: take Normal, fixed std, at the
smallest gains.

**What it costs.** Normalization changes the gradient's variance by a factor of its own in every
layer, π/(π − 1) = 1.47 for wide ReLU layers and large batches, 1.59 over 16 inputs, and no gain
and no initializer can take that away (Yang et al. 2019). So it does not let ReLU networks be as
deep as one likes: about 20 layers of it multiply to the 1000 at which the verdict turns to
exploding, and 30 are well beyond.

**What training says.** Around that limit nothing breaks at once. Of networks of 20 ReLU layers
with He normal weights at gains 0.1, 0.5, 1 and 2, all with batch normalization come below a loss
of 1.5 within 150 steps, where guessing has 2.3; without it only the one at gain 1 does.

**What it does not do.** The gradient of the weights themselves still shrinks with the gain, by 1
over the gain and its variance by 1 over the gain squared, so large weights learn as with a smaller
learning rate. And it does not tell copies apart: zeros and constants stay symmetric.
"""


def controls() -> None:
    """Choose the network and the gain that is looked at."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="lesson_controls"):
        for name, label, allowed, help_ in (
            ("activation", "Activation", ACTIVATIONS, "The function of every unit."),
            ("initializer", "Initializer", INITIALIZERS, "What draws the weights at gain 1."),
        ):
            labels = {each: LABELS[name][each].partition(" (")[0] for each in allowed}
            lesson.segments(PAGE, name, label, labels, help_)
        depths = {str(depth): str(depth) for depth in DEPTHS}
        lesson.segments(PAGE, "depth", "Depth", depths, "The number of hidden layers.")
        st.select_slider(
            "Gain",
            _GAINS,
            key=lesson.key_of(PAGE, "gain"),
            help="Multiplies every weight; the right chart looks at this one.",
            width=300,
            persist_state="session",
        )


def show(chosen: dict[str, str]) -> None:
    """Sweep the gain without and with normalization, say what differs, and draw it."""
    setting = chosen["activation"], chosen["initializer"], int(chosen["depth"])
    found = lesson.worked("Sweeping the gain", lambda: swept(*setting))
    at = _GAINS.index(chosen["gain"])
    answer = said(found)
    lesson.answer(*answer)
    colours = parts.colours()
    figures = {
        "drift": plot_drift(found, at, colours),
        "layers": plot_layers(found, at, colours),
    }
    more = {
        "verdicts": plot_verdicts(found, colours),
        "weight_gradient": plot_weight_gradient(found, colours),
    }
    alts = {
        "drift": f"Gradient variance, furthest layer over last, by gain. {answer[0]}",
        "layers": _layers(found, at),
        "verdicts": f"Verdict by gain. {answer[1]}",
        "weight_gradient": _weights(found),
    }
    lesson.charts("charts", figures, alts)
    st.caption(
        f"The same weights, width {WIDTH}, at {len(GAINS)} gains. Left: the factor between the "
        "gradient's variance at the last layer and where it is furthest from that; the dotted line "
        "is the chosen gain. Right: layer by layer at that gain. Green: within a factor of "
        f"{10**DECADES:.0f}, where the verdict is stable."
    )
    lesson.charts("panel_charts", more, alts)
    st.caption(
        "Left: below, within or above the green. Explore's verdict looks at the activations too. "
        "Right: the gradient that training multiplies by the learning rate, over that with "
        "normalization at gain 1."
    )
    parts.csv_button("These charts (CSV)", {**figures, **more}, "normalization.csv")
    st.markdown(_WHY)


def said(found: Swept) -> tuple[str, str]:
    """Say what the gain does to each network, and how many gains are stable."""
    without, normalized = map(_range, found.drift)
    bold = (
        f"Without normalization the gradient's variance changes by a factor of {without}, as the "
        f"gain decides; with batch normalization by {normalized}."
    )
    stable = found.verdicts[0].count("stable")
    counted = f"{stable or 'none'} {'are' if stable > 1 else 'is'} stable without it"
    return bold, f"Of {len(GAINS)} gains {counted}, {_with(found)}."


def _with(found: Swept) -> str:
    """Say how many gains are stable with normalization and, if not all, why."""
    verdicts, layers = found.verdicts[1], found.gradient.shape[2]
    stable = verdicts.count("stable")
    counted = {0: "none", len(GAINS): "all"}.get(stable, str(stable)) + " with it"
    if "exploding" in verdicts:
        factor = 10 ** (float(np.median(found.drift[1])) / (layers - 1))
        return (
            f"{counted}: normalization's own factor, {number(factor, 3)} a layer whatever the "
            f"gain, comes to more than {10**DECADES:.0f} over {layers} layers"
        )
    if stable < len(GAINS):
        return f"{counted}: at the smallest gains ε outweighs the variance, as is told below"
    return counted


def _layers(found: Swept, at: int) -> str:
    """Describe the way of both gradients at a gain."""
    without, normalized = (from_log10(float(drift)) for drift in found.drift[:, at])
    return (
        f"Gradient variance by layer at gain {number(GAINS[at])}. Where it strays furthest it is "
        f"{without} of the last layer's without normalization, {normalized} with it."
    )


def _weights(found: Swept) -> str:
    """Describe the gradient of the first layer's weights by both ends of the gains."""
    first = found.weight_gradient[1, :, 0]
    ends = [from_log10(float(v - first[len(GAINS) // 2])) for v in first[[0, -1]]]
    return (
        "Variance of the first layer's weight gradient by gain, over that at gain 1: with "
        f"normalization {ends[0]} at gain {number(GAINS[0])}, {ends[1]} at gain "
        f"{number(GAINS[-1])}."
    )


def _range(drift: Floats) -> str:
    """Say what factor that is: one for all gains, or from the least to the greatest."""
    low, high = float(drift.min()), float(drift.max())
    if high - low < _SHOWS:
        return f"{from_log10(float(np.median(drift)), 3)} at every gain"
    return f"{from_log10(low, 1)} to {from_log10(high, 1)}"
