"""How the commands print what they found."""

import sys
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

import pandas as pd
import typer

from initviz.runtime.documents import as_json


class Format(StrEnum):
    """How a command prints what it found."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print the table as CSV.")]


def chosen(json_: bool, csv: bool) -> Format:
    """Return the format that two flags ask for.

    Raises:
        ValueError: if both are given.
    """
    if json_ and csv:
        raise ValueError("--json and --csv exclude each other; give one of them")
    return Format.JSON if json_ else Format.CSV if csv else Format.TABLE


def send(
    shown: Format,
    *,
    document: Callable[[], Any],
    table: Callable[[], pd.DataFrame],
    person: Callable[[], None],
) -> None:
    """Print what was found as JSON-ready data, as a table, or for a person."""
    match shown:
        case Format.JSON:
            print_json(document())
        case Format.CSV:
            sys.stdout.write(table().to_csv(index=False))
        case Format.TABLE:
            person()


def print_json(document: Any) -> None:
    """Print JSON-ready data as one document."""
    sys.stdout.write(as_json(document) + "\n")
