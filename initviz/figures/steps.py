"""What becomes of every layer in training: a heatmap by layer and step."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from initviz.engine.statistics import Floats
from initviz.figures.theme import (
    Figure,
    Palette,
    layer_axis,
    layers,
    layout,
    note,
    shades,
    value_axis,
)
from initviz.figures.training import DETAIL_HEIGHT, decades, log10, step_axis

_TICKS = 6


@dataclass(frozen=True)
class Measure:
    """A column of `LayerStatistics` as a picture names it; shares are drawn from 0 to 1."""

    title: str
    detail: str
    scale: str = "variance"
    share: bool = False


MEASURES = {
    "grad_preact_var": Measure("Gradient variance", "Var ∂ℓ/∂z"),
    "act_var": Measure("Activation variance", "Var h"),
    "update_ratio": Measure("Update ratio", "‖ΔW‖/‖W‖ of a step", "ratio"),
    "dead_fraction": Measure("Dead units", "0 for a whole batch", share=True),
    "saturated_fraction": Measure("Saturated", "where φ is flat", share=True),
}


def plot_steps(
    column: str,
    steps: Sequence[int],
    values: Floats,
    name: str,
    hue: int,
    *,
    last: int,
    run: int,
    colours: Palette,
) -> Figure:
    """Draw a column of `MEASURES`, given as (steps, depth), layer by layer and step by step.

    Sizes are drawn in decades. `steps` are those looked at so far, `last` is the run's last one.
    """
    measure = MEASURES[column]
    drawn = values.T if measure.share else log10(values.T)
    depth, anything = len(drawn), bool(np.isfinite(drawn).any())
    heatmap = {
        "type": "heatmap",
        "x": np.array(steps, dtype=np.int32),
        "y": layers(depth),
        "z": drawn.astype(np.float32),
        "colorscale": shades(colours.hues[hue]),
        **(_shares() if measure.share else _sizes(drawn, measure.scale)),
    }
    axis = layer_axis(depth, colours)
    return Figure(
        [heatmap] if anything else [],
        layout(
            measure.title,
            f"{measure.detail}, {name}",
            colours,
            height=DETAIL_HEIGHT,
            hovermode="closest",
            showlegend=False,
            uirevision=run,
            annotations=[] if anything or not len(steps) else [_silence(colours)],
            xaxis=step_axis(last, colours),
            yaxis=value_axis(
                colours,
                title={"text": "layer", "standoff": 4},
                range=[0.5, depth + 0.5],
                dtick=axis["dtick"],
                tickformat="d",
                showgrid=False,
            ),
        ),
    )


def _silence(colours: Palette) -> dict[str, Any]:
    middle = {"x": 0.5, "xref": "paper", "y": 0.5, "yref": "paper"}
    return note("at no step more than 0 and finite", colours, **middle)


def _shares() -> dict[str, Any]:
    return {
        "zmin": 0,
        "zmax": 1,
        "colorbar": {"thickness": 10, "tickformat": ".0%"},
        "hovertemplate": "step %{x}, layer %{y}: %{z:.0%}<extra></extra>",
    }


def _sizes(logarithms: Floats, title: str) -> dict[str, Any]:
    found = logarithms[np.isfinite(logarithms)]
    top = float(np.ceil(found.max())) if found.size else 0.0
    low, high = decades(found, (top - 2, top))
    return {
        "zmin": low,
        "zmax": high,
        "colorbar": {
            "title": {"text": title, "font": {"size": 11}},
            "thickness": 10,
            "tickprefix": "10<sup>",
            "ticksuffix": "</sup>",
            "tickformat": "d",
            "dtick": max(1, math.ceil((high - low) / _TICKS)),
        },
        "hovertemplate": "step %{x}, layer %{y}: 10<sup>%{z:.1f}</sup><extra></extra>",
    }
