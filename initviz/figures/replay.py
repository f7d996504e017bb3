"""A finished run, step by step: frames that a browser plays without asking anybody."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from initviz.engine.statistics import Floats
from initviz.figures.signal import Curve, log_axis, window
from initviz.figures.theme import Figure, Palette, layer_axis, layers, layout, note
from initviz.figures.training import DETAIL_HEIGHT

Trace = dict[str, Any]
# Between two steps of what is played, in milliseconds.
_A_FRAME = 80
# Two charts, one above the other, that share the layers.
_UPPER, _LOWER = [0.58, 0.96], [0.12, 0.5]
_LARGEST = 1e300
_TITLE, _DETAIL = "Replay", "variance by layer, step by step"


class Replay(Figure):
    """A figure with frames."""

    def __init__(
        self, traces: list[Trace], shown: dict[str, Any], frames: list[dict[str, Any]]
    ) -> None:
        super().__init__(traces, shown)
        self._played = frames

    def to_dict(self) -> dict[str, Any]:
        """Return the figure as plain data, frames included."""
        return {**super().to_dict(), "frames": self._played}


def plot_replay(
    steps: Sequence[int],
    act_var: Floats,
    grad_var: Floats,
    names: Sequence[str],
    hues: Sequence[int],
    *,
    run: int,
    colours: Palette,
) -> Replay:
    """Draw variances by layer, (steps, networks, depth), with a slider over the steps.

    It rests at the first step: what the initializer gave. Of a run without steps, or one that
    is not over, it is an empty chart that says so.
    """
    if not steps:
        return _not_yet(run, colours)
    depth, sides = act_var.shape[2], {"y": act_var, "y2": grad_var}
    traces = [
        _curve(values[0, place], name, colours.hues[hue], axis)
        for axis, values in sides.items()
        for place, (name, hue) in enumerate(zip(names, hues, strict=True))
    ]
    frames = [
        {
            "name": str(step),
            "data": [{"y": _heights(row)} for values in sides.values() for row in values[at]],
            "traces": list(range(len(traces))),
        }
        for at, step in enumerate(steps)
    ]
    return Replay(
        traces,
        layout(
            _TITLE,
            _DETAIL,
            colours,
            height=DETAIL_HEIGHT,
            uirevision=run,
            margin={"l": 48, "r": 8, "t": 34, "b": 96},
            legend={"orientation": "h", "x": 0, "y": -0.25, "yanchor": "top"},
            xaxis={**layer_axis(depth, colours), "anchor": "y2"},
            yaxis={**_decades(act_var, colours), "domain": _UPPER},
            yaxis2={**_decades(grad_var, colours), "domain": _LOWER},
            annotations=[
                note(
                    text, colours, x=0, xref="paper", y=domain[1], yref="paper", yanchor="bottom",
                    xanchor="left",
                )
                for text, domain in (("activation, Var h", _UPPER), ("gradient, Var ∂ℓ/∂z", _LOWER))
            ],
            sliders=[_slider(steps, colours)],
            updatemenus=[_buttons(colours)],
        ),
        frames,
    )  # fmt: skip


def _curve(values: Floats, name: str, colour: str, axis: str) -> Trace:
    """Return a network's variances by layer, (depth,); both charts share one legend."""
    depth = len(values)
    return {
        "type": "scatter",
        "x": layers(depth),
        "y": _heights(values),
        "name": name,
        "xaxis": "x",
        "yaxis": axis,
        "mode": "lines+markers" if depth == 1 else "lines",
        "line": {"color": colour, "width": 2.25},
        "legendgroup": name,
        "showlegend": axis == "y",
        "hovertemplate": "%{y:.2g}",
    }


def _not_yet(run: int, colours: Palette) -> Replay:
    hidden = {"visible": False}
    middle = {"x": 0.5, "xref": "paper", "y": 0.5, "yref": "paper"}
    shown = layout(
        _TITLE,
        _DETAIL,
        colours,
        height=DETAIL_HEIGHT,
        uirevision=run,
        xaxis=hidden,
        yaxis=hidden,
        annotations=[note("when the run has ended", colours, **middle)],
    )
    return Replay([], shown, [])


def _decades(values: Floats, colours: Palette) -> dict[str, Any]:
    with np.errstate(divide="ignore", invalid="ignore"):
        shown = window([Curve("", np.log10(values.ravel()))])
    return log_axis(shown, colours)


def _heights(values: Floats) -> list[float | None]:
    """Return what can be drawn on a log axis, to four digits, which is all a chart shows."""
    drawable = np.isfinite(values) & (values > 0) & (values < _LARGEST)
    return [float(f"{v:.4g}") if d else None for v, d in zip(values, drawable, strict=True)]


def _slider(steps: Sequence[int], colours: Palette) -> dict[str, Any]:
    return {
        "currentvalue": {"prefix": "step ", "font": {"color": colours.text}},
        "x": 0,
        "len": 1,
        "y": 0,
        "pad": {"t": 8, "b": 0},
        "bgcolor": colours.measured,
        "activebgcolor": colours.measured,
        "bordercolor": colours.grid,
        "tickcolor": "rgba(0,0,0,0)",
        "minorticklen": 0,
        "font": {"color": "rgba(0,0,0,0)"},
        "steps": [
            {
                "label": str(step),
                "method": "animate",
                "args": [[str(step)], _how(0)],
            }
            for step in steps
        ],
    }


def _how(duration: int) -> dict[str, Any]:
    return {
        "mode": "immediate",
        "fromcurrent": True,
        "frame": {"duration": duration, "redraw": False},
        "transition": {"duration": 0},
    }


def _buttons(colours: Palette) -> dict[str, Any]:
    return {
        "type": "buttons",
        "direction": "left",
        "x": 1,
        "y": 1,
        "xanchor": "right",
        "yanchor": "bottom",
        "pad": {"t": 0, "r": 0, "b": 2},
        "showactive": False,
        "font": {"color": colours.text},
        "bgcolor": "rgba(128, 128, 128, 0.1)",
        "bordercolor": colours.grid,
        "buttons": [
            {"label": "▶", "method": "animate", "args": [None, _how(_A_FRAME)]},
            {"label": "❚❚", "method": "animate", "args": [[None], _how(0)]},
        ],
    }
