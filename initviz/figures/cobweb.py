"""The cobweb: two inputs on their way through the layers, merging or torn apart."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from initviz.figures.plane import HEIGHT
from initviz.figures.theme import Figure, Palette, layout, note, value_axis
from initviz.theory.cobweb import Cobweb

Trace = dict[str, Any]


def plot_cobweb(drawn: Cobweb, hues: Palette) -> Figure:
    """Draw the correlation map against the diagonal, the walk as stairs, and where it ends."""
    traces = [
        _line("no change", np.array([[0, 1], [0, 1]]), hues.text, width=1, dash="dot"),
        _line(
            "one layer, by theory",
            np.stack((drawn.cosines, drawn.mapped)),
            hues.measured,
            width=2,
            dash="dash",
        ),
        _line("two inputs", _stairs(drawn), hues.pins[0], width=1.25, dash="solid"),
        _end(drawn, hues),
    ]
    return Figure(
        traces,
        layout(
            "Two inputs",
            "merging, or torn apart",
            hues,
            height=HEIGHT,
            hovermode="closest",
            dragmode=False,
            margin={"l": 48, "r": 8, "t": 34, "b": 105},
            legend={"orientation": "h", "x": 0, "xanchor": "left", "y": -0.15, "yanchor": "top"},
            xaxis=value_axis(
                hues, title={"text": "cosine in one layer", "standoff": 4}, range=[-0.02, 1.02]
            ),
            yaxis=value_axis(hues, title={"text": "cosine one layer on"}, range=[-0.02, 1.02]),
            annotations=[_end_name(drawn, hues)],
        ),
    )


def _line(name: str, points: NDArray[Any], hue: str, *, width: float, dash: str) -> Trace:
    return {
        "type": "scatter",
        "x": points[0],
        "y": points[1],
        "name": name,
        "mode": "lines",
        "line": {"color": hue, "width": width, "dash": dash},
        "hovertemplate": "%{x:.3g} becomes %{y:.3g}",
    }


def _stairs(drawn: Cobweb) -> NDArray[Any]:
    """Go up from the diagonal to the map, across to the diagonal, and so on: (2, corners)."""
    twice = np.repeat(drawn.walk, 2)
    return np.stack((twice[:-1], twice[1:]))


def _end(drawn: Cobweb, hues: Palette) -> Trace:
    return {
        "type": "scatter",
        "x": np.array([drawn.c_star]),
        "y": np.array([drawn.c_star]),
        "name": "where all walks end",
        "mode": "markers",
        "marker": {"color": hues.pins[2], "size": 10, "line": {"width": 1}},
        "hovertemplate": "%{x:.3g}: a layer changes nothing more",
    }


def _end_name(drawn: Cobweb, hues: Palette) -> dict[str, Any]:
    """Name the fixed point on the side of the diagonal where neither map nor stairs are."""
    below = 1 if drawn.c_star > 0.5 else -1
    return note(
        f"c* = {drawn.c_star:.3g}",
        hues,
        x=drawn.c_star,
        y=drawn.c_star,
        showarrow=True,
        arrowhead=0,
        arrowwidth=1,
        arrowcolor=hues.text,
        standoff=6,
        ax=-15 * below,
        ay=70 * below,
    )
