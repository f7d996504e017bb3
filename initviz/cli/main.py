"""The command line: `python -m initviz probe | predict | critical | compare | train | …`."""

import sys
from typing import NoReturn

import typer

from initviz.cli.compare import compare_command
from initviz.cli.lists import list_command
from initviz.cli.options import Command
from initviz.cli.probe import critical_command, predict_command, probe_command
from initviz.cli.serve import app_command
from initviz.cli.train import train_command

BAD_INPUT = 2
_COMMANDS: dict[str, Command] = {
    "probe": probe_command,
    "predict": predict_command,
    "critical": critical_command,
    "train": train_command,
    "compare": compare_command,
    "list": list_command,
    "app": app_command,
}
app = typer.Typer(
    add_completion=False,
    help="See what weight initialization does to a neural network.",
)
for _name, _command in _COMMANDS.items():
    app.command(_name)(_command)


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
