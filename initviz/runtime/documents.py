"""Documents as JSON, which has no number for infinity, nor for what is not one."""

import json
import math
from typing import Any

import pandas as pd


def as_json(document: Any) -> str:
    """Return JSON-ready data as text a person can read too; refuses what JSON cannot hold."""
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)


def sendable(value: Any) -> Any:
    """Return a value as JSON can hold it: None for a number that is not finite."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows as JSON can hold them, by column."""
    rows = table.to_dict(orient="records")
    return [{str(name): sendable(value) for name, value in row.items()} for row in rows]
