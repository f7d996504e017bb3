"""How the commands print what they found."""

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

from initviz.signals import as_json


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


def print_json(document: Any) -> None:
    """Print JSON-ready data as one document."""
    sys.stdout.write(as_json(document) + "\n")
