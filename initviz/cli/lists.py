"""The command `list`: the records of a table."""

from dataclasses import asdict
from enum import StrEnum
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table

from initviz import ACTIVATIONS, INITIALIZERS, RECIPES
from initviz.cli.formats import Csv, Json, chosen, send


class Registry(StrEnum):
    """What can be listed."""

    ACTIVATIONS = "activations"
    INITIALIZERS = "initializers"
    RECIPES = "recipes"


def list_command(registry: Registry, json_: Json = False, csv: Csv = False) -> None:
    """List the activations, the initializers or the recipes."""
    records = _records(registry)
    send(
        chosen(json_, csv),
        document=lambda: records,
        table=lambda: pd.DataFrame(records),
        person=lambda: _print(records, registry.value),
    )


def _print(records: list[dict[str, Any]], title: str) -> None:
    columns = ("name", "label", "reference")
    table = Table(*columns, title=title)
    for record in records:
        table.add_row(*(record[column] for column in columns))
    Console().print(table)


def _records(registry: Registry) -> list[dict[str, Any]]:
    if registry is Registry.RECIPES:
        return [
            {f: getattr(r, f) for f in ("name", "label", "reference")}
            | {"rules": {role: asdict(rule) for role, rule in r.rules.items()}}
            for r in RECIPES.values()
        ]
    shared = ("name", "label", "formula", "reference", "torch", "keras", "flax")
    if registry is Registry.ACTIVATIONS:
        return [
            {f: getattr(a, f) for f in (*shared, "kinks", "partner")} for a in ACTIVATIONS.values()
        ]
    own = ("family", "aliases", "scale_meaning", "default_scale")
    return [{f: getattr(i, f) for f in (*shared, *own)} for i in INITIALIZERS.values()]
