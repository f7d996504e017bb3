"""Every initializer with every activation: a map of what the gradient does, and chosen curves."""

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.initializers import INITIALIZERS
from initviz.engine.statistics import Floats
from initviz.experiments.compare import Cell
from initviz.figures.signal import (
    QUANTITIES,
    Curve,
    Quantity,
    Trace,
    Window,
    heights,
    log_axis,
    window,
    zone_names,
    zone_shapes,
)
from initviz.figures.theme import Figure, Palette, diverging, layer_axis, layers, layout
from initviz.runtime.words import factor, from_log10, number
from initviz.verdict.thresholds import DECADES
from initviz.verdict.verdict import Verdict

# Decades over the whole depth at which the colour is full: four times what a verdict allows.
FULL = 4 * DECADES
SIGNS: dict[Verdict, str] = {
    "stable": "✓",
    "vanishing": "↘",
    "exploding": "↗",
    "symmetric": "=",
    "dead": "×",
    "saturated": "–",
    "overflow": "∞",
}
MOST_CURVES = 5
_MARKS = ("circle", "square", "diamond", "triangle-up", "x")
_MARKED = 60
_MAP_HEIGHT = 460
_GREY = "rgba(128, 128, 128, 0.35)"
# Share of the full colour from which a sign on it is written in the paper's colour.
_STRONG = 0.6
# Short enough for a phone.
_WRAPPED = 40
# A window so many times as high as the zone leaves it no room for its own name.
_THIN = 16
_ROWS = {name: at for at, name in enumerate(INITIALIZERS)}
_COLUMNS = {name: at for at, name in enumerate(ACTIVATIONS)}


def short(label: str) -> str:
    """Return a label without what it has in brackets."""
    return label.partition(" (")[0]


def name_of(cell: Cell) -> str:
    """Return a pair as a legend names it."""
    initializer, activation = cell.pair
    return f"{short(INITIALIZERS[initializer].label)}, {ACTIVATIONS[activation].label}"


def pair_at(x: float, y: float) -> tuple[str, str]:
    """Return the initializer and the activation at a place of the map."""
    return tuple(INITIALIZERS)[round(y)], tuple(ACTIVATIONS)[round(x)]


def plot_map(cells: Sequence[Cell], here: tuple[str, str], colours: Palette) -> go.Figure:
    """Draw a cell a pair: its colour is decades of gradient variance, its sign the verdict.

    Pairs that are not there yet stay empty, those without any gradient are grey; `here` is
    outlined. Colours end at `FULL` decades over the whole depth.
    """
    return Figure(
        [_colours(cells, colours), _signs(cells, colours), _targets(cells), _nothing(cells)],
        layout(
            "Gradient",
            "decades of Var ∂ℓ/∂z, last layer to first",
            colours,
            height=_MAP_HEIGHT,
            margin={"l": 8, "r": 8, "t": 34, "b": 48},
            hovermode="closest",
            hoverdistance=-1,
            hoverlabel={"align": "left"},
            showlegend=False,
            xaxis=_names([a.label for a in ACTIVATIONS.values()], tickangle=-50),
            yaxis=_names(
                [short(i.label) for i in INITIALIZERS.values()],
                range=[len(_ROWS) - 0.5, -0.5],
            ),
            shapes=[_outline(here, colours)],
        ),
    )


def _names(labels: Sequence[str], **changes: Any) -> dict[str, Any]:
    return {
        "tickvals": list(range(len(labels))),
        "ticktext": list(labels),
        "range": [-0.5, len(labels) - 0.5],
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "automargin": True,
        "ticks": "",
        "tickfont": {"size": 11},
        **changes,
    }


def _cells(values: Sequence[tuple[Cell, float]]) -> Trace:
    drawn = np.full((len(_ROWS), len(_COLUMNS)), np.nan)
    for cell, value in values:
        initializer, activation = cell.pair
        drawn[_ROWS[initializer], _COLUMNS[activation]] = value
    return {
        "type": "heatmap",
        "x": np.arange(len(_COLUMNS), dtype=np.int32),
        "y": np.arange(len(_ROWS), dtype=np.int32),
        "z": drawn,
        "xgap": 1,
        "ygap": 1,
        "hoverinfo": "skip",
    }


def _nothing(cells: Sequence[Cell]) -> Trace:
    """Return grey cells where there is no gradient at all."""
    return {
        **_cells([(cell, 1.0) for cell in cells if math.isnan(cell.gradient_decades)]),
        "colorscale": [[0, _GREY], [1, _GREY]],
        "showscale": False,
        "name": "no gradient",
    }


def _colours(cells: Sequence[Cell], colours: Palette) -> Trace:
    return {
        **_cells([(cell, float(np.clip(cell.gradient_decades, -FULL, FULL))) for cell in cells]),
        "zmin": -FULL,
        "zmax": FULL,
        "colorscale": diverging(colours),
        "name": "decades",
        "colorbar": {
            "orientation": "h",
            "thickness": 8,
            "len": 1,
            "x": 0,
            "xanchor": "left",
            "y": 0,
            "yref": "container",
            "yanchor": "bottom",
            "tickvals": [-FULL, -FULL / 2, 0, FULL / 2, FULL],
            "ticktext": [f"≤ −{FULL:g}", f"−{FULL / 2:g}", "0", f"{FULL / 2:g}", f"≥ {FULL:g}"],
        },
    }


def _places(cells: Sequence[Cell]) -> dict[str, Any]:
    places = [(_COLUMNS[c.pair[1]], _ROWS[c.pair[0]]) for c in cells]
    x, y = np.array(places, dtype=np.int32).reshape(-1, 2).T
    return {"type": "scatter", "x": x.copy(), "y": y.copy()}


def _signs(cells: Sequence[Cell], colours: Palette) -> Trace:
    strong = [abs(c.gradient_decades) > _STRONG * FULL for c in cells]
    return {
        **_places(cells),
        "mode": "text",
        "text": [SIGNS[c.verdict] for c in cells],
        "textfont": {"size": 13, "color": [colours.paper if s else colours.ink for s in strong]},
        "name": "verdict",
        "hoverinfo": "skip",
    }


def _targets(cells: Sequence[Cell]) -> Trace:
    """Return invisible points to point at and to click on, since only points can be selected."""
    return {
        **_places(cells),
        "mode": "markers",
        "marker": {"size": 18, "symbol": "square", "opacity": 0},
        "name": "",
        "customdata": [_told(c) for c in cells],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _told(cell: Cell) -> str:
    wrapped = "<br>".join(textwrap.wrap(cell.reason, _WRAPPED))
    return f"<b>{name_of(cell)}: {cell.verdict}</b><br>{_rate(cell)}<br>{wrapped}<br>Click to open."


def _rate(cell: Cell) -> str:
    decades = cell.gradient_decades
    if math.isnan(decades):
        return "No gradient to compare."
    if math.isinf(decades):
        return "The gradient is 0 or infinite at one end."
    return (
        f"{number(decades)} decades: on average each layer multiplies<br>the gradient's variance "
        f"by {factor(cell.decades_per_layer)} on its way back."
    )


def _outline(here: tuple[str, str], colours: Palette) -> dict[str, Any]:
    x, y = _COLUMNS[here[1]], _ROWS[here[0]]
    edges = {"x0": x - 0.5, "x1": x + 0.5, "y0": y - 0.5, "y1": y + 0.5}
    return {"type": "rect", **edges, "line": {"color": colours.ink, "width": 2}}


def shared_window(cells: Sequence[Cell]) -> Window:
    """Return the decades that hold what the gradient and the activations of cells become."""
    return window([Curve("", _values(c, QUANTITIES[side])) for c in cells for side in ("act", "z")])


def plot_overlay(cells: Sequence[Cell], side: str, *, shown: Window, colours: Palette) -> go.Figure:
    """Draw what becomes of one quantity ("act" or "z") in up to five pairs, against the layer.

    Every curve is over where it starts, so that the zone in which a verdict is stable is the same.
    """
    quantity = QUANTITIES[side]
    traces = [
        _curve(cell, _values(cell, quantity), hue, mark)
        for cell, hue, mark in zip(cells, colours.hues, _MARKS, strict=False)
    ]
    zone, start = (-DECADES, DECADES), "last" if quantity.backward else "first"
    # Where the curves begin they are all in the middle of the zone.
    names = zone_names(zone, shown, colours, backward=not quantity.backward)
    if shown[1] - shown[0] > _THIN * 2 * DECADES:
        names = names[1:]
    return Figure(
        traces,
        layout(
            f"{quantity.title} variance",
            f"Var {quantity.symbol} over that of the {start} layer",
            colours,
            xaxis=layer_axis(len(cells[0].gradient), colours),
            yaxis=log_axis(shown, colours),
            shapes=zone_shapes(zone, colours),
            annotations=names,
        ),
    )


def describe(cells: Sequence[Cell], side: str) -> str:
    """Return the text alternative of an overlay."""
    quantity = QUANTITIES[side]
    told = []
    for cell in cells:
        first, last = _values(cell, quantity)[[0, -1]].tolist()
        told.append(f"{name_of(cell)}, {from_log10(first)} to {from_log10(last)}")
    start = "last" if quantity.backward else "first"
    return (
        f"Variance of {quantity.symbol} over that of the {start} layer, from first to last, log "
        f"axis: {'; '.join(told)}."
    )


def _values(cell: Cell, quantity: Quantity) -> Floats:
    """Return log10 of a quantity over where it starts; NaN where it starts from 0 or infinity."""
    log10 = cell.gradient if quantity.backward else cell.activations
    start = log10[-1 if quantity.backward else 0]
    over: Floats = log10 - start if math.isfinite(start) else np.full_like(log10, np.nan)
    return over


def _curve(cell: Cell, log10: Floats, hue: str, mark: str) -> Trace:
    return {
        "type": "scatter",
        "x": layers(len(log10)),
        "y": heights(log10),
        "name": name_of(cell),
        "mode": "lines+markers" if len(log10) <= _MARKED else "lines",
        "line": {"color": hue, "width": 2},
        "marker": {"color": hue, "size": 6, "symbol": mark},
        "customdata": np.array([from_log10(v) for v in log10.tolist()]),
        "hovertemplate": "%{customdata}",
    }
