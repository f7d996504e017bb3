"""The theory's curve and the band of luck, drawn with the measured curve they belong to."""

from typing import Any

import numpy as np

from initviz.engine.statistics import Floats
from initviz.figures.theme import Palette, layers, translucent
from initviz.runtime.words import from_log10
from initviz.theory.band import Band
from initviz.theory.forecast import Forecast

Trace = dict[str, Any]


def plot_theory(
    predicted: Forecast, luck: Band, column: str, share: float, colours: Palette
) -> list[Trace]:
    """Return the traces of a column's band and prediction; none where theory has nothing.

    `share` is 1 for a variance and ½ for its root.
    """
    traces = []
    if column in luck.ends:
        low, high = (share * end for end in luck.ends[column])
        traces += _band(low, high, colours)
    if column in predicted.log10:
        traces.append(_line(share * predicted.log10[column], colours))
    return traces


def _band(low: Floats, high: Floats, colours: Palette) -> list[Trace]:
    """Return the band as one closed outline, which a log axis fills where a chart holds it."""
    around = np.concatenate((low, high[::-1]))
    x = layers(len(low))
    return [
        {
            "type": "scatter",
            "x": np.concatenate((x, x[::-1])),
            "y": _held(around),
            "name": "95 % of draws",
            "mode": "lines",
            "line": {"width": 0},
            "fill": "toself",
            "fillcolor": translucent(colours.measured, 0.13),
            "hoverinfo": "skip",
        }
    ]


def _line(log10: Floats, colours: Palette) -> Trace:
    return {
        "type": "scatter",
        "x": layers(len(log10)),
        "y": _held(log10),
        "name": "theory",
        "mode": "lines+markers" if len(log10) == 1 else "lines",
        "line": {"color": colours.measured, "width": 1.5, "dash": "dash"},
        "marker": {"color": colours.measured, "symbol": "line-ew-open", "size": 12},
        "customdata": np.array([from_log10(v) for v in log10.tolist()]),
        "hovertemplate": "%{customdata}",
    }


def _held(log10: Floats) -> Floats:
    """Return the values; far outside a chart they stay where a chart can still hold them."""
    values: Floats = 10.0 ** np.clip(log10, -300, 300)
    return values
