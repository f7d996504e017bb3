"""What was measured, as a table and as JSON."""

import json
import os
import platform
from collections.abc import Mapping, Sequence

from rich.table import Table

Row = dict[str, object]


def against(
    case: str, figure: str, ours: float, baselines: Mapping[str, float], unit: str = ""
) -> Row:
    """Return the row of a figure beside its baselines from the same run."""
    row: Row = {"case": case, "figure": figure, "ours": ours}
    for name, baseline in baselines.items():
        row[name] = baseline
        row[f"ours ÷ {name}"] = ours / baseline if baseline else None
    return row | {"unit": unit}


def as_table(title: str, rows: Sequence[Row]) -> Table:
    """Return rows as a table, with the columns of the first row."""
    table = Table(title=title)
    for name, value in rows[0].items():
        table.add_column(name, justify="left" if isinstance(value, str) else "right")
    for row in rows:
        table.add_row(*map(_readable, row.values()))
    return table


def _readable(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return "" if value is None else str(value)


def as_json(title: str, rows: Sequence[Row]) -> str:
    """Return rows, with the machine they were measured on, as JSON."""
    document = {
        "benchmark": title,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "rows": rows,
    }
    return json.dumps(document, indent=2)
