"""What happens to units and to the differences between inputs."""

import plotly.graph_objects as go

from initviz.diagnosis import DEAD, SATURATED
from initviz.figures.theme import PANEL_HEIGHT, Palette, layer_axis, layout, value_axis
from initviz.signals import Signals
from initviz.statistics import Floats


def plot_units(signals: Signals, colours: Palette) -> go.Figure:
    """Draw the share of dead units, of saturated activations and of different units."""
    figure = _shares("Units", "share of the layer", signals, colours)
    hues = (colours.pins[0], colours.measured, colours.pins[2])
    names = ("dead units", "saturated activations", "different units")
    columns = ("dead_fraction", "saturated_fraction", "distinct_fraction")
    dashes = ("solid", "dash", "dot")
    for column, name, hue, dash in zip(columns, names, hues, dashes, strict=True):
        figure.add_trace(_line(signals.values[column], name, hue, dash))
    for threshold, name in ((DEAD, "dead above"), (SATURATED, "saturated above")):
        figure.add_hline(
            y=threshold, line={"color": colours.text, "width": 1, "dash": "dot"},
            annotation={"text": name, "font": {"size": 11, "color": colours.text}},
        )  # fmt: skip
    return figure


def plot_correlation(signals: Signals, colours: Palette) -> go.Figure:
    """Draw the mean cosine similarity between the activations of two different inputs."""
    figure = _shares("Correlation between inputs", "1: all inputs look alike", signals, colours)
    values = signals.values["correlation"]
    figure.add_trace(_line(values, "mean cosine", colours.measured, "solid"))
    figure.update_yaxes(range=[-1.05, 1.05], tickformat=".1f")
    return figure


def _shares(title: str, detail: str, signals: Signals, colours: Palette) -> go.Figure:
    return go.Figure(
        layout=layout(
            title,
            detail,
            colours,
            xaxis=layer_axis(len(signals.layers), colours),
            yaxis=value_axis(colours, range=[-0.03, 1.03], tickformat=".0%"),
        )
    ).update_layout(height=PANEL_HEIGHT)


def _line(values: Floats, name: str, hue: str, dash: str) -> go.Scatter:
    return go.Scatter(
        x=list(range(1, len(values) + 1)),
        y=[None if v != v else round(float(v), 4) for v in values],  # noqa: PLR0124 - NaN
        name=name,
        mode="lines+markers" if len(values) == 1 else "lines",
        line={"color": hue, "width": 2.25, "dash": dash},
        hovertemplate="%{y:.2f}" if "cosine" in name else "%{y:.0%}",
    )
