"""How the values themselves are spread, layer by layer."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from initviz.figures.theme import PANEL_HEIGHT, Palette, layer_axis, layout, value_axis
from initviz.signals import Quantity, Signals

_SYMBOLS: dict[Quantity, str] = {
    "pre-activation": "z",
    "activation": "h",
    "gradient": "∂ℓ/∂z",
}
_BINS = 60
_MULTIPLES = 6


def plot_magnitudes(signals: Signals, quantity: Quantity, colours: Palette) -> go.Figure:
    """Draw a heatmap: for each layer, the share of values of each order of magnitude."""
    magnitudes = signals.magnitudes(quantity)
    found = np.concatenate(magnitudes)
    low, high = (float(found.min()), float(found.max())) if found.size else (-1.0, 1.0)
    edges = np.linspace(low, max(high, low + 1), _BINS + 1)
    share = [np.histogram(m, bins=edges)[0] / max(1, m.size) for m in magnitudes]
    symbol = _SYMBOLS[quantity]
    return go.Figure(
        go.Heatmap(
            x=list(range(1, len(magnitudes) + 1)),
            y=((edges[1:] + edges[:-1]) / 2).round(3).tolist(),
            z=np.array(share).T.round(4).tolist(),
            colorscale=colours.scale,
            colorbar={"title": {"text": "share"}, "thickness": 10, "tickformat": ".0%"},
            hovertemplate=f"layer %{{x}}, |{symbol}| near 10^%{{y:.1f}}: %{{z:.1%}}<extra></extra>",
        ),
        layout(
            f"Sizes of {symbol}",
            "darker: more values of that order of magnitude",
            colours,
            xaxis=layer_axis(len(magnitudes), colours),
            yaxis=value_axis(
                colours,
                title={"text": f"|{symbol}|"},
                tickprefix="10<sup>",
                ticksuffix="</sup>",
                tickformat="d",
            ),
        ),
    ).update_layout(height=PANEL_HEIGHT, hovermode="closest", showlegend=False)


def plot_histograms(signals: Signals, quantity: Quantity, colours: Palette) -> go.Figure:
    """Draw small multiples: the histogram of a few layers from first to last."""
    histogram = signals.histogram(quantity)
    layers = _spread(len(histogram.counts))
    figure = make_subplots(
        rows=1,
        cols=len(layers),
        subplot_titles=[f"layer {layer + 1}" for layer in layers],
        horizontal_spacing=0.02,
    )
    for column, layer in enumerate(layers, start=1):
        counts, edges = histogram.counts[layer], histogram.edges[layer]
        figure.add_trace(
            go.Bar(
                x=((edges[1:] + edges[:-1]) / 2).tolist(),
                y=(counts / max(1, counts.sum())).round(4).tolist(),
                marker={"color": colours.measured, "line": {"width": 0}},
                hovertemplate="%{x:.2g}: %{y:.1%}<extra></extra>",
            ),
            row=1,
            col=column,
        )
    symbol = _SYMBOLS[quantity]
    figure.update_layout(
        layout(f"Histogram of {symbol}", "each layer on its own scale", colours)
    ).update_layout(height=PANEL_HEIGHT, showlegend=False, bargap=0, hovermode="closest")
    figure.update_layout(margin={"t": 64, "b": 40})
    figure.update_annotations(font={"size": 12, "color": colours.text})
    figure.update_xaxes(showgrid=False, zeroline=False, nticks=3, exponentformat="power")
    figure.update_yaxes(showticklabels=False, showgrid=False, zeroline=False)
    return figure


def _spread(depth: int) -> list[int]:
    """Return up to six layers, evenly spread, first and last among them."""
    return sorted({int(i) for i in np.linspace(0, depth - 1, min(depth, _MULTIPLES)).round()})
