"""How much the outcome depends on where a model begins."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from initviz.catalog.initializers import INITIALIZERS
from initviz.engine.statistics import Floats
from initviz.experiments.classical import LINE, Fits
from initviz.experiments.starts import DEPTHS
from initviz.experiments.starts import INITIALIZERS as DRAWN_BY
from initviz.figures.theme import PANEL_HEIGHT, Figure, Palette, layout, translucent, value_axis

Trace = dict[str, Any]
# Networks' outcomes, by initializer and depth.
Networks = Mapping[tuple[str, int], Fits]
# Names short enough to stand side by side on a phone.
_SHORT = {
    "Linear regression": "linear",
    "Logistic regression": "logistic",
    "Support vector machine": "SVM",
    "Decision tree": "tree",
    "Decision tree, ties by chance": "tree,<br>ties",
    "network, 1 layer": "1 layer",
    "network, 4 layers": "4<br>layers",
    "network, 16 layers": "16<br>layers",
}
# The networks of one initializer that stand beside the other models.
BESIDE = tuple((DRAWN_BY[0], depth) for depth in (1, 4, 16))


def plot_outcomes(classical: Mapping[str, Fits], networks: Networks, colours: Palette) -> Figure:
    """Draw every fit's test accuracy, a column of marks for each model."""
    shown = {name: (fits, colours.pins[2]) for name, fits in classical.items()}
    for place in BESIDE:
        if place in networks:
            shown[layers_of(place[1])] = networks[place], colours.measured
    traces = [
        {
            "type": "scatter",
            "x": [_SHORT[name]] * len(fits.accuracy),
            "y": fits.accuracy,
            "name": name,
            "mode": "markers",
            "marker": {"size": 15, "symbol": "line-ew-open", "color": hue, "line": {"width": 1.5}},
            "hovertemplate": "%{y:.1%}",
            "showlegend": False,
        }
        for name, (fits, hue) in shown.items()
    ]
    return Figure(
        traces,
        layout(
            "Test accuracy",
            "of 20 fits, a mark each",
            colours,
            hovermode="closest",
            xaxis={"type": "category", "showgrid": False, "tickangle": 0, "tickfont": {"size": 11}},
            yaxis=value_axis(colours, range=[0, 1.02], tickformat=".0%"),
        ),
    )


def plot_lines(classical: Mapping[str, Fits], networks: Networks, colours: Palette) -> Figure:
    """Draw the loss on the straight line from one solution to another."""
    hues = dict(zip(BESIDE, (colours.measured, *colours.pins), strict=False))
    traces = []
    fits = classical.get("Logistic regression")
    if fits is not None:
        hue = colours.pins[2]
        traces.append(_on_line(fits.line, "logistic regression", hue))
        traces.append(_on_line(fits.chord, "between its starting points", hue, dash="dash"))
    traces += [
        _on_line(networks[place].line, layers_of(place[1]), hue)
        for place, hue in hues.items()
        if place in networks
    ]
    return Figure(
        traces,
        layout(
            "Loss between two solutions",
            "on the straight line",
            colours,
            xaxis={
                "title": {"text": "share of the way", "standoff": 4},
                "tickformat": ".0%",
                # Room for the label at the end.
                "range": [0, 1.03],
                "showgrid": False,
                "zeroline": False,
            },
            yaxis=value_axis(colours, rangemode="tozero"),
        ),
    )


def plot_accuracy_by_depth(networks: Networks, colours: Palette) -> Figure:
    """Draw the median accuracy of 20 starts against depth, in a band from worst to best."""
    traces: list[Trace] = []
    for initializer, hue in _hues(colours):
        depths, found = _of(initializer, networks)
        if not found:
            continue
        low, middle, high = (
            np.array([f(fits.accuracy) for fits in found]) for f in (np.min, np.median, np.max)
        )
        traces += [
            {
                "type": "scatter",
                "x": np.concatenate((depths, depths[::-1])),
                "y": np.concatenate((low, high[::-1])),
                "name": f"worst and best, {_label(initializer)}",
                "mode": "lines",
                "line": {"width": 0},
                "fill": "toself",
                "fillcolor": translucent(hue, 0.13),
                "hoverinfo": "skip",
                "showlegend": False,
            },
            _by_depth(depths, middle, initializer, hue),
        ]
    whole = (0, 1.02)
    return Figure(traces, _depth_layout("Test accuracy", "median of 20 starts", whole, colours))


def plot_spread_by_depth(networks: Networks, colours: Palette) -> Figure:
    """Draw the difference between the best and the worst of 20 starts against depth."""
    traces, highest = [], 0.1
    for initializer, hue in _hues(colours):
        depths, found = _of(initializer, networks)
        if found:
            spread = np.array([np.ptp(fits.accuracy) for fits in found])
            traces.append(_by_depth(depths, spread, initializer, hue))
            highest = max(highest, float(spread.max()))
    # A line at 0 is seen whole.
    shown = (-0.05 * highest, 1.1 * highest)
    return Figure(
        traces, _depth_layout("Best minus worst", "test accuracy of 20 starts", shown, colours)
    )


def layers_of(depth: int) -> str:
    """Return a network's name."""
    return "network, 1 layer" if depth == 1 else f"network, {depth} layers"


def _label(initializer: str) -> str:
    return INITIALIZERS[initializer].label


def _hues(colours: Palette) -> list[tuple[str, str]]:
    return list(zip(DRAWN_BY, (colours.measured, *colours.pins), strict=False))


def _of(initializer: str, networks: Networks) -> tuple[Any, list[Fits]]:
    depths = [depth for depth in DEPTHS if (initializer, depth) in networks]
    return np.array(depths, dtype=np.int32), [networks[initializer, depth] for depth in depths]


def _on_line(loss: Floats, name: str, hue: str, dash: str = "solid") -> Trace:
    return {
        "type": "scatter",
        "x": LINE,
        "y": loss,
        "name": name,
        "mode": "lines",
        "line": {"color": hue, "width": 2.5 if dash == "solid" else 1.5, "dash": dash},
        "hovertemplate": "%{y:.3f}",
    }


def _by_depth(depths: Any, values: Floats, initializer: str, hue: str) -> Trace:
    return {
        "type": "scatter",
        "x": depths,
        "y": values,
        "name": _label(initializer),
        "mode": "lines+markers",
        "line": {"color": hue, "width": 2.5},
        "marker": {"color": hue, "size": 6},
        "hovertemplate": "%{y:.1%}",
    }


def _depth_layout(
    title: str, detail: str, shown: tuple[float, float], colours: Palette
) -> dict[str, Any]:
    return layout(
        title,
        detail,
        colours,
        height=PANEL_HEIGHT,
        xaxis={
            "title": {"text": "hidden layers", "standoff": 4},
            "type": "log",
            "range": [-0.05, float(np.log10(DEPTHS[-1])) + 0.05],
            "tickvals": list(DEPTHS),
            "showgrid": False,
            "zeroline": False,
            "unifiedhovertitle": {"text": "%{x} layers"},
        },
        yaxis=value_axis(colours, tickformat=".0%", range=list(shown)),
    )
