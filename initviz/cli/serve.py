"""The command `app`: the page, served from here."""

import os
import runpy
import sys
from pathlib import Path
from typing import Annotated

import typer

from initviz.runtime.words import quoted

LAST_PORT = 65535


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
