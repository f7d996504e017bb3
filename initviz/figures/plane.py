"""The plane of weight and bias standard deviations: where gradients live, and where they die."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from initviz.figures.theme import Figure, Palette, layout, legible, note, shades, value_axis
from initviz.theory.meanfield import TRAINABLE
from initviz.theory.plane import Landmark, Plane, edges

HEIGHT = 455
# The largest σ_w and σ_b on the plane.
LARGEST = (4.0, 2.0)
# Depths at which the colour takes a step of the same size; the inner ones are drawn as lines.
_DEPTHS = np.array([1, 3, 10, 30, 100, 300, 1000])
_LINES = slice(2, 6)
# The heights at which lines are named, in order and in chaos, in turn so that no names meet.
_NAMED_AT = np.array([[0.55, 0.9, 1.25, 1.6], [0.75, 1.1, 1.45, 1.8]])
# Pixels by which landmarks' names are moved up.
_ROWS = (-13, 13, -26, 26)
# An edge of chaos of smaller extent is a point.
_POINT = 1e-4
Trace = dict[str, Any]


def plot_plane(
    activation: str, whole: Plane, here: tuple[float, float], marks: list[Landmark], hues: Palette
) -> Figure:
    """Draw an activation's plane, its edge of chaos, what libraries do, and a network, `here`."""
    traces = [
        _depths(whole, hues),
        _depth_names(whole, hues),
        _edge(activation, hues),
        _unstable(whole, hues),
        _points(
            "what libraries do",
            [(mark.weight_std, mark.bias_std) for mark in marks],
            hues.pins[2],
            "circle",
            9,
        ),
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
            margin={"l": 48, "r": 8, "t": 34, "b": 105},
            legend={"orientation": "h", "x": 0, "xanchor": "left", "y": -0.15, "yanchor": "top"},
            xaxis=value_axis(
                hues,
                title={"text": "σ<sub>w</sub> = weight std × √fan-in", "standoff": 4},
                range=[0, LARGEST[0]],
                fixedrange=True,
            ),
            yaxis=value_axis(
                hues,
                title={"text": "σ<sub>b</sub> = bias std"},
                range=[-0.28, LARGEST[1]],
                fixedrange=True,
            ),
            annotations=_names(marks, hues),
        ),
    )


def _steps(whole: Plane) -> NDArray[Any]:
    """Return the depth up to which each network trains, in steps of `_DEPTHS`."""
    with np.errstate(invalid="ignore"):
        deep = np.log(np.clip(TRAINABLE * whole.depth, 1, _DEPTHS[-1]))
    return np.interp(deep, np.log(_DEPTHS), np.arange(len(_DEPTHS)))


def _depths(whole: Plane, hues: Palette) -> Trace:
    """Colour by the depth up to which a network trains, and draw lines of the same depth."""
    first, last, _ = _LINES.indices(len(_DEPTHS))
    ticks = [0, *range(first, len(_DEPTHS))]
    return {
        "type": "contour",
        "x": whole.weight_stds.astype(np.float32),
        "y": whole.bias_stds.astype(np.float32),
        "z": _steps(whole).astype(np.float32),
        "colorscale": shades(hues.measured),
        "zmin": 0,
        "zmax": len(_DEPTHS) - 1,
        "contours": {"start": first, "end": last - 1, "size": 1, "coloring": "heatmap"},
        "line": {"width": 0.75, "color": hues.text, "dash": "dot"},
        "colorbar": {
            "title": {"text": "trains to<br>depth", "font": {"size": 11}},
            "thickness": 8,
            "tickvals": ticks,
            "ticktext": [str(_DEPTHS[i]) for i in ticks],
        },
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _depth_names(whole: Plane, hues: Palette) -> Trace:
    """Write each line's depth on it, once in order and once in chaos."""
    steps, found = _steps(whole), []
    for chaos, heights in enumerate(_NAMED_AT):
        for level, height in zip(range(*_LINES.indices(len(_DEPTHS))), heights, strict=True):
            row = int(np.abs(whole.bias_stds - height).argmin())
            there = (whole.chi_1[row] > 1) == bool(chaos)
            at = _crossing(whole.weight_stds, np.where(there, steps[row], np.nan) - level)
            found.append((at, whole.bias_stds[row], str(_DEPTHS[level])))
    x, y, text = zip(*found, strict=True)
    return {
        "type": "scatter",
        "x": np.array(x),
        "y": np.array(y),
        "text": text,
        "mode": "text",
        "textfont": legible(hues, 10),
        "name": "",
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _crossing(x: NDArray[Any], values: NDArray[Any]) -> float:
    """Return where a curve first crosses 0, NaN where it does not."""
    for i in np.flatnonzero(values[:-1] * values[1:] < 0):
        share = values[i] / (values[i] - values[i + 1])
        return float(x[i] + share * (x[i + 1] - x[i]))
    return float("nan")


def _edge(activation: str, hues: Palette) -> Trace:
    points = np.array(list(edges(activation)) or [(np.nan, np.nan)])
    return {
        "type": "scatter",
        "x": points[:, 0],
        "y": points[:, 1],
        "name": "edge of chaos, χ₁ = 1",
        "mode": "markers" if np.ptp(points, axis=0).max() < _POINT else "lines",
        "line": {"color": hues.ink, "width": 3.5},
        # Of a power law only one point is on the edge, and a library's default stands on it.
        "marker": {
            "size": 20,
            "symbol": "circle-open",
            "color": hues.ink,
            "line": {"color": hues.ink, "width": 3},
        },
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


def _names(marks: list[Landmark], hues: Palette) -> list[dict[str, Any]]:
    """Name the landmarks, each in a row of its own, so that neighbours have room on a phone."""
    ordered = sorted(marks, key=lambda mark: mark.weight_std)
    font = legible(hues, 11)
    return [
        note(mark.name, hues, x=mark.weight_std, y=mark.bias_std, yshift=shift, font=font)
        for mark, shift in zip(ordered, _ROWS, strict=False)
    ]


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
