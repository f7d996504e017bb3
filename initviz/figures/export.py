"""What figures show, as plain rows."""

import csv
import io
import math
from collections.abc import Iterable, Iterator
from typing import Any

import plotly.graph_objects as go

COLUMNS = ("chart", "curve", "x", "y", "z")


def to_csv(figures: Iterable[tuple[str, go.Figure]]) -> str:
    """Return every point of named figures as CSV: chart, curve, x, y and, on heatmaps, z."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for chart, figure in figures:
        for trace in figure.data:
            writer.writerows((chart, trace.name or "", *point) for point in _points(trace))
    return text.getvalue()


def _points(trace: Any) -> Iterator[tuple[Any, Any, Any]]:
    if trace.type != "heatmap":
        yield from ((x, _text(y), "") for x, y in zip(trace.x, trace.y, strict=True))
        return
    for y, row in zip(trace.y, trace.z, strict=True):
        yield from ((x, _text(y), _text(z)) for x, z in zip(trace.x, row, strict=True))


def _text(value: Any) -> str:
    """Return a number as the shortest text that gives it back; nothing where there is none."""
    return "" if value is None or math.isnan(value) else str(value)
