"""Two small pictures of a probe, as plain SVG: what a notebook shows of it."""

import math
from html import escape

import numpy as np

from initviz.engine.statistics import Floats
from initviz.runtime.words import power_of_ten

_WIDTH, _HEIGHT = 340, 170
_LEFT, _TOP, _RIGHT, _BOTTOM = 44, 26, 8, 24
# Decades shown at least, and the step in which more are added, as on the page.
_AT_LEAST, _STEP = 4, 4
_HUE, _INK = "#0072B2", "#808080"


def sketch(curves: dict[str, Floats]) -> str:
    """Return curves of log10 values against the layer, side by side on the same decades."""
    low, high = _decades(list(curves.values()))
    drawn = "".join(_chart(title, log10, low, high) for title, log10 in curves.items())
    return f'<div style="display:flex;flex-wrap:wrap;gap:12px">{drawn}</div>'


def _decades(curves: list[Floats]) -> tuple[int, int]:
    finite = np.concatenate([log10[np.isfinite(log10)] for log10 in curves])
    low = math.floor(finite.min(initial=-_AT_LEAST) / _STEP) * _STEP
    high = math.ceil(finite.max(initial=_AT_LEAST) / _STEP) * _STEP
    return low, high


def _chart(title: str, log10: Floats, low: int, high: int) -> str:
    def y(value: float) -> float:
        return _TOP + (high - value) / (high - low) * (_HEIGHT - _TOP - _BOTTOM)

    def x(layer: int) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * (layer / max(1, len(log10) - 1))

    ticks = "".join(
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y(d):.1f}" y2="{y(d):.1f}" '
        f'stroke="{_INK}" stroke-opacity=".25"/>'
        f'<text x="{_LEFT - 6}" y="{y(d) + 4:.1f}" text-anchor="end">{power_of_ten(d)}</text>'
        for d in range(low, high + 1, max(_STEP // 2, (high - low) // 4))
    )
    # A gap wherever nothing can be drawn, and a dot where a layer stands alone.
    path = " ".join(
        f"{'L' if i and math.isfinite(log10[i - 1]) else 'M'}{x(i):.1f} {y(v):.1f}h0"
        for i, v in enumerate(log10.tolist())
        if math.isfinite(v)
    )
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" font-size="11" font-family="sans-serif" '
        f'fill="{_INK}" role="img" aria-label="{escape(title)} by layer">'
        f'<text x="0" y="14" font-size="13" font-weight="bold">{escape(title)}</text>{ticks}'
        f'<path d="{path}" fill="none" stroke="{_HUE}" stroke-width="2" stroke-linecap="round"/>'
        f'<text x="{_LEFT}" y="{_HEIGHT - 6}">layer 1</text>'
        f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 6}" text-anchor="end">{len(log10)}</text></svg>'
    )
