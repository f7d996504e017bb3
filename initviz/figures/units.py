"""What happens to units and to the differences between inputs."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from initviz.engine.statistics import Floats
from initviz.figures.theme import (
    PANEL_HEIGHT,
    Figure,
    Palette,
    layer_axis,
    layers,
    layout,
    note,
    value_axis,
)
from initviz.signals import Signals
from initviz.verdict.thresholds import DEAD, SATURATED


def plot_units(signals: Signals, colours: Palette) -> go.Figure:
    """Draw the share of dead units, of saturated activations and of different units."""
    hues = (colours.pins[0], colours.measured, colours.pins[2])
    names = ("dead units", "saturated activations", "different units")
    columns = ("dead_fraction", "saturated_fraction", "distinct_fraction")
    dashes = ("solid", "dash", "dot")
    shown = layout(
        "Units",
        "share of the layer",
        colours,
        height=PANEL_HEIGHT,
        xaxis=layer_axis(len(signals.layers), colours),
        yaxis=value_axis(colours, range=[-0.03, 1.03], tickformat=".0%"),
        shapes=[_threshold(level, colours) for level in (DEAD, SATURATED)],
        annotations=[
            note(name, colours, x=1, xref="paper", xanchor="right", y=level, yanchor="bottom")
            for name, level in (("dead above", DEAD), ("saturated above", SATURATED))
        ],
    )
    lines = [
        _line(signals.values[column], name, hue, dash, "%{y:.0%}")
        for column, name, hue, dash in zip(columns, names, hues, dashes, strict=True)
    ]
    return Figure(lines, shown)


def plot_correlation(signals: Signals, colours: Palette) -> go.Figure:
    """Draw the mean cosine similarity between the activations of two different inputs."""
    values = signals.values["correlation"]
    return Figure(
        [_line(values, "mean cosine", colours.measured, "solid", "%{y:.2f}")],
        layout(
            "Correlation between inputs",
            "1: all inputs look alike",
            colours,
            height=PANEL_HEIGHT,
            xaxis=layer_axis(len(signals.layers), colours),
            yaxis=value_axis(colours, range=[-1.05, 1.05], tickformat=".1f"),
        ),
    )


def _threshold(level: float, colours: Palette) -> dict[str, Any]:
    line = {"color": colours.text, "width": 1, "dash": "dot"}
    return {
        "type": "line",
        "x0": 0,
        "x1": 1,
        "xref": "paper",
        "y0": level,
        "y1": level,
        "line": line,
    }


def _line(values: Floats, name: str, hue: str, dash: str, hover: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": layers(len(values)),
        "y": values.astype(np.float32),
        "name": name,
        "mode": "lines+markers" if len(values) == 1 else "lines",
        "line": {"color": hue, "width": 2.25, "dash": dash},
        "hovertemplate": hover,
    }
