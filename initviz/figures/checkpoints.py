"""The weights of a file: every layer's size beside the initializers', and one layer's spectrum.

Layers have numbers here and no names: Plotly reads markup in its texts, and a name may hold any.
"""

import math
from typing import Any

import numpy as np

from initviz.checkpoints.weights import RULES, Layer, Weights
from initviz.engine.statistics import Floats
from initviz.figures.theme import (
    Figure,
    Palette,
    layer_axis,
    layers,
    layout,
    translucent,
    value_axis,
)
from initviz.runtime.words import number
from initviz.theory.independent import density, edges

_BINS = 40
_POINTS = 200
_DASHES = ("dash", "dot", "5px,3px", "dashdot")
_MARKED = 60
# The decades always shown: PyTorch's third, LeCun's one and He's two are inside.
_DECADES = (-2.0, 2.0)


def plot_sizes(weights: Weights, colours: Palette) -> Figure:
    """Draw each layer's variance times its fan-in, and what each initializer makes of it.

    So He is 2, LeCun 1 and PyTorch's default 1/3 in every layer, and Glorot follows the shape.
    """
    found = weights.layers
    hues = (*colours.pins, colours.text)
    lines = [
        _line(
            rule,
            np.array([layer.fan_in * layer.expected(rule) for layer in found]),
            {"color": hue, "width": 1.5, "dash": dash},
            marked=False,
        )
        for rule, hue, dash in zip(RULES, hues, _DASHES, strict=True)
    ]
    sizes = np.array([layer.fan_in * layer.variance for layer in found])
    drawable = np.isfinite(sizes) & (sizes > 0)
    measured = np.where(drawable, sizes, np.nan)
    lines.append(
        _line("this file", measured, {"color": colours.measured, "width": 2.5}, marked=True)
    )
    return Figure(
        lines,
        layout(
            "Weight variance",
            "times fan-in, n·Var w",
            colours,
            xaxis=layer_axis(len(found), colours),
            yaxis=value_axis(
                colours,
                type="log",
                range=_range(measured[drawable]),
                exponentformat="power",
                dtick=_step(measured[drawable]),
            ),
        ),
    )


def plot_singular(layer: Layer, at: int, colours: Palette) -> Figure:
    """Draw how the singular values of layer number `at` lie, and how independent weights' would.

    The layer has singular values.
    """
    values = np.empty(0) if layer.singular is None else layer.singular
    sides = layer.sides
    low, high = edges(*sides, layer.variance)
    top = 1.05 * max(float(values.max(initial=0)), high)
    if not 0 < top < math.inf:
        top = 1.0
    bins = np.linspace(0, top, _BINS + 1)
    counts = np.histogram(values, bins)[0] / max(1, len(values))
    traces: list[dict[str, Any]] = [
        {
            "type": "bar",
            "x": (bins[1:] + bins[:-1]) / 2,
            "y": counts,
            "name": f"layer {at}",
            "marker": {"color": translucent(colours.measured, 0.6), "line": {"width": 0}},
            "customdata": [number(float(x)) for x in (bins[1:] + bins[:-1]) / 2],
            "hovertemplate": "near %{customdata}: %{y:.1%}",
        }
    ]
    if 0 < high < math.inf and min(sides) > 1:
        x = np.linspace(low, high, _POINTS)
        traces.append(
            {
                "type": "scatter",
                "x": x,
                "y": density(x, *sides, layer.variance) * bins[1],
                "name": "independent weights of this variance",
                "mode": "lines",
                "line": {"color": colours.pins[0], "width": 1.5, "dash": "dash"},
                "hoverinfo": "skip",
            }
        )
    return Figure(
        traces,
        layout(
            f"Singular values of layer {at}",
            "how far it stretches its inputs",
            colours,
            bargap=0,
            hovermode="closest",
            xaxis=value_axis(
                colours, title={"text": "stretched by", "standoff": 4}, range=[0, top]
            ),
            yaxis=value_axis(
                colours,
                title={"text": "share of directions"},
                tickformat=".0%",
                rangemode="tozero",
                range=[0, 1.1 * float(max(counts.max(), 0.01))],
            ),
        ),
    )


def _range(values: Floats) -> list[float]:
    """Return the decades around values, at least those of the initializers."""
    if not values.size:
        return list(_DECADES)
    low, high = np.floor(np.log10(values.min())), np.ceil(np.log10(values.max()))
    return [min(float(low), _DECADES[0]), max(float(high), _DECADES[1])]


def _step(values: Floats) -> int:
    low, high = _range(values)
    return math.ceil((high - low) / 8)


def _line(name: str, values: Floats, line: dict[str, Any], *, marked: bool) -> dict[str, Any]:
    dotted = marked and len(values) <= _MARKED
    return {
        "type": "scatter",
        "x": layers(len(values)),
        "y": values,
        "name": name,
        "mode": "lines+markers" if dotted or len(values) == 1 else "lines",
        "line": line,
        "customdata": [number(float(v)) for v in values],
        "hovertemplate": "%{customdata}",
    }
