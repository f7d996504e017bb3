"""What becomes of the gradient at many gains, without and with batch normalization."""

from typing import Any

import numpy as np

from initviz.engine.statistics import Floats
from initviz.experiments.normalization import GAINS, Swept
from initviz.figures.signal import heights, log_axis, zone_shapes
from initviz.figures.theme import (
    PANEL_HEIGHT,
    Figure,
    Palette,
    layer_axis,
    layers,
    layout,
    legible,
    note,
    value_axis,
)
from initviz.runtime.words import from_log10, number
from initviz.verdict.thresholds import DECADES

Trace = dict[str, Any]
NAMES = ("without normalization", "with batch normalization")
# The fewest decades shown to either side.
_LEAST = 5.0
# Where a verdict is stable: the last layer, over itself, is 1.
_ZONE = (-DECADES, DECADES)


def plot_drift(found: Swept, chosen: int, colours: Palette) -> Figure:
    """Draw the factor by which the gradient's variance strays on its way, against the gain."""
    shown = _room(found.drift)
    return Figure(
        [_by_gain(found.drift[row], row, colours) for row in (0, 1)],
        layout(
            "Gradient variance",
            "Var ∂ℓ/∂z, furthest layer over last",
            colours,
            shapes=[*zone_shapes(_ZONE, colours), _at(GAINS[chosen], colours)],
            annotations=_zone_names(shown, colours),
            xaxis=_gain_axis(),
            yaxis=log_axis(shown, colours),
        ),
    )


def plot_layers(found: Swept, chosen: int, colours: Palette) -> Figure:
    """Draw the gradient's variance layer by layer at one gain, over that of the last layer."""
    log10 = found.gradient[:, chosen] - found.gradient[:, chosen, -1:]
    depth = log10.shape[1]
    traces = [
        {
            "type": "scatter",
            "x": layers(depth),
            "y": heights(log10[row]),
            "mode": "lines+markers",
            "marker": {"size": 5},
            **_common(log10[row], row, colours),
        }
        for row in (0, 1)
    ]
    shown = _room(log10)
    return Figure(
        traces,
        layout(
            f"Gradient by layer at gain {number(GAINS[chosen])}",
            "over last layer",
            colours,
            shapes=zone_shapes(_ZONE, colours),
            annotations=_zone_names(shown, colours),
            xaxis=layer_axis(depth, colours),
            yaxis=log_axis(shown, colours),
        ),
    )


def plot_verdicts(found: Swept, colours: Palette) -> Figure:
    """Draw the verdict at every gain, a row without and a row with normalization."""
    hues = {
        "stable": colours.pins[2],
        "vanishing": colours.pins[0],
        "exploding": colours.pins[1],
    }
    symbols = {"stable": "circle", "vanishing": "triangle-down", "exploding": "triangle-up"}
    verdicts = np.array(found.verdicts)
    traces: list[Trace] = []
    for verdict in dict.fromkeys(verdicts.ravel().tolist()):
        rows, columns = np.nonzero(verdicts == verdict)
        traces.append(
            {
                "type": "scatter",
                "x": GAINS[columns],
                "y": rows.astype(np.int32),
                "name": verdict,
                "mode": "markers",
                "marker": {
                    "size": 13,
                    "color": hues.get(verdict, colours.text),
                    "symbol": symbols.get(verdict, "square"),
                },
                "hovertemplate": f"gain %{{x:.2f}}: {verdict}<extra></extra>",
            }
        )
    return Figure(
        traces,
        layout(
            "Verdict",
            "at every gain",
            colours,
            height=PANEL_HEIGHT,
            hovermode="closest",
            margin={"l": 60, "r": 8, "t": 34, "b": 64},
            xaxis=_gain_axis(),
            yaxis=value_axis(
                colours,
                range=[1.6, -0.6],
                tickvals=[0, 1],
                ticktext=["without", "with"],
                showgrid=False,
            ),
        ),
    )


def plot_weight_gradient(found: Swept, colours: Palette) -> Figure:
    """Draw the variance of the first layer's weight gradient against the gain."""
    first = found.weight_gradient[:, :, 0]
    over = first - first[1, len(GAINS) // 2]
    return Figure(
        [_by_gain(over[row], row, colours) for row in (0, 1)],
        layout(
            "Weight gradient",
            "Var ∂ℓ/∂W of layer 1",
            colours,
            height=PANEL_HEIGHT,
            xaxis=_gain_axis(),
            yaxis=log_axis(_room(over), colours),
        ),
    )


def _by_gain(log10: Floats, row: int, colours: Palette) -> Trace:
    return {
        "type": "scatter",
        "x": GAINS,
        "y": heights(log10),
        "mode": "lines+markers",
        "marker": {"size": 5},
        **_common(log10, row, colours),
    }


def _common(log10: Floats, row: int, colours: Palette) -> Trace:
    """Return what all curves of a network have in common; dashed is without normalization."""
    hue = (colours.pins[0], colours.measured)[row]
    return {
        "name": NAMES[row],
        "line": {"color": hue, "width": 2.5, "dash": ("dash", "solid")[row]},
        "customdata": [from_log10(v) for v in log10.tolist()],
        "hovertemplate": "%{customdata}",
    }


def _room(log10: Floats) -> tuple[float, float]:
    """Return the decades shown."""
    finite = log10[np.isfinite(log10)]
    return (
        min(-_LEAST, float(finite.min(initial=0)) - 1),
        max(_LEAST, float(finite.max(initial=0)) + 1),
    )


def _gain_axis() -> dict[str, Any]:
    return {
        "title": {"text": "gain", "standoff": 4},
        "type": "log",
        "tickvals": [0.1, 0.2, 0.5, 1, 2, 5, 10],
        "showgrid": False,
        "zeroline": False,
        "unifiedhovertitle": {"text": "gain %{x:.2f}"},
    }


def _zone_names(shown: tuple[float, float], colours: Palette) -> list[dict[str, Any]]:
    """Name the zone and what lies beyond it, where there is room for the words."""
    line = (shown[1] - shown[0]) / 12
    side = {"x": 0.01, "xref": "paper", "xanchor": "left", "font": legible(colours, 11)}
    named = [note("vanishing", colours, y=-DECADES, yanchor="top", **side)]
    if line * 3 < 2 * DECADES:
        named.append(note("stable", colours, y=-DECADES, yanchor="bottom", **side))
    if line < shown[1] - DECADES:
        named.append(note("exploding", colours, y=DECADES, yanchor="bottom", **side))
    return named


def _at(gain: float, colours: Palette) -> dict[str, Any]:
    line = {"color": colours.text, "width": 1, "dash": "dot"}
    return {
        "type": "line",
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "x0": gain,
        "x1": gain,
        "line": line,
    }
