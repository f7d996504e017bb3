"""The command `train`: initializers side by side, trained on the same data."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from initviz.catalog.initializers import ALIASES, INITIALIZERS
from initviz.cli.formats import Format, Json, chosen, send
from initviz.cli.options import option, options_of, taken, with_options
from initviz.runtime.documents import records, sendable
from initviz.runtime.words import listed, number
from initviz.setting.network import Network
from initviz.setting.spec import Spec
from initviz.training import History, Reading, Step, Training, read, train
from initviz.training.history import LAYER_COLUMNS, layer_table

# What a shell takes for an end by Ctrl-C.
_STOPPED = 130
# One value for all networks; an architecture has no choice yet.
_FIELDS: dict[str, type[Spec]] = {
    **{f: Network for f in Network.model_fields if f not in ("initializer", "architecture")},
    **dict.fromkeys(Training.model_fields, Training),
}


_INITIALIZERS = option(
    "initializer",
    list[str] | None,
    f"One to compare; give it up to five times. One of {listed(INITIALIZERS)}. "
    f"Default: {Network().initializer}.",
)


def _read(given: dict[str, Any]) -> tuple[list[Network], Training]:
    fields = taken(given, _FIELDS)
    training = Training(**{f: v for f, v in fields.items() if _FIELDS[f] is Training})
    shape = {f: v for f, v in fields.items() if _FIELDS[f] is Network}
    return _networks(shape, given.pop("initializer")), training


def _networks(shape: dict[str, Any], initializers: list[str] | None) -> list[Network]:
    """Return a network for each initializer; a scale is for those that have one."""
    names = initializers or [Network().initializer]
    scaled = [n for n in names if _has_scale(n)]
    made = []
    for name in names:
        fields = {f: v for f, v in shape.items() if f != "scale" or name in scaled or not scaled}
        made.append(Network(**fields, initializer=name))
    return made


def _has_scale(name: str) -> bool:
    record = INITIALIZERS.get(ALIASES.get(name, name))
    return record is not None and record.scale_meaning is not None


def _train(
    networks: list[Network],
    training: Training,
    *,
    json_: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print the history as CSV.")] = False,
    layers: Annotated[
        bool, typer.Option("--layers", help="With --json or --csv: every layer at every step.")
    ] = False,
) -> None:
    """Train initializers side by side on the same data, and say what became of each."""
    shown = chosen(json_, csv)
    if layers and shown is Format.TABLE:
        raise ValueError("--layers needs --json or --csv; a table of every layer is too long")
    steps = _run(networks, training, layers=layers)
    history = History.of(networks, training, steps)
    send(
        shown,
        document=lambda: _document(history, read(history), steps),
        table=lambda: layer_table(networks, steps) if layers else history.table(),
        person=lambda: _print(history, read(history)),
    )
    if len(steps) < training.steps:
        sys.stderr.write(f"Stopped after step {len(steps)} of {training.steps}.\n")
        raise typer.Exit(_STOPPED)


def _run(networks: list[Network], training: Training, *, layers: bool) -> list[Step]:
    """Train, with a bar on stderr where somebody looks at it; who stops it keeps what there is."""
    console, made = Console(stderr=True), list[Step]()
    steps = train(networks, training, statistics=layers)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        try:
            for step in progress.track(steps, total=training.steps, description="Training"):
                made.append(step)
        except KeyboardInterrupt:
            if not made:
                raise
    return made


def _document(history: History, readings: list[Reading], steps: Sequence[Step]) -> dict[str, Any]:
    curves = _curves(history, steps)
    final, test = (
        [sendable(x) for x in values.tolist()]
        for values in (history.final_loss, history.test_accuracy)
    )
    return {
        "training": history.training.model_dump(),
        "runs": [
            {
                "initializer": reading.network.initializer,
                "network": reading.network.model_dump(),
                "final_loss": final[place],
                "test_accuracy": test[place],
                "first_nonfinite_step": history.first_nonfinite_step[place],
                "verdict": reading.verdict,
                "reading": reading.sentence,
                "history": curves[place],
            }
            for place, reading in enumerate(readings)
        ],
    }


def _curves(history: History, steps: Sequence[Step]) -> list[list[Any]]:
    """Return each network's history, a row a step; of measured layers a list of values each."""
    table = history.table().drop(columns="initializer")
    curves: list[list[Any]] = [
        records(rows.drop(columns="network")) for _, rows in table.groupby("network")
    ]
    for place, rows in enumerate(curves):
        for row, step in zip(rows, steps, strict=True):
            if step.layers is not None:
                row |= {
                    name: [sendable(v) for v in getattr(step.layers, name)[place].tolist()]
                    for name in LAYER_COLUMNS
                }
    return curves


def _print(history: History, readings: list[Reading]) -> None:
    table = Table("initializer", "verdict", "final loss", "test accuracy", "not finite from step")
    for place, reading in enumerate(readings):
        loss, test = history.final_loss[place], history.test_accuracy[place]
        table.add_row(
            reading.network.initializer,
            reading.verdict,
            number(loss, 3),
            f"{100 * test:.0f} %" if np.isfinite(test) else "",
            str(history.first_nonfinite_step[place] or ""),
        )
    console = Console()
    console.print(table)
    for reading in readings:
        console.print(reading.sentence)


train_command = with_options(_train, [_INITIALIZERS, *options_of(_FIELDS)], _read)
