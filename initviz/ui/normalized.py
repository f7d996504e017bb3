"""The parts of the page about batch normalization."""

import numpy as np
import streamlit as st

from initviz.figures.normalized import (
    NAMES,
    plot_drift,
    plot_layers,
    plot_verdicts,
    plot_weight_gradient,
)
from initviz.normalized import ACTIVATIONS, DEPTHS, GAINS, INITIALIZERS, WIDTH, Swept, swept
from initviz.ui import explore, lesson
from initviz.ui.text import LABELS
from initviz.words import from_log10, number

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
_WHY = """
**Why the gain drops out.** Batch normalization divides each pre-activation by its own standard
deviation over the batch. Weights twice as large make pre-activations twice as large, and the
division takes the factor out again: the layer's output is the same for every gain, and so is the
gradient that it hands back. Only where weights are so small that the variance is hardly above the
ε = 10⁻⁵ added to it against division by 0 does the gain show again: take Normal, fixed std, at the
smallest gains.

**What it does not do.** The gradient of the weights themselves still shrinks with the gain, by 1
over the gain, so large weights learn as with a smaller learning rate. And the normalization adds a
factor of its own to the gradient's variance, π/(π − 1) = 1.47 a layer for wide ReLU layers, that no
initializer can take away: very deep networks explode because of it (Yang et al. 2019). It does not
tell copies apart either: zeros and constants stay symmetric.
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
    answer = said(found, at)
    lesson.answer(*answer)
    colours = explore.colours()
    figures = {
        "drift": plot_drift(found, at, colours),
        "layers": plot_layers(found, at, colours),
    }
    more = {
        "verdicts": plot_verdicts(found, colours),
        "weight_gradient": plot_weight_gradient(found, colours),
    }
    alts = {
        "drift": f"Gradient variance at layer 1 over the last layer's, by gain. {_ends(found)}",
        "layers": f"Gradient variance by layer at gain {chosen['gain']}. {' '.join(answer)}",
        "verdicts": f"Verdict by gain. {answer[0]}",
        "weight_gradient": _weights(found),
    }
    lesson.charts("charts", figures, alts)
    st.caption(
        f"The same weights, width {WIDTH}, at {len(GAINS)} gains. Left: how much the gradient "
        "grows or shrinks from the last layer to the first; the dotted line is the chosen gain. "
        "Right: on its way at that gain. Green: where networks train."
    )
    lesson.charts("panel_charts", more, alts)
    st.caption(
        "Left: what the probe of each network says. Right: the gradient that training multiplies "
        "by the learning rate."
    )
    explore.csv_button("These charts (CSV)", {**figures, **more}, "normalization.csv")
    st.markdown(_WHY)


def said(found: Swept, at: int) -> tuple[str, str]:
    """Say at how many gains each network is stable, and what the chosen gain does to each."""
    stable = [sum(v == "stable" for v in row) for row in found.verdicts]
    whole = len(GAINS)
    bold = (
        f"Without normalization {stable[0]} of {whole} gains are stable, with batch normalization "
        + ("all." if stable[1] == whole else f"{stable[1] or 'none'}.")
    )
    factors = [from_log10(float(drift)) for drift in found.drift[:, at]]
    return bold, (
        f"At gain {number(GAINS[at])} the gradient's variance is multiplied by {factors[0]} on its "
        f"way back without it, by {factors[1]} with it."
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


def _ends(found: Swept) -> str:
    """Describe both curves by their range."""
    ranges = [
        f"{name}: {from_log10(float(np.min(row)))} to {from_log10(float(np.max(row)))}"
        for name, row in zip(NAMES, found.drift, strict=True)
    ]
    return "; ".join(ranges)
