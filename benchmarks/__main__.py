"""Run one benchmark: `python -m benchmarks NAME [--json FILE]`."""

import importlib
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.report import as_json, as_table


class Name(StrEnum):
    """A module of this package whose `run` returns rows."""

    PROBE = "probe"
    PAGE = "page"
    CLASSROOM = "classroom"
    GROWTH = "growth"
    LEAK = "leak"
    THEORY = "theory"
    HAND = "hand"
    TRAINING = "training"
    FRONTIER = "frontier"
    MODELS = "models"
    VERDICTS = "verdicts"
    OUTLOOK = "outlook"
    COVERAGE = "coverage"


Json = Annotated[Path | None, typer.Option("--json", help="Also write the rows to a file.")]


def main(name: Name, json: Json = None) -> None:
    """Measure, and print each figure beside its baseline."""
    rows = importlib.import_module(f"benchmarks.{name}").run()
    Console().print(as_table(name, rows))
    if json is not None:
        json.write_text(as_json(name, rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    typer.run(main)
