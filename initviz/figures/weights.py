"""The weights drawn, against what the initializer promises."""

import plotly.graph_objects as go

from initviz.figures.theme import PANEL_HEIGHT, Palette, layer_axis, layout, value_axis
from initviz.initializers import INITIALIZERS
from initviz.signals import Signals
from initviz.words import number


def plot_weights(signals: Signals, colours: Palette) -> go.Figure:
    """Draw each layer's weight variance and, for a `Network`, its theoretical value."""
    layers = list(range(1, len(signals.layers) + 1))
    figure = go.Figure(
        layout=layout(
            "Weight variance",
            "drawn, and the initializer's formula",
            colours,
            xaxis=layer_axis(len(layers), colours),
            yaxis=value_axis(colours, exponentformat="power", rangemode="tozero"),
        )
    ).update_layout(height=PANEL_HEIGHT)
    expected = _expected(signals)
    if expected:
        figure.add_trace(
            _line(layers, expected, "theory", {"color": colours.measured, "dash": "dash"})
        )
    drawn = signals.values["weight_var"].tolist()
    figure.add_trace(_line(layers, drawn, "drawn", {"color": colours.measured, "width": 2.5}))
    return figure


def _expected(signals: Signals) -> list[float]:
    if signals.network is None:
        return []
    network, initializer = signals.network, INITIALIZERS[signals.network.initializer]
    fans = zip(signals.values["fan_in"], signals.values["fan_out"], strict=True)
    return [
        initializer.variance(int(i), int(o), gain=network.gain, scale=network.scale)
        for i, o in fans
    ]


def _line(x: list[int], y: list[float], name: str, line: dict[str, object]) -> go.Scatter:
    return go.Scatter(
        x=x,
        y=y,
        name=name,
        mode="lines+markers" if len(x) == 1 else "lines",
        line=line,
        customdata=[number(v) for v in y],
        hovertemplate="%{customdata}",
    )
