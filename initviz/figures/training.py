"""How networks learn: loss and accuracy against the step."""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from initviz.engine.statistics import Floats
from initviz.figures.signal import Window, log_axis
from initviz.figures.theme import Figure, Palette, layout, note, value_axis

Trace = dict[str, Any]

DETAIL_HEIGHT = 460
# The decades of a loss that are always shown.
LOSSES: Window = (-2.0, 1.0)
# Up to so many steps each has its tick.
_TICKS = 6
# As many points of a curve as are drawn: the message is sent again and again.
_MOST_POINTS = 400
# Where the words of crosses that are near each other stand.
_AROUND = ("middle right", "top right", "bottom right")


@dataclass(frozen=True)
class Curves:
    """What the charts of a run show.

    `loss` and `accuracy` are (steps so far, networks), `hues` the place of each network's hue
    in a palette, `test` the accuracies on the test set, NaN where there is none, `guess` the loss
    and the accuracy of guessing, `steps` how many there will be and `run` what tells one run from
    another.
    """

    names: tuple[str, ...]
    hues: tuple[int, ...]
    loss: Floats
    accuracy: Floats
    test: Floats
    guess: tuple[float, float]
    steps: int
    run: int

    def emptied(self) -> "Curves":
        """Return the same before the first step."""
        nothing = np.full(len(self.names), np.nan)
        return replace(self, loss=self.loss[:0], accuracy=self.accuracy[:0], test=nothing)


def plot_loss(curves: Curves, colours: Palette) -> Figure:
    """Draw each network's loss on a log axis; a cross marks where it stops being a number."""
    shown = decades(log10(curves.loss), LOSSES)
    guess = curves.guess[0]
    return Figure(
        [
            *_lines(curves, curves.loss, colours, "loss %{y:.3~r}"),
            *_crosses(curves, curves.loss, 10.0 ** shown[1], colours),
        ],
        _by_step(
            "Loss",
            "cross-entropy of each step's batch",
            curves,
            colours,
            yaxis=log_axis(shown, colours),
            **guessing(guess, math.log10(guess), colours),
        ),
    )


def plot_accuracy(curves: Curves, colours: Palette) -> Figure:
    """Draw the share of each step's batch that each network classifies rightly."""
    guess = curves.guess[1]
    return Figure(
        [
            *_lines(curves, curves.accuracy, colours, "%{y:.0%} right"),
            *_crosses(curves, curves.accuracy, guess, colours),
            *_tests(curves, colours),
        ],
        _by_step(
            "Accuracy",
            "share of each step's batch; diamond: of the test set",
            curves,
            colours,
            yaxis=value_axis(colours, range=[-0.02, 1.04], tickformat=".0%"),
            **guessing(guess, guess, colours),
        ),
    )


def _by_step(title: str, what: str, curves: Curves, colours: Palette, **shown: Any) -> Any:
    """Return the layout of a chart of a run, which keeps its place and its steps meanwhile."""
    steps = step_axis(curves.steps, colours)
    return layout(title, what, colours, uirevision=curves.run, xaxis=steps, **shown)


def step_axis(steps: int, colours: Palette) -> dict[str, Any]:
    """Return the horizontal axis of a run: it is as long at the start as at the end."""
    return {
        "title": {"text": "step", "standoff": 4},
        "range": [1 - 0.02 * steps, 1.02 * steps + 0.5],
        "tickformat": "d",
        **({"dtick": 1} if steps <= _TICKS else {}),
        "gridcolor": colours.grid,
        "showgrid": False,
        "zeroline": False,
        "unifiedhovertitle": {"text": "step %{x}"},
    }


def decades(logarithms: Floats, at_least: Window) -> Window:
    """Return whole decades that hold what can be drawn of some logarithms."""
    found = logarithms[np.isfinite(logarithms)]
    if not found.size:
        return at_least
    low, high = math.floor(found.min()), math.ceil(found.max())
    return min(at_least[0], low), max(at_least[1], high)


def log10(values: Floats) -> Floats:
    """Return logarithms, of 0 and of what is no number as well."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithms: Floats = np.log10(values)
    return logarithms


def _lines(curves: Curves, values: Floats, colours: Palette, told: str) -> list[Trace]:
    every = max(1, math.ceil(curves.steps / _MOST_POINTS))
    steps = np.arange(1, len(values) + 1, dtype=np.int32)[::every]
    return [
        {
            "type": "scatter",
            "x": steps,
            "y": column[::every].astype(np.float32),
            "name": name,
            # A line of one point is not to be seen.
            "mode": "lines+markers" if len(steps) == 1 else "lines",
            "line": {"color": colours.hues[hue], "width": 2},
            "hovertemplate": told,
        }
        for name, hue, column in zip(curves.names, curves.hues, values.T, strict=True)
    ]


def _tests(curves: Curves, colours: Palette) -> list[Trace]:
    """Mark what each network gets right of the test set, at the last step."""
    return [
        {
            "type": "scatter",
            "x": [len(curves.accuracy)],
            "y": [float(share)],
            "name": f"{name}, test set",
            "mode": "markers",
            "marker": {
                "color": colours.hues[hue],
                "size": 11,
                "symbol": "diamond",
                "line": {"color": colours.ink, "width": 1},
            },
            "showlegend": False,
            "cliponaxis": False,
            "hovertemplate": "%{y:.0%} right",
        }
        for name, hue, share in zip(curves.names, curves.hues, curves.test, strict=True)
        if np.isfinite(share)
    ]


def _crosses(curves: Curves, values: Floats, fallback: float, colours: Palette) -> list[Trace]:
    """Mark the last finite step of every network that has a step which is not."""
    made: list[Trace] = []
    for name, hue, column in zip(curves.names, curves.hues, values.T, strict=True):
        lost = np.flatnonzero(np.isnan(column))
        if not lost.size:
            continue
        last = int(lost[0]) - 1
        y = float(column[last]) if last >= 0 else fallback
        mark = cross([max(last, 0) + 1], [y], name, colours.hues[hue], "diverged")
        made.append({**mark, "textposition": _AROUND[len(made) % len(_AROUND)]})
    return made


def cross(x: Any, y: Any, name: str, colour: str, text: str) -> Trace:
    """Return crosses where a network diverged, with a word beside each."""
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "name": f"{name} diverged",
        "mode": "markers+text",
        "text": [text] * len(x),
        "textfont": {"color": colour},
        "marker": {"color": colour, "size": 11, "symbol": "x"},
        "showlegend": False,
        "cliponaxis": False,
        "hovertemplate": "diverged: from the next step on it is not a number"
        if text
        else "diverged",
    }


def guessing(level: float, at: float, colours: Palette) -> dict[str, Any]:
    """Draw the level of who knows nothing; `at` is where an annotation takes it to be."""
    name = note("guessing", colours, x=1, xref="paper", xanchor="right", y=at, yanchor="bottom")
    line = straight(colours, x0=0, x1=1, xref="paper", y0=level, y1=level)
    return {"shapes": [line], "annotations": [name]}


def straight(colours: Palette, **where: Any) -> dict[str, Any]:
    """Return a dotted line across a chart."""
    return {"type": "line", "line": {"color": colours.text, "width": 1, "dash": "dot"}, **where}
