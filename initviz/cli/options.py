"""Options of the command line, one for every field; what is allowed, the fields themselves say."""

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from initviz.runtime.words import listed
from initviz.setting.links import FIELDS, split
from initviz.setting.network import Batch, Network
from initviz.setting.spec import Spec

Command = Callable[..., None]


def option(name: str, annotation: Any, help_: str) -> inspect.Parameter:
    """Return an option that is None where it is not given; values arrive as text."""
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[annotation, typer.Option(help=help_, show_default=False)],
    )


def options_of(fields: Mapping[str, type[Spec]]) -> list[inspect.Parameter]:
    """Return an option for each of some fields, by name, of the specs that they belong to."""
    return [option(name, str | None, _help(spec, name)) for name, spec in fields.items()]


def _help(spec: type[Spec], name: str) -> str:
    field = spec.model_fields[name]
    default = "the initializer's own" if field.default is None else field.default
    choices = spec.choices.get(name, ())
    one_of = f" One of {listed(choices)}." if choices else ""
    return f"{field.description}{one_of} Default: {default}."


def with_options(
    command: Command, options: list[inspect.Parameter], read: Callable[[dict[str, Any]], Any]
) -> Command:
    """Return a command of those options, of which `read` makes its first two arguments.

    `read` takes what it reads out of what was given; the rest is the command's own.
    """

    def wrapped(**given: Any) -> None:
        first, second = read(given)
        command(first, second, **given)

    own = [
        p.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for p in list(inspect.signature(command).parameters.values())[2:]
    ]
    wrapped.__signature__ = inspect.Signature(options + own)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {p.name: p.annotation for p in options + own}
    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    return wrapped


def taken(given: dict[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Take fields out of what was given, and return those that were."""
    return {name: text for name in fields if (text := given.pop(name)) is not None}


def spec_options(command: Command) -> Command:
    """Give a command one option for every field of `Network` and `Batch`."""
    return with_options(command, options_of(FIELDS), _specs)


def _specs(given: dict[str, Any]) -> tuple[Network, Batch]:
    network, batch = split(taken(given, FIELDS))
    return Network(**network), Batch(**batch)
