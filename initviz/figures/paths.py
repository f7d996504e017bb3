"""Variance along the path that a signal takes through an architecture, and beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from initviz.architectures.record import Path
from initviz.architectures.study import Study
from initviz.engine.statistics import Floats
from initviz.figures.signal import (
    Curve,
    Trace,
    Window,
    heights,
    log_axis,
    window,
    zone_names,
    zone_shapes,
)
from initviz.figures.theme import Figure, Palette, layer_axis, layout, translucent
from initviz.runtime.words import from_log10
from initviz.verdict.thresholds import DECADES

_MARKED = 60


@dataclass(frozen=True)
class Side:
    """What one of the two charts shows."""

    title: str
    detail: str
    backward: bool


SIDES: Mapping[str, Side] = {
    "act": Side("Activation variance", "Var h, forward", backward=False),
    "grad": Side("Gradient variance", "Var ∂ℓ/∂h, backward, loss at right", backward=True),
}


def shared_window(studies: Sequence[Study]) -> Window:
    """Return the decades that hold both charts of all studies."""
    paths = [p for s in studies for p in (s.path, *(inside for inside, _ in s.inside.values()))]
    return window([Curve("", log10) for p in paths for log10 in (p.act_log10, p.grad_log10)])


def plot_paths(
    studies: Mapping[str, Study], side: str, *, shown: Window, colours: Palette
) -> go.Figure:
    """Draw one side of one or two studies by label, the first one judged.

    The path is a line, what is beside it are marks of the same hue.
    """
    first = next(iter(studies.values()))
    about = SIDES[side]
    hues = (colours.measured, *colours.pins)
    traces = [
        trace
        for hue, (label, study) in zip(hues, studies.items(), strict=False)
        for trace in _traces(label, study, side, hue)
    ]
    start = float(_log10(first.path, side)[-1 if about.backward else 0])
    shapes, notes = [], []
    if np.isfinite(start):
        zone = max(start - DECADES, shown[0]), min(start + DECADES, shown[1])
        shapes = zone_shapes(zone, colours)
        notes = zone_names(zone, shown, colours, backward=about.backward)
    longest = max(len(study.path.names) for study in studies.values())
    axis = layer_axis(longest, colours)
    # What stands before the first block has its place left of it.
    left = min((w.min() for s in studies.values() for _, w in s.inside.values()), default=1.0)
    axis["range"] = [min(axis["range"][0], float(left) - 0.3), axis["range"][1]]
    axis["title"] = {"text": first.noun, "standoff": 4}
    axis["unifiedhovertitle"] = {"text": f"{first.noun} %{{x}}"}
    return Figure(
        traces,
        layout(
            about.title,
            about.detail,
            colours,
            xaxis=axis,
            yaxis=log_axis(shown, colours),
            shapes=shapes,
            annotations=notes,
        ),
    )


def describe(study: Study, side: str) -> str:
    """Return the text alternative of a chart."""
    values = _log10(study.path, side)
    first, last = from_log10(float(values[0])), from_log10(float(values[-1]))
    return (
        f"{SIDES[side].title} by {study.noun}, log axis: {first} at {study.noun} 1, {last} at "
        f"{study.noun} {len(values)}. Verdict: {study.diagnosis.verdict}."
    )


def _traces(label: str, study: Study, side: str, hue: str) -> list[Trace]:
    path = study.path
    places = np.arange(1, len(path.names) + 1, dtype=np.int32)
    line = _trace(label, path, places, side)
    marked = len(places) <= _MARKED
    line |= {
        "mode": "lines+markers" if marked else "lines",
        "line": {"color": hue, "width": 2.5},
        "marker": {"color": hue, "size": 5},
    }
    beside = [
        _trace(f"{label}: {what}", inside, where, side)
        | {
            "mode": "markers",
            "marker": {"color": translucent(hue, 0.55), "size": 5, "symbol": "diamond-open"},
        }
        for what, (inside, where) in study.inside.items()
    ]
    return [*beside, line]


def _trace(
    label: str, path: Path, places: Floats | np.ndarray[tuple[int], np.dtype[np.int32]], side: str
) -> Trace:
    log10 = _log10(path, side)
    return {
        "type": "scatter",
        "x": places,
        "y": heights(log10),
        "name": label,
        "customdata": np.array(
            [f"{n}: {from_log10(v)}" for n, v in zip(path.names, log10.tolist(), strict=True)]
        ),
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _log10(path: Path, side: str) -> Floats:
    return path.act_log10 if side == "act" else path.grad_log10
