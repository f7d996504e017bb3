"""The parts of the page about where the start matters."""

from collections.abc import Mapping
from functools import partial

import pandas as pd
import streamlit as st

from initviz.catalog.initializers import INITIALIZERS as LABELLED
from initviz.experiments.classical import CLASSICAL, STARTS, Fits, classical
from initviz.experiments.starts import DEPTHS, INITIALIZERS, STEPS, WIDTH, networks
from initviz.figures.matters import (
    Networks,
    layers_of,
    plot_accuracy_by_depth,
    plot_lines,
    plot_outcomes,
    plot_spread_by_depth,
)
from initviz.runtime.words import number
from initviz.ui import lesson, parts

_DONE, _ASKED = "matters.done", "matters.asked"
_NETWORKS = tuple((name, depth) for name in INITIALIZERS for depth in DEPTHS)
# Of the initializer that suits ReLU, the shallowest and the deepest.
_SHALLOW, _DEEP = (INITIALIZERS[0], DEPTHS[0]), (INITIALIZERS[0], DEPTHS[-1])
_OFFER = (
    f"Do networks forget, too? {STARTS} ReLU networks each by {len(INITIALIZERS)} initializers at "
    f"{len(DEPTHS)} depths, {DEPTHS[0]} to {DEPTHS[-1]} layers: about 20 seconds."
)
_VARIED = {
    "Linear regression": "weights at the start",
    "Logistic regression": "weights at the start",
    "Support vector machine": "order of the examples",
    "Decision tree": "order of the examples",
    "Decision tree, ties by chance": "order, and a seed for equal splits",
}
_CONVEX = f"""
**Why convex models do not care.** On a convex loss no point between two others lies above the
straight line that joins their losses. So two different bottoms are impossible unless all between
them is bottom too: wherever descent begins, it ends at the same loss. With the small penalty used
here the bottom is a single point.

**Why networks do.** Between two trained networks the loss rises to a barrier: there are many
bottoms. Much of the way between two of them may be no more than another order of the same units,
which changes no answer (Entezari et al. 2022); that the answers change too is what the table's
disagreement shows. Shallow, most bottoms are about equally good; deep, the start decides how far
down a network comes within {STEPS} steps. Where *Best minus worst* falls back to 0, that is no
comfort: there no start learns any more.
"""


def show() -> None:
    """Draw what has been fitted so far, then fit what comes next, until all is done."""
    done = st.session_state.setdefault(_DONE, {})
    models = {name: done[name] for name in CLASSICAL if name in done}
    nets = {place: done[place] for place in _NETWORKS if place in done}
    answer = said(models, nets)
    lesson.answer(*answer)
    # What comes and goes has a place of its own, or all below would move and be there twice.
    with st.container(key="what_next"):
        _what_next(len(models), len(nets))
    colours = parts.colours()
    figures: parts.Figures = {
        "outcomes": plot_outcomes(models, nets, colours),
        "lines": plot_lines(models, nets, colours),
    }
    alts = {
        "outcomes": "Test accuracy of 20 fits of each model. " + " ".join(answer),
        "lines": _barriers(models, nets),
    }
    lesson.charts("charts", figures, alts)
    st.caption(
        f"All learn the same handwritten digits, {STARTS} times. Left: where the marks of a model "
        "lie on one another, what differed between its fits (see the table) did not matter. Right: "
        "the loss on the way from one solution to another that began elsewhere; flat means that "
        "the two are the same. Between two starting points a convex loss, dashed, sags below the "
        "straight line."
    )
    with st.container(key="by_depth"):
        if nets:
            figures |= _by_depth(nets)
    parts.csv_button("These charts (CSV)", figures, "matters.csv")
    with st.container(key="fits"):
        st.dataframe(_table(models, nets), hide_index=True, alt="How far the fits are apart")
    st.caption(
        "Distance: how far apart what was fitted is, over its own size; 0 is the same every time. "
        "It is taken of the weights; of a support vector machine's dual coefficients; and of a "
        "tree's answers to the training examples. Disagreement: the share of test digits that two "
        "fits answer differently."
    )
    st.markdown(_CONVEX)
    _next(models, nets)


def _what_next(models: int, nets: int) -> None:
    """Say what is trained, how far that is or what it takes, beside the button for it."""
    with st.container(horizontal=True, vertical_alignment="center", key="under_way"):
        if models < len(CLASSICAL):
            st.progress(models / len(CLASSICAL), f"Fitting model {models + 1} of {len(CLASSICAL)}")
            return
        done, whole = nets * STARTS, len(_NETWORKS) * STARTS
        asked = bool(st.session_state.get(_ASKED))
        if done == whole:
            st.markdown(f"All {whole} networks are trained.")
            return
        if asked:
            st.progress(done / whole, f"{done} of {whole} networks are trained")
        else:
            st.markdown(_OFFER, width="stretch")
        # One button, whatever it says: two would stand side by side for a moment, and move.
        st.button(
            "Stop" if asked else "Go on" if nets else f"Train {whole} networks",
            icon=":material/stop:" if asked else ":material/play_arrow:",
            key="train_networks",
            type="secondary" if asked else "primary",
            on_click=_ask,
            args=(not asked,),
        )


def _ask(wanted: bool) -> None:
    st.session_state[_ASKED] = wanted


def _next(models: Mapping[str, Fits], nets: Networks) -> None:
    """Fit the next thing that is missing, and show the page with it."""
    done = st.session_state[_DONE]
    for name in CLASSICAL:
        if name not in models:
            done[name] = lesson.worked("Fitting", partial(classical, name), long=False)
            st.rerun()
    if not st.session_state.get(_ASKED):
        return
    for place in _NETWORKS:
        if place not in nets:
            done[place] = lesson.worked("Training", partial(networks, *place), long=False)
            st.rerun()


def said(models: Mapping[str, Fits], nets: Networks) -> tuple[str, str]:
    """Say where the start matters, as far as it has been seen."""
    if "Logistic regression" not in models:
        return "Does it matter where a model begins?", "The first fits are under way."
    spread = max(models[name].spread for name in ("Linear regression", "Logistic regression"))
    text = (
        f"From {STARTS} random starts linear and logistic regression end in the same weights, "
        f"but for {number(spread, 1)} of their size; trees and support vector machines have no "
        "start at all."
    )
    if _SHALLOW in nets and _DEEP in nets:
        bold = "Convex models forget where they began; deep networks do not."
        text += (
            f" With He normal weights networks of 1 layer end {_range(nets[_SHALLOW])}, those "
            f"of {DEPTHS[-1]} layers {_range(nets[_DEEP])}."
        )
        return bold, text
    return "Convex models forget where they began.", text


def _range(fits: Fits) -> str:
    return f"between {fits.accuracy.min():.0%} and {fits.accuracy.max():.0%}"


def _barriers(models: Mapping[str, Fits], nets: Networks) -> str:
    """Describe the losses on the lines."""
    shown = {
        "logistic regression": models.get("Logistic regression"),
        **{layers_of(depth): nets.get((INITIALIZERS[0], depth)) for depth in DEPTHS},
    }
    told = [
        f"{name}: {number(float(fits.line[0]))} at an end, at most {number(float(fits.line.max()))}"
        for name, fits in shown.items()
        if fits is not None
    ]
    return f"Loss on the line between two solutions. {'; '.join(told)}"


def _by_depth(nets: Networks) -> parts.Figures:
    colours = parts.colours()
    figures: parts.Figures = {
        "accuracy": plot_accuracy_by_depth(nets, colours),
        "spread": plot_spread_by_depth(nets, colours),
    }
    worst = "; ".join(
        f"{LABELLED[name].label}, {layers_of(depth)}: {_range(fits)}"
        for (name, depth), fits in nets.items()
    )
    alts = {
        "accuracy": f"Test accuracy against depth, median, worst and best. {worst}",
        "spread": f"Best minus worst test accuracy of 20 starts against depth. {worst}",
    }
    lesson.charts("panel_charts", figures, alts)
    st.caption(
        f"ReLU networks of width {WIDTH} after {STEPS} steps, {STARTS} draws of the weights at "
        "each depth, the same batches for all. Left: the band reaches from the worst start to the "
        "best."
    )
    return figures


def _table(models: Mapping[str, Fits], nets: Networks) -> pd.DataFrame:
    rows = [_row(name, _VARIED[name], fits) for name, fits in models.items()]
    rows += [
        _row(f"{layers_of(depth).capitalize()}, {LABELLED[name].label}", "weights", fits)
        for (name, depth), fits in nets.items()
    ]
    return pd.DataFrame(rows)


def _row(name: str, varied: str, fits: Fits) -> dict[str, str]:
    return {
        "Model": name,
        "What differs": varied,
        "Worst accuracy": f"{fits.accuracy.min():.1%}",
        "Best accuracy": f"{fits.accuracy.max():.1%}",
        "Distance": number(fits.spread),
        "Disagreement": f"{fits.disagreement:.1%}",
    }
