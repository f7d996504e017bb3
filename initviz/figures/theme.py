"""Every colour and margin of the figures, in one place."""

from base64 import b64encode
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray


@dataclass(frozen=True)
class Palette:
    """Colours on one background: the hues of Okabe and Ito, distinct to colour-blind eyes."""

    measured: str
    pins: tuple[str, str, str]
    trains: str
    text: str
    grid: str
    ink: str
    paper: str
    vanishing: str
    exploding: str

    @property
    def hues(self) -> tuple[str, ...]:
        """Five hues for things of equal rank."""
        return (self.measured, *self.pins, self.exploding)


LIGHT = Palette(
    measured="#0072B2",
    pins=("#E69F00", "#CC79A7", "#009E73"),
    trains="rgba(0, 158, 115, 0.09)",
    text="#5b6270",
    grid="rgba(128, 128, 128, 0.18)",
    ink="#1b1f27",
    paper="#ffffff",
    vanishing="#0072B2",
    exploding="#D55E00",
)
DARK = Palette(
    measured="#56B4E9",
    pins=("#E69F00", "#DE9BC1", "#1FC695"),
    trains="rgba(31, 198, 149, 0.13)",
    text="#a8afbd",
    grid="rgba(128, 128, 128, 0.18)",
    ink="#ffffff",
    paper="#0e1117",
    vanishing="#56B4E9",
    exploding="#F0803C",
)

# What plotly.js calls NumPy's types.
_TYPED = {"int32": "i4", "float32": "f4", "float64": "f8"}

CHART_HEIGHT = 375
PANEL_HEIGHT = 320
_LAYER_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500)
_TICKS = 10


def palette(*, dark: bool) -> Palette:
    """Return the palette for a dark or a light page."""
    return DARK if dark else LIGHT


def translucent(colour: str, opacity: float) -> str:
    """Return a hex colour with an opacity from 0 to 1."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity:g})"


def legible(colours: Palette, size: int) -> dict[str, Any]:
    """Return a font that can be read on whatever is drawn below it."""
    return {
        "size": size,
        "color": colours.ink,
        "shadow": ", ".join([f"0 0 2px {colours.paper}"] * 4),
    }


def shades(colour: str) -> list[list[float | str]]:
    """Return a colour scale from see-through to a hex colour, for either background."""
    return [[at, translucent(colour, o)] for at, o in ((0, 0), (0.02, 0.15), (1, 1))]


def diverging(colours: Palette) -> list[list[float | str]]:
    """Return a colour scale from vanishing through see-through to exploding."""
    low, high = colours.vanishing, colours.exploding
    return [
        [0, translucent(low, 1)],
        [0.5, translucent(low, 0)],
        [0.5, translucent(high, 0)],
        [1, translucent(high, 1)],
    ]


def layout(title: str, detail: str, colours: Palette, **changes: Any) -> dict[str, Any]:
    """Return the layout that all figures share; the title says quantity, then direction.

    It stays a dictionary, and so do traces, until `figure` makes the figure.
    """
    return {
        "title": {
            "text": f"<b>{title}</b>  <span style='font-size:12px'>{detail}</span>",
            "font": {"size": 15},
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "y": 0.985,
            "yanchor": "top",
        },
        "font": {"color": colours.text, "size": 12},
        "margin": {"l": 48, "r": 8, "t": 34, "b": 64},
        "height": CHART_HEIGHT,
        # Every colour is set here, and the default template would be most of the message.
        "template": {"layout": {}},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "x unified",
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "y": -0.17, "yanchor": "top"},
        **changes,
    }


class Figure(go.Figure):  # type: ignore[misc] # Plotly has no types
    """A Plotly figure that stays the plain data it was made of until somebody looks into it.

    A page only sends it on, and Plotly's objects for every field take longer than all else that
    a figure takes; the tests make Plotly's check, on every kind of figure.
    """

    def __init__(self, traces: list[dict[str, Any]], shown: dict[str, Any]) -> None:
        self._traces, self._shown = traces, shown

    @cached_property
    def _whole(self) -> go.Figure:
        return go.Figure(data=self._traces, layout=self._shown, _validate=False)

    @property
    def data(self) -> Any:
        """The traces, as Plotly's objects."""
        return self._whole.data

    @property
    def layout(self) -> Any:
        """The layout, as Plotly's object."""
        return self._whole.layout

    def to_dict(self) -> dict[str, Any]:
        """Return what Plotly's own `to_dict` would: numbers travel as bytes."""
        traces = [{name: _sent(value) for name, value in t.items()} for t in self._traces]
        return {"data": traces, "layout": self._shown}


def _sent(value: Any) -> Any:
    if not isinstance(value, np.ndarray) or value.dtype.name not in _TYPED:
        return value
    sent = {"dtype": _TYPED[value.dtype.name], "bdata": b64encode(value.tobytes()).decode()}
    return sent if value.ndim == 1 else {**sent, "shape": ", ".join(map(str, value.shape))}


def note(text: str, colours: Palette, **where: Any) -> dict[str, Any]:
    """Return a small text in a chart, placed by Plotly's annotation fields."""
    return {"text": text, "showarrow": False, "font": {"size": 11, "color": colours.text}, **where}


def layers(depth: int) -> NDArray[np.int32]:
    """Return the layers' numbers; figures hold arrays, which travel as bytes and not as text."""
    return np.arange(1, depth + 1, dtype=np.int32)


def layer_axis(depth: int, colours: Palette) -> dict[str, Any]:
    """Return the horizontal axis: layers from 1 to `depth`."""
    room = 0.5 if depth == 1 else 0.02 * (depth - 1)
    return {
        "title": {"text": "layer", "standoff": 4},
        "range": [1 - room, depth + room],
        "tickformat": "d",
        "dtick": next((s for s in _LAYER_STEPS if depth / s <= _TICKS), _LAYER_STEPS[-1]),
        "tick0": 0,
        "gridcolor": colours.grid,
        "showgrid": False,
        "zeroline": False,
        "ticklabeloverflow": "allow",
        "unifiedhovertitle": {"text": "layer %{x}"},
    }


def value_axis(colours: Palette, **changes: Any) -> dict[str, Any]:
    """Return a vertical axis; `changes` add to it."""
    # Unless labels may overflow, Plotly measures each of them again after every change.
    kept = {"gridcolor": colours.grid, "zeroline": False, "ticklabeloverflow": "allow"}
    return {**kept, **changes}
