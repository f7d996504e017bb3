"""How the values themselves are spread, layer by layer."""

import numpy as np
import plotly.graph_objects as go

from initviz.engine.measurement import Quantity
from initviz.engine.statistics import Floats, histograms
from initviz.figures.theme import (
    PANEL_HEIGHT,
    Figure,
    Palette,
    layer_axis,
    layers,
    layout,
    note,
    shades,
    value_axis,
)
from initviz.runtime.words import number
from initviz.signals import Signals

_SYMBOLS: dict[Quantity, str] = {
    "pre-activation": "z",
    "activation": "h",
    "gradient": "∂ℓ/∂z",
}
_BINS = 60
_MULTIPLES = 4
_MIDDLE = {"x": 0.5, "xref": "paper", "y": 0.5, "yref": "paper"}
# An axis that looks for ticks takes time even where none are shown, and so do bars for text.
_BARE = {"showgrid": False, "zeroline": False, "showticklabels": False, "tickvals": []}


def plot_magnitudes(signals: Signals, quantity: Quantity, colours: Palette) -> go.Figure:
    """Draw a heatmap: for each layer, the share of values of each order of magnitude."""
    magnitudes = signals.magnitudes(quantity)
    found = magnitudes[np.isfinite(magnitudes)]
    low, high = (float(found.min()), float(found.max())) if found.size else (-1.0, 1.0)
    counts, edges = histograms(magnitudes, _BINS, (low, max(high, low + 1)))
    centres = (edges[0, 1:] + edges[0, :-1]) / 2
    share = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    symbol = _SYMBOLS[quantity]
    heatmap = {
        "type": "heatmap",
        "x": layers(len(magnitudes)),
        "y": centres.astype(np.float32),
        "z": share.T.astype(np.float32),
        "colorscale": shades(colours.measured),
        "zmin": 0,
        "colorbar": {"thickness": 10, "tickformat": ".0%"},
        "hovertemplate": (
            f"layer %{{x}}, |{symbol}| near 10<sup>%{{y:.1f}}</sup>: %{{z:.1%}}<extra></extra>"
        ),
    }
    return Figure(
        [heatmap] if found.size else [],
        layout(
            f"Sizes of {symbol}",
            f"|{symbol}|, colour: share of the layer's values",
            colours,
            height=PANEL_HEIGHT,
            hovermode="closest",
            showlegend=False,
            annotations=[] if found.size else [note("all exactly 0", colours, **_MIDDLE)],
            xaxis=layer_axis(len(magnitudes), colours),
            yaxis=value_axis(
                colours,
                tickprefix="10<sup>",
                ticksuffix="</sup>",
                tickformat="d",
                dtick=max(1, round((centres[-1] - centres[0]) / 6)),
            ),
        ),
    )


def plot_histograms(signals: Signals, quantity: Quantity, colours: Palette) -> go.Figure:
    """Draw small multiples: the histogram of a few layers from first to last."""
    histogram = signals.histogram(quantity)
    chosen = _spread(len(histogram.counts))
    traces, axes, names = [], {}, []
    for place, layer in enumerate(chosen):
        counts, edges = histogram.counts[layer], histogram.edges[layer]
        suffix = "" if place == 0 else str(place + 1)
        left, right = place / len(chosen), (place + 0.9) / len(chosen)
        traces.append(
            {
                "type": "bar",
                "x": _centres(edges),
                "y": (counts / max(1, counts.sum())).astype(np.float32),
                "xaxis": f"x{suffix}",
                "yaxis": f"y{suffix}",
                "marker": {"color": colours.measured, "line": {"width": 0}},
                "textposition": "none",
                "hovertemplate": "%{x:.2g}: %{y:.1%}<extra></extra>",
            }
        )
        axes[f"xaxis{suffix}"] = {**_BARE, "domain": [left, right], "anchor": f"y{suffix}"}
        axes[f"yaxis{suffix}"] = {**_BARE, "anchor": f"x{suffix}"}
        at = {
            "x": (left + right) / 2, "xref": "paper", "xanchor": "center",
            "y": 1.0, "yref": "paper",
        }  # fmt: skip
        names.append(note(f"layer {layer + 1}", colours, yanchor="bottom", **at))
        ends = f"{number(edges[0])}<br>to {number(edges[-1])}"
        names.append(note(ends, colours, yanchor="top", **{**at, "y": -0.02}))
    return Figure(
        traces,
        layout(
            f"Histogram of {_SYMBOLS[quantity]}",
            "each layer on its own scale",
            colours,
            height=PANEL_HEIGHT,
            hovermode="closest",
            showlegend=False,
            bargap=0,
            margin={"l": 8, "r": 8, "t": 60, "b": 40},
            annotations=names,
            **axes,
        ),
    )


def _centres(edges: Floats) -> Floats:
    # Values beyond what float64 holds leave bins without a centre, which are not drawn.
    with np.errstate(invalid="ignore"):
        centres: Floats = edges[:-1] / 2 + edges[1:] / 2
    return centres


def _spread(depth: int) -> list[int]:
    """Return up to four layers, evenly spread, first and last among them."""
    return sorted({int(i) for i in np.linspace(0, depth - 1, min(depth, _MULTIPLES)).round()})
