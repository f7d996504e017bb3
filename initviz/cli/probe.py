"""The commands `probe`, `predict` and `critical`: what is measured, and what theory expects."""

import math
import sys
from typing import Annotated

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from initviz import RECIPES, Batch, Network, Signals, predict, probe, reinitialize
from initviz.cli.formats import Csv, Json, chosen, print_json, send
from initviz.cli.loading import batch_of, load
from initviz.cli.options import spec_options
from initviz.runtime.documents import records
from initviz.runtime.words import listed, number
from initviz.setting.links import split
from initviz.theory.meanfield import critical
from initviz.verdict.outlook import in_words

Module = Annotated[
    str | None,
    typer.Option(help="Probe a module of your own, package.module:factory, instead of a network."),
]
InputShape = Annotated[str | None, typer.Option(help="Its inputs' shape, as in 32,3,64,64.")]
RecipeName = Annotated[
    str | None, typer.Option("--recipe", help=f"Draw it anew first. One of {listed(RECIPES)}.")
]


@spec_options
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
    send(
        chosen(json_, csv),
        document=signals.document,
        table=lambda: signals.table,
        person=lambda: _print_signals(signals),
    )


def _probe_module(where: str, shape: str | None, recipe: str | None, seed: int) -> Signals:
    if shape is None:
        raise ValueError("module needs --input-shape, as in --input-shape 32,3,64,64")
    inputs, module = batch_of(shape, seed), load(where)
    if recipe is not None:
        reinitialize(module, recipe, seed=seed, inputs=inputs)
    return probe(module, inputs)


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
    if diagnosis.outlook is not None:
        console.print(in_words(diagnosis.outlook))
    if diagnosis.fix is not None and signals.network is not None:
        changes = [f"{f}={v}" for f, v in signals.network.changes(diagnosis.fix).items()]
        console.print(f"A probe finds it stable with {', '.join(changes)}.")


@spec_options
def predict_command(network: Network, batch: Batch, json_: Json = False, csv: Csv = False) -> None:
    """Show what theory expects of every layer, averaged over draws, at large width."""
    table = predict(network, batch)
    send(
        chosen(json_, csv),
        document=lambda: {
            "network": network.model_dump(),
            "batch": batch.model_dump(),
            "layers": records(table),
            "reasons": table.attrs["reasons"],
        },
        table=lambda: table,
        person=lambda: _print_prediction(table),
    )


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
