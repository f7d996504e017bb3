"""How far a network stretches each direction of its input: at the output, and on the way there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from initviz.engine.statistics import Floats
from initviz.experiments.jacobian import SingularValues
from initviz.figures.theme import Figure, Palette, layer_axis, layout, note, translucent, value_axis
from initviz.runtime.words import from_log10
from initviz.theory.spectrum import Density

_BINS = 40
# The fewest decades shown, so that an isometry looks like one.
_NARROWEST = 3.0
_TICKS = 6
# Decades between ticks; beyond the last of them a network is far outside any number format.
_STEPS = (1, 2, 5, 10, 20, 50, 100, 200)
Trace = dict[str, Any]


@dataclass(frozen=True)
class Measured:
    """A network's singular values, its name in the legend, and the theory's density if any."""

    name: str
    values: SingularValues
    density: Density | None


def plot_spectrum(networks: Sequence[Measured], colours: Palette) -> Figure:
    """Draw how the output's singular values are spread over decades, with the theory's curve."""
    output = [m.values.log10[-1][np.isfinite(m.values.log10[-1])] for m in networks]
    low, high = _range(np.concatenate(output))
    edges = np.linspace(low, high, _BINS + 1)
    traces, hues = [], (colours.measured, *colours.pins)
    for measured, values, hue in zip(networks, output, hues, strict=False):
        counts = np.histogram(values, edges)[0]
        traces.append(_bars(measured.name, counts / measured.values.log10.shape[1], edges, hue))
    for measured, hue in zip(networks, hues, strict=False):
        if measured.density is not None:
            traces.append(_expected(f"theory: {measured.name}", measured.density, edges, hue))
    return Figure(
        traces,
        layout(
            "Singular values at the output",
            "how strongly each arrives",
            colours,
            barmode="overlay",
            bargap=0,
            hovermode="closest",
            annotations=_nothing(output, colours),
            xaxis=_decades((low, high), colours, title={"text": "stretched by", "standoff": 4}),
            yaxis=value_axis(
                colours, title={"text": "share of directions"}, tickformat=".0%", rangemode="tozero"
            ),
        ),
    )


def plot_bundle(networks: Sequence[Measured], colours: Palette) -> Figure:
    """Draw the largest, median and smallest singular value that is not 0 against the layer."""
    bundles = [_bundle(m.values.log10) for m in networks]
    hues = (colours.measured, *colours.pins)
    traces = []
    for measured, bundle, hue in zip(networks, bundles, hues, strict=False):
        traces += _fan(measured, bundle, hue)
    every = np.concatenate([b.ravel() for b in bundles])
    return Figure(
        traces,
        layout(
            "Singular values by layer",
            "largest, median, smallest",
            colours,
            annotations=_nothing([b[:, -1][np.isfinite(b[:, -1])] for b in bundles], colours),
            xaxis=layer_axis(int(networks[0].values.depths[-1]), colours),
            yaxis=_decades(_range(every[np.isfinite(every)]), colours),
        ),
    )


def _bundle(log10: Floats) -> Floats:
    """Return the largest, median and smallest finite value of every row, (3, depths)."""
    rows = [row[np.isfinite(row)] for row in log10]
    found = [(r.max(), np.median(r), r.min()) if r.size else (np.nan,) * 3 for r in rows]
    return np.array(found).T


def _range(values: Floats) -> tuple[float, float]:
    """Return the decades around values, no fewer than are worth seeing."""
    if not values.size:
        return -_NARROWEST / 2, _NARROWEST / 2
    low, high = float(values.min()), float(values.max())
    room = max(0.04 * (high - low), (_NARROWEST - (high - low)) / 2)
    return low - room, high + room


def _decades(shown: tuple[float, float], colours: Palette, **changes: Any) -> dict[str, Any]:
    """Return an axis of logarithms, which unlike a log axis holds what a float cannot."""
    return value_axis(
        colours,
        range=list(shown),
        tickprefix="10<sup>",
        ticksuffix="</sup>",
        tickformat="d",
        dtick=next((s for s in _STEPS if shown[1] - shown[0] <= s * _TICKS), _STEPS[-1]),
        tick0=0,
        **changes,
    )


def _bars(name: str, shares: Floats, edges: Floats, hue: str) -> Trace:
    return {
        "type": "bar",
        "x": (edges[1:] + edges[:-1]) / 2,
        "y": shares,
        "name": name,
        "marker": {"color": translucent(hue, 0.6), "line": {"width": 0}},
        "customdata": np.array([from_log10(x) for x in (edges[1:] + edges[:-1]) / 2]),
        "hovertemplate": "near %{customdata}: %{y:.1%} of the directions",
    }


def _expected(name: str, density: Density, edges: Floats, hue: str) -> Trace:
    """Return the curve, as shares of a bin; the atom at the largest value is a needle."""
    inside = (density.log10 >= edges[0]) & (density.log10 <= edges[-1])
    x, y = density.log10[inside], density.share[inside] * (edges[1] - edges[0])
    if density.top > 0:
        x = np.concatenate((x, [np.nan, density.edge, density.edge]))
        y = np.concatenate((y, [np.nan, 0, density.top]))
    return {
        "type": "scatter",
        "x": x,
        "y": np.minimum(y, 1),
        "name": name,
        "mode": "lines",
        "line": {"color": hue, "width": 1.5, "dash": "dash"},
        "hoverinfo": "skip",
    }


def _fan(measured: Measured, bundle: Floats, hue: str) -> list[Trace]:
    """Return a network's bundle: a band from largest to smallest, and the median in it."""
    depths, alive = measured.values.depths, np.isfinite(bundle[0])
    around = np.concatenate((bundle[0][alive], bundle[2][alive][::-1]))
    x = depths[alive]
    band = {
        "type": "scatter",
        "x": np.concatenate((x, x[::-1])),
        "y": around,
        "name": f"all of {measured.name}",
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": translucent(hue, 0.13),
        "hoverinfo": "skip",
        "showlegend": False,
    }
    names = ("largest", "median", "smallest")
    return [
        band,
        *(
            {
                "type": "scatter",
                "x": depths,
                "y": values,
                "name": measured.name if name == "median" else f"{name}, {measured.name}",
                "mode": "lines+markers" if len(depths) == 1 else "lines",
                "line": {"color": hue, "width": 2.5 if name == "median" else 1},
                "showlegend": name == "median",
                "customdata": np.array([from_log10(v) for v in values]),
                "hovertemplate": f"{name} %{{customdata}}",
            }
            for name, values in zip(names, bundle, strict=True)
        ),
    ]


def _nothing(output: Sequence[Floats], colours: Palette) -> list[dict[str, Any]]:
    if any(values.size for values in output):
        return []
    middle = {"x": 0.5, "xref": "paper", "y": 0.5, "yref": "paper"}
    return [note("every direction is lost", colours, **middle)]
