"""Variance against layer on a log axis: the picture the whole program is about."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from initviz.engine.measurement import smallest_normal_log10
from initviz.engine.statistics import Floats
from initviz.experiments.sweep import gain_range
from initviz.figures.theme import Figure, Palette, layer_axis, layers, layout, note, value_axis
from initviz.runtime.words import from_log10
from initviz.setting.network import Network
from initviz.signals import Signals
from initviz.verdict.thresholds import DECADES

Statistic = Literal["variance", "std"]
Window = tuple[float, float]
Trace = dict[str, Any]
Shape = dict[str, Any]
Note = dict[str, Any]

SMALLEST_WINDOW: Window = (-4.0, 4.0)
_STEP = 4
_MARKED_LAYERS = 60
_TICKS = 6
_WORDS: dict[Statistic, tuple[str, str]] = {
    "variance": ("variance", "Var"),
    "std": ("standard deviation", "Std"),
}


@dataclass(frozen=True)
class Quantity:
    """A column that can be drawn, in words; `judged` says that the verdict looks at it."""

    column: str
    title: str
    symbol: str
    direction: str
    judged: bool = True
    backward: bool = False


_BACKWARD = "backward, loss at right"
QUANTITIES = {
    "act": Quantity("act_var", "Activation", "h", "forward, layer 1 first"),
    "z": Quantity("grad_preact_var", "Gradient", "∂ℓ/∂z", _BACKWARD, backward=True),
    "h": Quantity("grad_act_var", "Gradient", "∂ℓ/∂h", _BACKWARD, judged=False, backward=True),
    "W": Quantity("grad_weight_var", "Gradient", "∂ℓ/∂W", _BACKWARD, judged=False, backward=True),
}


@dataclass(frozen=True)
class Curve:
    """One network's curve: its name in the legend and log10 of what is drawn."""

    name: str
    log10: Floats


def share_of(statistic: Statistic) -> float:
    """Return what a logarithm of a variance is multiplied with: ½ for a standard deviation."""
    return 0.5 if statistic == "std" else 1.0


def curve(name: str, signals: Signals, quantity: Quantity, statistic: Statistic) -> Curve:
    """Return what is drawn of a probe: log10 of a variance, or of its root."""
    return Curve(name, share_of(statistic) * signals.log10[quantity.column])


def window(curves: Sequence[Curve], at_least: Window = SMALLEST_WINDOW) -> Window:
    """Return the decades to show: `at_least`, grown in steps of four where data leave it."""
    drawable = np.concatenate([c.log10[_drawable(c.log10)] for c in curves])
    if not drawable.size:
        return at_least
    low = _STEP * math.floor(float(drawable.min()) / _STEP)
    high = _STEP * math.ceil(float(drawable.max()) / _STEP)
    return min(at_least[0], low), max(at_least[1], high)


def plot_signal(
    signals: Signals,
    pins: Sequence[tuple[str, Signals]],
    quantity: Quantity,
    statistic: Statistic,
    *,
    shown: Window,
    colours: Palette,
    theory: Sequence[Trace] = (),
) -> go.Figure:
    """Draw a quantity against the layer for one probe, its theory and the pinned ones behind."""
    measured = curve("measured", signals, quantity, statistic)
    ghosts = [curve(f"pinned: {name}", pinned, quantity, statistic) for name, pinned in pins]
    marked = len(signals.layers) <= _MARKED_LAYERS
    traces = [
        *theory,
        *(_line(g, hue, 1.75, marked=False) for g, hue in zip(ghosts, colours.pins, strict=False)),
        _line(measured, colours.measured, 2.5, marked=marked),
        *_lost(signals, measured, quantity, colours),
    ]
    shapes, notes = [], _missing(measured, colours)
    start = float(measured.log10[-1 if quantity.backward else 0])
    if quantity.judged and math.isfinite(start):
        reach = DECADES / 2 if statistic == "std" else DECADES
        zone = max(start - reach, shown[0]), min(start + reach, shown[1])
        shapes = zone_shapes(zone, colours)
        notes += zone_names(zone, shown, colours, backward=quantity.backward)
    word, short = _WORDS[statistic]
    return Figure(
        traces,
        layout(
            f"{quantity.title} {word}",
            f"{short} {quantity.symbol}, {quantity.direction}",
            colours,
            xaxis=layer_axis(max(len(c.log10) for c in (measured, *ghosts)), colours),
            yaxis=log_axis(shown, colours),
            shapes=shapes,
            annotations=notes,
            meta=_told(signals.network),
        ),
    )


def _told(network: Network | None) -> dict[str, Any] | None:
    """Return what the page's own script asks a chart: its network, and the gains of its sweep."""
    if network is None:
        return None
    return {"network": network.model_dump(), "gains": asdict(gain_range(network))}


def describe(signals: Signals, quantity: Quantity) -> str:
    """Return the text alternative of a chart: what a sighted reader takes from it."""
    values = signals.log10[quantity.column]
    first, last = from_log10(float(values[0])), from_log10(float(values[-1]))
    return (
        f"Variance of {quantity.symbol} by layer, log axis: {first} at layer 1, "
        f"{last} at layer {len(values)}. Verdict: {signals.diagnosis.verdict}."
    )


def _drawable(log10: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    with np.errstate(invalid="ignore"):
        drawable: np.ndarray[tuple[int], np.dtype[np.bool_]] = np.isfinite(log10) & (
            np.abs(log10) < np.log10(np.finfo(np.float64).max)
        )
    return drawable


def heights(log10: Floats) -> Floats:
    """Return the values to draw, with gaps where a chart cannot hold them."""
    values: Floats = 10.0 ** np.where(_drawable(log10), log10, np.nan)
    return values


def _line(drawn: Curve, hue: str, width: float, *, marked: bool) -> Trace:
    return {
        "type": "scatter",
        "x": layers(len(drawn.log10)),
        "y": heights(drawn.log10),
        "name": drawn.name,
        "mode": "lines+markers" if marked else "lines",
        "line": {"color": hue, "width": width},
        "marker": {"color": hue, "size": 5},
        "customdata": np.array([from_log10(v) for v in drawn.log10.tolist()]),
        "hovertemplate": "%{customdata}",
    }


def _lost(signals: Signals, drawn: Curve, quantity: Quantity, colours: Palette) -> list[Trace]:
    """Return hollow markers where the number format itself would have lost the signal."""
    too_small = signals.log10[quantity.column] / 2 < smallest_normal_log10(signals.dtype)
    lost = np.flatnonzero(
        _drawable(drawn.log10) & (too_small | (signals.values["nonfinite_fraction"] > 0))
    )
    if not lost.size:
        return []
    trace = {
        "type": "scatter",
        "x": (lost + 1).astype(np.int32),
        "y": heights(drawn.log10[lost]),
        "name": f"lost to {signals.dtype}",
        "mode": "markers",
        "marker": {"color": colours.measured, "size": 8, "symbol": "circle-open"},
        "hovertemplate": f"{signals.dtype} cannot hold it",
    }
    return [trace]


def zone_shapes(zone: Window, colours: Palette) -> list[Shape]:
    """Shade where the verdict is stable: within so many decades of where the signal starts."""
    edges = {"x0": 0, "x1": 1, "xref": "paper", "y0": 10.0 ** zone[0], "y1": 10.0 ** zone[1]}
    fill = {"fillcolor": colours.trains, "line": {"width": 0}, "layer": "below"}
    return [{"type": "rect", **edges, **fill}]


def zone_names(zone: Window, shown: Window, colours: Palette, *, backward: bool) -> list[Note]:
    """Name the zone and, where there is room, what lies beyond it."""
    room = (shown[1] - shown[0]) / 16
    # At the end where the signal arrives: the curve is in the zone where it starts.
    side: dict[str, Any] = {"xref": "paper", "x": 0 if backward else 1}
    side["xanchor"] = "left" if backward else "right"
    notes = [note("stable", colours, y=zone[1], yanchor="top", **side)]
    if zone[0] - shown[0] > room:
        notes.append(note("vanishing", colours, y=zone[0], yanchor="top", **side))
    if shown[1] - zone[1] > room:
        notes.append(note("exploding", colours, y=zone[1], yanchor="bottom", **side))
    return notes


def _missing(drawn: Curve, colours: Palette) -> list[Note]:
    """Say plainly why part of a curve is missing."""
    missing = np.flatnonzero(~_drawable(drawn.log10))
    if not missing.size:
        return []
    values = drawn.log10[missing]
    if np.all(values == -math.inf):
        what = "exactly 0"
    elif np.any(np.isnan(values) | (values == math.inf)):
        what = "not a number, or infinite"
    else:
        furthest = float(values[np.abs(values).argmax()])
        what = f"beyond what a chart holds, as far as {from_log10(furthest)}"
    first, last = missing[0] + 1, missing[-1] + 1
    where = f"layer {first}" if first == last else f"layers {first} to {last}"
    return [note(f"{where}: {what}", colours, x=0.5, xref="paper", y=0.04, yref="paper")]


def log_axis(shown: Window, colours: Palette) -> dict[str, object]:
    """Return a vertical axis of those decades, with ticks at powers of ten alone."""
    span = shown[1] - shown[0]
    tick = next(s for s in (1, 2, 4, 8, 12, 20, 40, 80, 160) if span / s <= _TICKS)
    return value_axis(
        colours,
        type="log",
        range=list(shown),
        dtick=tick,
        tick0=0,
        exponentformat="power",
        fixedrange=False,
    )
