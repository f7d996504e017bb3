"""The command line: `python -m initviz probe | predict | critical | compare | train | …`."""

import inspect
import math
import os
import runpy
import sys
from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import numpy as np
import pandas as pd
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from initviz import ACTIVATIONS, INITIALIZERS, RECIPES, Batch, Network, predict, probe, reinitialize
from initviz.cli.formats import Csv, Format, Json, chosen, print_json
from initviz.cli.loading import batch_of, load
from initviz.cli.train import train_command
from initviz.experiments import compare
from initviz.runtime.words import listed, number, quoted
from initviz.setting.links import FIELDS, split
from initviz.signals import Signals
from initviz.theory.meanfield import critical

app = typer.Typer(
    add_completion=False,
    help="See what weight initialization does to a neural network.",
)

BAD_INPUT = 2
LAST_PORT = 65535


Module = Annotated[
    str | None,
    typer.Option(help="Probe a module of your own, package.module:factory, instead of a network."),
]
InputShape = Annotated[str | None, typer.Option(help="Its inputs' shape, as in 32,3,64,64.")]
RecipeName = Annotated[
    str | None, typer.Option("--recipe", help=f"Draw it anew first. One of {listed(RECIPES)}.")
]


def _spec_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option for every field of `Network` and `Batch`.

    Values arrive as text: the fields themselves say what is allowed.
    """

    def wrapped(**given: Any) -> None:
        fields = {name: given.pop(name) for name in FIELDS}
        network, batch = split({name: text for name, text in fields.items() if text is not None})
        command(Network(**network), Batch(**batch), **given)

    own = [
        p.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for p in list(inspect.signature(command).parameters.values())[2:]
    ]
    options = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                str | None,
                typer.Option(f"--{name.replace('_', '-')}", help=_help(name), show_default=False),
            ],
        )
        for name in FIELDS
    ]
    wrapped.__signature__ = inspect.Signature(options + own)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {p.name: p.annotation for p in options + own}
    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    return wrapped


def _help(name: str) -> str:
    field = FIELDS[name].model_fields[name]
    default = "the initializer's own" if field.default is None else field.default
    choices = FIELDS[name].choices.get(name, ())
    one_of = f" One of {listed(choices)}." if choices else ""
    return f"{field.description}{one_of} Default: {default}."


@app.command("probe")
@_spec_options
def probe_command(
    network: Network,
    batch: Batch,
    *,
    json_: Json = False,
    csv: Csv = False,
    module: Module = None,
    input_shape: InputShape = None,
    recipe: RecipeName = None,
) -> None:
    """Send one batch forward and backward and show every layer."""
    if module is None and (input_shape is not None or recipe is not None):
        raise ValueError("input_shape and recipe are for a module; give --module too")
    if module is not None and (network != Network() or batch != Batch(seed=batch.seed)):
        raise ValueError("a network's settings have no meaning with --module; leave them out")
    signals = (
        probe(network, batch)
        if module is None
        else _probe_module(module, input_shape, recipe, batch.seed)
    )
    match chosen(json_, csv):
        case Format.JSON:
            print_json(signals.document())
        case Format.CSV:
            sys.stdout.write(signals.table.to_csv(index=False))
        case Format.TABLE:
            _print_signals(signals)


def _probe_module(where: str, shape: str | None, recipe: str | None, seed: int) -> Signals:
    if shape is None:
        raise ValueError("module needs --input-shape, as in --input-shape 32,3,64,64")
    inputs, module = batch_of(shape, seed), load(where)
    if recipe is not None:
        reinitialize(module, recipe, seed=seed, inputs=inputs)
    return probe(module, inputs)


@app.command("predict")
@_spec_options
def predict_command(network: Network, batch: Batch, json_: Json = False, csv: Csv = False) -> None:
    """Show what theory expects of every layer, averaged over draws, at large width."""
    table = predict(network, batch)
    match chosen(json_, csv):
        case Format.JSON:
            rows = table.astype(object).where(np.isfinite(table), None)
            print_json(
                {
                    "network": network.model_dump(),
                    "batch": batch.model_dump(),
                    "layers": rows.to_dict(orient="records"),
                    "reasons": table.attrs["reasons"],
                }
            )
        case Format.CSV:
            sys.stdout.write(table.to_csv(index=False))
        case Format.TABLE:
            _print_prediction(table)


@app.command("critical")
def critical_command(
    activation: Annotated[str, typer.Option(help="The activation function φ.")] = "tanh",
    bias_std: Annotated[str, typer.Option(help="Standard deviation of the biases.")] = "0",
    json_: Json = False,
) -> None:
    """Find the edge of chaos: the weight variance σ_w² at which the gradient keeps its size."""
    network = Network(**split({"activation": activation, "bias_std": bias_std})[0])
    found = critical(network.activation, network.bias_std**2)
    if json_:
        print_json(found.document())
        return
    if found.weight_var is not None:
        variance, std = number(found.weight_var, 6), number(math.sqrt(found.weight_var), 6)
        sys.stdout.write(f"Weight variance {variance} / fan-in, std {std} / √fan-in.\n")
    if found.reason is not None:
        sys.stdout.write(f"{found.reason}\n")


app.command("train")(train_command)


@app.command("compare")
@_spec_options
def compare_command(network: Network, batch: Batch, json_: Json = False, csv: Csv = False) -> None:
    """Probe every initializer with every activation, and rank them.

    A person gets the ranking for the activation given; JSON and CSV hold all pairs.
    """
    shown = chosen(json_, csv)
    each = compare.compare(network, batch)
    found = list(
        track(
            each,
            "Comparing",
            total=compare.PAIRS,
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
    )
    match shown:
        case Format.JSON:
            print_json(compare.document(network, batch, found))
        case Format.CSV:
            sys.stdout.write(compare.table(found).to_csv(index=False))
        case Format.TABLE:
            _print_comparison(network, found)


class Registry(StrEnum):
    """What can be listed."""

    ACTIVATIONS = "activations"
    INITIALIZERS = "initializers"
    RECIPES = "recipes"


@app.command("list")
def list_command(registry: Registry, json_: Json = False, csv: Csv = False) -> None:
    """List the activations, the initializers or the recipes."""
    records = _records(registry)
    match chosen(json_, csv):
        case Format.JSON:
            print_json(records)
        case Format.CSV:
            sys.stdout.write(pd.DataFrame(records).to_csv(index=False))
        case Format.TABLE:
            table = Table("name", "label", "reference", title=registry.value)
            for record in records:
                table.add_row(record["name"], record["label"], record["reference"])
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


@app.command("app")
def app_command(
    port: Annotated[str, typer.Option(help="Port to serve on, 1 to 65535.")] = "8501",
) -> None:
    """Serve the page in a browser."""
    if not (port.isdecimal() and 1 <= int(port) <= LAST_PORT):
        raise ValueError(f"port must be a whole number from 1 to {LAST_PORT}; got {quoted(port)}")
    page = Path(__file__).parents[2] / "app.py"
    if not page.exists():
        raise ValueError(f"{page} is missing; run this from a checkout of the project")
    os.chdir(page.parent)
    sys.argv[1:] = ["--server.port", port]
    # A server of its own would outlive a signal that ends only this process.
    runpy.run_module("deploy.serve", run_name="__main__")


def _print_signals(signals: Signals) -> None:
    columns = (
        "layer", "weight_var", "act_var", "grad_preact_var", "grad_weight_var",
        "dead_fraction", "saturated_fraction", "correlation",
    )  # fmt: skip
    # Headers break at spaces, and a module's layers have names of their own.
    table = Table("layer", *(c.replace("_", " ") for c in columns[1:]))
    of_ones_own = signals.network is None
    for _, row in signals.table.iterrows():
        name = f" {row['name']}" if of_ones_own else ""
        table.add_row(f"{row['layer']}{name}", *(number(row[c]) for c in columns[1:]))
    console = Console()
    console.print(table)
    if signals.unseen:
        console.print(f"Not measured: {listed(signals.unseen)}.")
    diagnosis = signals.diagnosis
    console.print(f"[bold]{diagnosis.verdict}[/bold]: {diagnosis.reason}")
    if diagnosis.fix is not None and signals.network is not None:
        changes = [f"{f}={v}" for f, v in signals.network.changes(diagnosis.fix).items()]
        console.print(f"A probe finds it stable with {', '.join(changes)}.")


def _print_prediction(table: pd.DataFrame) -> None:
    reasons = table.attrs["reasons"]
    columns = ("preact_ms", "act_ms", "grad_preact_var", "grad_act_var", "grad_weight_var")
    shown = ("layer", *(c for c in columns if c not in reasons))
    printed = Table(*shown)
    for _, row in table.iterrows():
        printed.add_row(str(int(row["layer"])), *(number(row[c]) for c in shown[1:]))
    console = Console()
    if len(shown) > 1:
        console.print(printed)
    for reason in sorted(set(reasons.values())):
        console.print(reason)


def _print_comparison(network: Network, cells: list[compare.Cell]) -> None:
    here = compare.places(c for c in cells if c.network.activation == network.activation)
    label = ACTIVATIONS[network.activation].label
    printed = Table("", "initializer", "verdict", "why", title=f"Ranking with {label}")
    for rank, cell in here:
        printed.add_row(
            str(rank), INITIALIZERS[cell.network.initializer].label, cell.verdict, cell.reason
        )
    stable = sum(c.verdict == "stable" for c in cells)
    console = Console()
    console.print(printed)
    console.print(
        f"At depth {network.depth} and width {network.width}, {stable} of {len(cells)} pairs of "
        "initializer and activation are stable before the first step."
    )


def main() -> NoReturn:
    """Run the command line; bad input ends with one line on stderr and exit code 2."""
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:
        _refuse(error.format_message())
    except ValueError as error:
        _refuse(str(error))
    except BrokenPipeError:
        sys.exit(1)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    sys.exit(code or 0)


def _refuse(message: str) -> NoReturn:
    sys.stderr.write(f"error: {' '.join(message.split())}\n")
    sys.exit(BAD_INPUT)
