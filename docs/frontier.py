"""Draw docs/frontier.png from docs/frontier.json: `python -m docs.frontier`.

The numbers are those of `python -m benchmarks frontier --json docs/frontier.json`; the picture is
taken in Chromium, which needs to be installed (`chromium`).
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
from playwright.sync_api import sync_playwright

from benchmarks import chromium
from benchmarks.frontier import BIAS_VAR, DEPTHS, WEIGHT_VARS
from initviz.figures.theme import LIGHT, layout, shades, value_axis
from initviz.theory.meanfield import TRAINABLE, phase

NUMBERS = Path(__file__).with_suffix(".json")
PICTURE = Path(__file__).with_suffix(".png")
SIZE = {"width": 860, "height": 480}
# Where theory's lines are drawn: they run off the picture around the edge of chaos.
_BETWEEN = np.linspace(WEIGHT_VARS[0], WEIGHT_VARS[-1], 181)
_DEEPEST = 2000.0


def figure(rows: list[dict[str, Any]]) -> go.Figure:
    """Return accuracies by weight variance and depth, the frontier found, and the one expected."""
    expected = np.array([_expected(variance) for variance in _BETWEEN])
    found = [row["trains to depth"] for row in rows]
    curves = [
        _line("6 ξ", _BETWEEN, expected, "solid", 3),
        _line("3 ξ and 12 ξ", _BETWEEN, expected / 2, "dash", 1.5),
        {**_line("", _BETWEEN, 2 * expected, "dash", 1.5), "showlegend": False},
        {
            **_line("half of the digits right", list(WEIGHT_VARS), found, "solid", 2),
            "mode": "lines+markers",
            "line": {"color": LIGHT.exploding, "width": 2},
            "marker": {"size": 9},
        },
    ]
    return go.Figure(
        [_accuracies(rows), *curves],
        layout(
            "How deep tanh trains",
            "test accuracy after 200 steps, median of three seeds",
            LIGHT,
            **SIZE,
            paper_bgcolor=LIGHT.paper,
            margin={"l": 60, "r": 8, "t": 40, "b": 90},
            xaxis=value_axis(
                LIGHT,
                title={"text": "σ<sub>w</sub>² = weight variance × fan-in"},
                tickvals=list(WEIGHT_VARS),
                range=[1.1, 3.2],
            ),
            yaxis=value_axis(
                LIGHT,
                title={"text": "depth"},
                type="log",
                tickvals=list(DEPTHS),
                range=[math.log10(4.2), math.log10(115)],
            ),
            legend={"orientation": "h", "x": 0, "y": -0.2},
        ),
    )


def _expected(variance: float) -> float:
    depth_c = phase("tanh", float(variance), BIAS_VAR).depth_c
    return min(_DEEPEST, TRAINABLE * (depth_c or math.inf))


def _accuracies(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "heatmap",
        "x": _borders(np.array(WEIGHT_VARS)),
        "y": np.exp(_borders(np.log(DEPTHS))),
        "z": [[row[f"depth {depth}"] for row in rows] for depth in DEPTHS],
        "zmin": 0.1,
        "zmax": 0.9,
        "colorscale": shades(LIGHT.measured),
        "colorbar": {"thickness": 10, "tickformat": ".0%"},
    }


def _borders(middles: np.ndarray) -> np.ndarray:
    """Return the borders of cells with these middles."""
    between = (middles[1:] + middles[:-1]) / 2
    return np.array([2 * middles[0] - between[0], *between, 2 * middles[-1] - between[-1]])


def _line(name: str, x: Any, y: Any, dash: str, width: float) -> dict[str, Any]:
    line = {"color": LIGHT.ink, "dash": dash, "width": width}
    return {"type": "scatter", "name": name, "x": x, "y": y, "mode": "lines", "line": line}


def main() -> None:
    """Draw the picture."""
    rows = json.loads(NUMBERS.read_text("utf-8"))["rows"]
    html = figure(rows).to_html(include_plotlyjs=True, config={"staticPlot": True})
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.options())
        page = browser.new_page(viewport=SIZE, device_scale_factor=2)
        page.set_content(html)
        page.locator(".main-svg").first.wait_for()
        page.locator(".js-plotly-plot").screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
