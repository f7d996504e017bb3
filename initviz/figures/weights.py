"""The weights drawn, against what the initializer promises."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from initviz.catalog.initializers import INITIALIZERS
from initviz.engine.statistics import Floats
from initviz.figures.theme import (
    PANEL_HEIGHT,
    Figure,
    Palette,
    layer_axis,
    layers,
    layout,
    value_axis,
)
from initviz.runtime.words import number
from initviz.signals import Signals


def plot_weights(signals: Signals, colours: Palette) -> go.Figure:
    """Draw each layer's weight variance and, for a `Network`, its theoretical value."""
    drawn = signals.values["weight_var"]
    lines = [_line(drawn, "drawn", {"color": colours.measured, "width": 2.5})]
    expected = _expected(signals)
    if expected.size:
        dashed = {"color": colours.pins[0], "dash": "dash"}
        lines.append(_line(expected, "theory", dashed))
    return Figure(
        lines,
        layout(
            "Weight variance",
            "drawn, and the initializer's formula",
            colours,
            height=PANEL_HEIGHT,
            xaxis=layer_axis(len(drawn), colours),
            yaxis=value_axis(colours, exponentformat="power", rangemode="tozero"),
        ),
    )


def _expected(signals: Signals) -> Floats:
    if signals.network is None:
        return np.empty(0)
    network, initializer = signals.network, INITIALIZERS[signals.network.initializer]
    fans = zip(signals.values["fan_in"], signals.values["fan_out"], strict=True)
    return np.array(
        [
            initializer.variance(int(i), int(o), gain=network.gain, scale=network.scale)
            for i, o in fans
        ]
    )


def _line(values: Floats, name: str, line: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": layers(len(values)),
        "y": values,
        "name": name,
        "mode": "lines+markers" if len(values) == 1 else "lines",
        "line": line,
        "customdata": [number(v) for v in values],
        "hovertemplate": "%{customdata}",
    }
