"""How alike the units of a layer are, at every step of training and for noise of every size."""

from typing import Any

import numpy as np

from initviz.engine.statistics import Floats
from initviz.experiments.rounding import RATES, WIDTHS, Torn
from initviz.experiments.symmetry import BIASES, NOISES, STEPS, WIDTH, Biased, Symmetry
from initviz.figures.theme import (
    PANEL_HEIGHT,
    Figure,
    Palette,
    layout,
    note,
    translucent,
    value_axis,
)
from initviz.runtime.words import number, power_of_ten

Trace = dict[str, Any]
_FAINTEST = 0.25
OPTIMIZER_NAMES = {"sgd": "SGD", "adam": "Adam"}
_KNOWING_NOTHING = float(np.log(10))


def noise_name(noise: float) -> str:
    """Return a noise of `NOISES` in words."""
    return power_of_ten(round(np.log10(noise))) if noise else "none"


def plot_similarity(found: Symmetry, noise: int, layer: int, colours: Palette) -> Figure:
    """Draw the cosine of every two units' incoming weights; a slider in the chart moves the step.

    `noise` and `layer` are places in the arrays of `Symmetry`. Without noise there is no slider,
    since every step looks the same.
    """
    units = np.arange(1, WIDTH + 1, dtype=np.int32)
    last = len(found.looked_at) - 1
    traces = [
        _heat(matrix, units, f"after step {step}", colours, shown=look == last)
        for look, (step, matrix) in enumerate(
            zip(found.looked_at.tolist(), found.similarity[:, noise, layer], strict=True)
        )
    ]
    axis = {"title": {"text": "unit", "standoff": 4}, "constrain": "domain", "dtick": 5, "tick0": 0}
    return Figure(
        traces,
        layout(
            "Similarity of units",
            f"cosine of incoming weights, layer {layer + 1}",
            colours,
            hovermode="closest",
            showlegend=False,
            xaxis={**axis, "showgrid": False},
            yaxis={**axis, "showgrid": False, "autorange": "reversed", "scaleanchor": "x"},
            sliders=[_slider(found, last, colours)] if noise else [],
            margin={"l": 48, "r": 8, "t": 34, "b": 96},
        ),
    )


def _heat(matrix: Any, units: Any, name: str, colours: Palette, *, shown: bool) -> Trace:
    return {
        "type": "heatmap",
        "x": units,
        "y": units,
        "z": matrix,
        "name": name,
        "visible": shown,
        "zmin": -1,
        "zmax": 1,
        "colorscale": [[0, colours.pins[0]], [0.5, colours.paper], [1, colours.measured]],
        "colorbar": {"thickness": 8, "tickvals": [-1, 0, 1], "x": 1.0},
        "hovertemplate": "units %{x} and %{y}: cosine %{z:.3f}<extra></extra>",
    }


def _slider(found: Symmetry, active: int, colours: Palette) -> dict[str, Any]:
    many = len(found.looked_at)
    return {
        "active": active,
        "x": 0,
        "len": 1,
        "y": -0.12,
        "pad": {"t": 4, "b": 0},
        "currentvalue": {"prefix": "after step ", "font": {"size": 12}, "xanchor": "left"},
        "bgcolor": colours.grid,
        "activebgcolor": colours.measured,
        "bordercolor": colours.grid,
        "tickcolor": colours.grid,
        "ticklen": 3,
        "font": {"size": 10, "color": colours.text},
        "steps": [
            {
                "label": str(step),
                "method": "restyle",
                "args": [{"visible": [look == at for at in range(many)]}],
            }
            for look, step in enumerate(found.looked_at.tolist())
        ],
    }


def plot_distinct(found: Symmetry, noise: int, layer: int, colours: Palette) -> Figure:
    """Draw the share of different units at every step, beside the run without noise."""
    steps, shares = _steps(found), found.distinct[:, :, layer]
    traces = [_line(steps, shares[:, 0], "no noise", colours.pins[0], width=2.5, dash="dash")]
    if noise:
        name = f"noise {noise_name(NOISES[noise])}"
        traces.append(_line(steps, shares[:, noise], name, colours.measured, width=2.5))
    return Figure(
        traces,
        layout(
            "Different units",
            f"over all units of layer {layer + 1}",
            colours,
            annotations=[
                note(
                    f"1 of {WIDTH} units: all are copies",
                    colours,
                    x=0.98,
                    xref="paper",
                    xanchor="right",
                    y=1 / WIDTH,
                    yanchor="bottom",
                )
            ],
            xaxis=_step_axis(),
            yaxis=value_axis(colours, range=[0, 1.05], tickformat=".0%"),
        ),
    )


def plot_apart(found: Symmetry, noise: int, layer: int, colours: Palette) -> Figure:
    """Draw how far units are apart, 1 − cosine on a log axis; no noise is 0 and cannot be drawn."""
    traces = [
        _of_noise(found.looked_at, found.apart[:, at, layer], at, noise, colours)
        for at in range(1, len(NOISES))
    ]
    return Figure(
        traces,
        layout(
            "How far apart units are",
            "mean of 1 − cosine over pairs",
            colours,
            height=PANEL_HEIGHT,
            xaxis=_step_axis(),
            yaxis=value_axis(
                colours, type="log", dtick=2, tick0=0, exponentformat="power", range=[-11, 0.6]
            ),
        ),
    )


def plot_loss(found: Symmetry, noise: int, colours: Palette) -> Figure:
    """Draw the loss of each batch, for noise of every size."""
    traces = [
        _of_noise(_steps(found), found.loss[:, at], at, noise, colours) for at in range(len(NOISES))
    ]
    return Figure(
        traces,
        layout(
            "Loss",
            "of each step's batch",
            colours,
            height=PANEL_HEIGHT,
            shapes=[
                {
                    "type": "line",
                    "xref": "paper",
                    "x0": 0,
                    "x1": 1,
                    "y0": _KNOWING_NOTHING,
                    "y1": _KNOWING_NOTHING,
                    "line": {"color": colours.text, "width": 1, "dash": "dot"},
                }
            ],
            annotations=[
                note(
                    "guessing",
                    colours,
                    x=0,
                    xref="paper",
                    xanchor="left",
                    y=_KNOWING_NOTHING,
                    yanchor="bottom",
                )
            ],
            xaxis=_step_axis(),
            yaxis=value_axis(colours, range=[0, 2.6]),
        ),
    )


def plot_biased(found: Biased, colours: Palette) -> Figure:
    """Draw the share of dead units at the first step and after training, for every bias."""
    bars = [
        {
            "type": "bar",
            "x": [f"{bias:g}" for bias in BIASES],
            "y": values,
            "name": name,
            "marker": {"color": hue},
            "hovertemplate": "%{y:.1%}",
        }
        for name, values, hue in (
            ("at the first step", found.first, colours.pins[0]),
            ("after training", found.last, colours.measured),
        )
    ]
    return Figure(
        bars,
        layout(
            "Dead units",
            "ReLU, share of all units",
            colours,
            height=PANEL_HEIGHT,
            barmode="group",
            xaxis={"type": "category", "title": {"text": "bias at the start", "standoff": 4}},
            yaxis=value_axis(colours, tickformat=".0%", rangemode="tozero"),
        ),
    )


def _steps(found: Symmetry) -> Any:
    return np.arange(1, len(found.loss) + 1, dtype=np.int32)


def _step_axis() -> dict[str, Any]:
    return {
        "title": {"text": "step", "standoff": 4},
        # A little further than the last step, whose label would be cut off.
        "range": [0, 1.02 * STEPS],
        "dtick": STEPS // 5,
        "showgrid": False,
        "zeroline": False,
        "unifiedhovertitle": {"text": "step %{x}"},
    }


def _of_noise(x: Any, y: Floats, at: int, chosen: int, colours: Palette) -> Trace:
    """Return the curve of one noise: the chosen one stands out, no noise is dashed.

    The larger the noise, the stronger the colour.
    """
    shade = translucent(colours.pins[2], _FAINTEST + (1 - _FAINTEST) * at / (len(NOISES) - 1))
    hue = colours.pins[0] if at == 0 else colours.measured if at == chosen else shade
    return _line(
        x,
        y,
        noise_name(NOISES[at]) if at else "no noise",
        hue,
        width=3 if at == chosen else 1.5,
        dash="dash" if at == 0 else "solid",
    )


def _line(x: Any, y: Floats, name: str, hue: str, *, width: float, dash: str = "solid") -> Trace:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "name": name,
        "mode": "lines",
        "line": {"color": hue, "width": width, "dash": dash},
        "customdata": [number(value) for value in y.tolist()],
        "hovertemplate": "%{customdata}",
    }


def plot_torn(found: Torn, colours: Palette) -> Figure:
    """Draw how many different units there are at every step, by optimizer and width."""
    steps = np.arange(1, found.groups.shape[2] + 1, dtype=np.int32)
    traces = [
        _line(
            steps, groups, f"{OPTIMIZER_NAMES[optimizer]}, {width} units", hue, width=2, dash=dash
        )
        for optimizer, dash, rows in zip(RATES, ("dash", "solid"), found.groups, strict=True)
        for width, groups, hue in zip(WIDTHS, rows, colours.hues, strict=False)
    ]
    return Figure(
        traces,
        layout(
            "What rounding makes of copies",
            "different units in the layer that has most",
            colours,
            height=PANEL_HEIGHT,
            xaxis=_step_axis(),
            yaxis=value_axis(colours, rangemode="tozero", tickformat="d"),
        ),
    )
