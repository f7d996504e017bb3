"""The command `compare`: every initializer with every activation, ranked."""

import sys

from rich.console import Console
from rich.progress import track
from rich.table import Table

from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network
from initviz.cli.formats import Csv, Json, chosen, send
from initviz.cli.options import spec_options
from initviz.experiments import compare


@spec_options
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
    send(
        shown,
        document=lambda: compare.document(network, batch, found),
        table=lambda: compare.table(found),
        person=lambda: _print_comparison(network, found),
    )


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
