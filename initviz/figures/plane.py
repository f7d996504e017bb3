"""The plane of weight and bias standard deviations: where gradients live, and where they die."""

from typing import Any

import numpy as np

from initviz.figures.theme import Figure, Palette, layout, shades, value_axis
from initviz.theory.meanfield import TRAINABLE
from initviz.theory.plane import Landmark, Plane, edges

HEIGHT = 430
_DEEPEST = 3.0
Trace = dict[str, Any]


def plot_plane(
    activation: str, whole: Plane, here: tuple[float, float], marks: list[Landmark], hues: Palette
) -> Figure:
    """Draw an activation's plane, its edge of chaos, what libraries do, and a network, `here`."""
    traces = [
        _depths(whole, hues),
        _edge(activation, hues),
        _unstable(whole, hues),
        _landmarks(marks, hues),
        _points("this network", [here], hues.pins[0], "diamond", 13),
        _targets(whole),
    ]
    return Figure(
        traces,
        layout(
            "Edge of chaos",
            "click to move the network",
            hues,
            height=HEIGHT,
            hovermode="closest",
            clickmode="event+select",
            dragmode=False,
            xaxis=value_axis(
                hues, title={"text": "σ<sub>w</sub> = weight std × √fan-in"}, range=[0, 4]
            ),
            yaxis=value_axis(hues, title={"text": "σ<sub>b</sub> = bias std"}, range=[-0.2, 2]),
        ),
    )


def _depths(whole: Plane, hues: Palette) -> Trace:
    """Colour by the depth up to which a network trains, in powers of ten."""
    with np.errstate(divide="ignore", invalid="ignore"):
        deep = np.log10(np.clip(TRAINABLE * whole.depth, 1, 10**_DEEPEST))
    ticks = [0, 1, 2, 3]
    return {
        "type": "contour",
        "x": whole.weight_stds.astype(np.float32),
        "y": whole.bias_stds.astype(np.float32),
        "z": deep.astype(np.float32),
        "colorscale": shades(hues.measured),
        "contours": {"start": 0, "end": _DEEPEST, "size": 0.25, "coloring": "heatmap"},
        "line": {"width": 0.5, "color": hues.grid},
        "colorbar": {
            "title": {"text": "trains to<br>depth", "font": {"size": 11}},
            "thickness": 8,
            "tickvals": ticks,
            "ticktext": ["1", "10", "100", "1000"],
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _edge(activation: str, hues: Palette) -> Trace:
    points = np.array(list(edges(activation)) or [(np.nan, np.nan)])
    return {
        "type": "scatter",
        "x": points[:, 0],
        "y": points[:, 1],
        "name": "edge of chaos, χ₁ = 1",
        "mode": "lines+markers" if np.ptp(points) == 0 else "lines",
        "line": {"color": hues.text, "width": 2},
        "hoverinfo": "skip",
    }


def _unstable(whole: Plane, hues: Palette) -> Trace:
    """Outline where a disturbed length runs away, χ_q > 1."""
    return {
        "type": "contour",
        "x": whole.weight_stds.astype(np.float32),
        "y": whole.bias_stds.astype(np.float32),
        "z": whole.chi_q.astype(np.float32),
        "contours": {"start": 1, "end": 1, "size": 1, "coloring": "none"},
        "line": {"color": hues.pins[1], "width": 1.5, "dash": "dot"},
        "name": "lengths run away beyond, χ<sub>q</sub> = 1",
        "showlegend": bool(np.nanmax(whole.chi_q) > 1),
        "hoverinfo": "skip",
    }


def _landmarks(marks: list[Landmark], hues: Palette) -> Trace:
    trace = _points(
        "what libraries do", [(m.weight_std, m.bias_std) for m in marks], hues.pins[2], "circle", 9
    )
    # To either side in turn, so that neighbours have room.
    sides = ["top center" if i % 2 else "bottom center" for i in range(len(marks))]
    names = {"text": [m.name for m in marks], "textposition": sides, "mode": "markers+text"}
    return {**trace, **names, "textfont": {"size": 11, "color": hues.text}}


def _points(name: str, at: list[tuple[float, float]], hue: str, symbol: str, size: float) -> Trace:
    x, y = np.array(at).T
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "name": name,
        "mode": "markers",
        "marker": {"color": hue, "symbol": symbol, "size": size, "line": {"width": 1}},
        "hovertemplate": "σ<sub>w</sub> %{x:.3g}, σ<sub>b</sub> %{y:.3g}",
    }


def _targets(whole: Plane) -> Trace:
    """Return invisible points to click on, since only points can be selected."""
    x, y = np.meshgrid(whole.weight_stds, whole.bias_stds)
    return {
        "type": "scatter",
        "x": x.ravel().astype(np.float32),
        "y": y.ravel().astype(np.float32),
        "mode": "markers",
        "marker": {"size": 9, "opacity": 0},
        "showlegend": False,
        "name": "",
        "hovertemplate": "σ<sub>w</sub> %{x:.2f}, σ<sub>b</sub> %{y:.2f}: click to go there",
    }
