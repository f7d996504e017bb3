"""What becomes of networks at other learning rates."""

import math
from collections.abc import Sequence

import numpy as np

from initviz.engine.statistics import Floats
from initviz.figures.signal import heights, log_axis
from initviz.figures.theme import Figure, Palette, layout, note
from initviz.figures.training import LOSSES, Trace, cross, decades, guessing, log10, straight
from initviz.runtime.words import number


def plot_rates(
    rates: Sequence[float],
    losses: Floats,
    names: Sequence[str],
    hues: Sequence[int],
    *,
    chosen: float,
    guess: float,
    colours: Palette,
) -> Figure:
    """Draw the final loss against the learning rate; crosses diverged.

    `losses` is (rates so far, networks), of the first of the rates.
    """
    shown = decades(log10(losses), LOSSES)
    x, top = np.array(rates)[: len(losses)], 10.0 ** (shown[1] - 0.15)
    traces: list[Trace] = []
    for name, hue, column in zip(names, hues, losses.T, strict=True):
        colour = colours.hues[hue]
        traces.append(_curve(x, column, name, colour))
        lost = np.flatnonzero(np.isnan(column))
        if lost.size:
            traces.append(cross(x[lost], np.full(lost.size, top), name, colour, ""))
    given = guessing(guess, math.log10(guess), colours)
    given["shapes"].append(straight(colours, x0=chosen, x1=chosen, y0=0, y1=1, yref="paper"))
    given["annotations"].append(
        note(
            "chosen",
            colours,
            x=math.log10(chosen),
            y=0,
            yref="paper",
            yanchor="bottom",
            xanchor="left",
        )
    )
    room = 0.1
    return Figure(
        traces,
        layout(
            "Final loss",
            "by learning rate; cross: diverged",
            colours,
            legend={"orientation": "h", "x": 0, "xanchor": "left", "y": -0.26, "yanchor": "top"},
            xaxis={
                **log_axis((math.log10(rates[0]) - room, math.log10(rates[-1]) + room), colours),
                "title": {"text": "learning rate", "standoff": 4},
                "dtick": 1,
                "showgrid": False,
                "unifiedhovertitle": {"text": "learning rate %{x}"},
            },
            yaxis=log_axis(shown, colours),
            **given,
        ),
    )


def _curve(rates: Floats, losses: Floats, name: str, colour: str) -> Trace:
    return {
        "type": "scatter",
        "x": rates,
        "y": heights(log10(losses)),
        "name": name,
        "mode": "lines+markers",
        "line": {"color": colour, "width": 2.25},
        "marker": {"color": colour, "size": 7},
        "customdata": [f"loss {number(v, 3)}" for v in losses],
        "hovertemplate": "%{customdata}",
    }
