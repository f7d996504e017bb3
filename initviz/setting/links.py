"""A setting as a query string and back: what the page's address holds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

from initviz.runtime.words import capitalized, listed, quoted
from initviz.setting import cost
from initviz.setting.network import Batch, Network
from initviz.setting.spec import Spec

FIELDS: dict[str, type[Spec]] = {
    **dict.fromkeys(Network.model_fields, Network),
    **dict.fromkeys(Batch.model_fields, Batch),
}

# As many complaints as a person may care to read.
_MOST_PROBLEMS = 10
# Other fields that must hold for one to be judged on its own.
_COMPANIONS = {"scale": {"initializer": "normal"}}


@dataclass(frozen=True)
class Reading:
    """What a query says, with a sentence for everything in it that could not be used."""

    network: Network
    batch: Batch
    problems: tuple[str, ...]


def to_params(network: Network, batch: Batch) -> dict[str, str]:
    """Return the fields that differ from the defaults, as text that reads back exactly."""
    values = network.model_dump() | batch.model_dump()
    return {
        field: value if isinstance(value, str) else repr(value).removesuffix(".0")
        for field, value in values.items()
        if value != FIELDS[field].model_fields[field].default
    }


def to_query(network: Network, batch: Batch) -> str:
    """Return `to_params` as a query string, without the question mark."""
    return urlencode(to_params(network, batch))


def from_query(query: str) -> Reading:
    """Read a query string; see `from_params`."""
    return from_params(parse_qs(query, keep_blank_values=True))


def from_params(params: Mapping[str, Sequence[str]], others: Iterable[str] = ()) -> Reading:
    """Read fields from query parameters, using the nearest valid value for a bad one.

    Never raises: everything not understood becomes one of the reading's `problems`, which name
    the `others` too that the address may have.
    """
    values: dict[str, Any] = {}
    problems: list[str] = []
    for field, texts in params.items():
        if field not in FIELDS:
            problems.append(
                f"There is no setting {quoted(field)}; the settings are "
                f"{listed([*FIELDS, *others])}."
            )
            continue
        if len(texts) > 1:
            problems.append(f"{field} is given {len(texts)} times; the last one is used.")
        for text in texts[-1:]:
            values[field], problem = _read(field, text)
            problems += problem
    return settle(values, shortened(problems))


def shortened(problems: Sequence[str]) -> list[str]:
    """Return the first problems and, of many more, their number."""
    more = len(problems) - _MOST_PROBLEMS
    if more <= 0:
        return list(problems)
    return [*problems[:_MOST_PROBLEMS], f"There are {more} more problems of this kind."]


def _read(field: str, text: str) -> tuple[Any, list[str]]:
    """Return a field's value and, if the text was not valid, a sentence about it."""
    spec = FIELDS[field]
    try:
        return getattr(spec(**_COMPANIONS.get(field, {}), **{field: text}), field), []
    except ValueError:
        value = spec.nearest(field, text)
        return value, [f"{field} must be {spec.allowed(field)}; got {quoted(text)}; using {value}."]


def split(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the fields of `Network` and those of `Batch` among the values."""
    network, batch = (
        {field: value for field, value in values.items() if FIELDS[field] is spec}
        for spec in (Network, Batch)
    )
    return network, batch


def settle(values: Mapping[str, Any], problems: Sequence[str] = ()) -> Reading:
    """Build the specs, giving way where fields contradict each other or cost too much."""
    problems = list(problems)
    network_values, batch_values = split(values)
    try:
        network = Network(**network_values)
    except ValueError as error:
        problems.append(f"{_sentence(error)}; ignoring it.")
        network = Network(**{**network_values, "scale": None})
    try:
        batch = Batch(**batch_values)
    except ValueError as error:
        problems.append(f"{_sentence(error)}; using 1797.")
        batch = Batch(**{**batch_values, "size": 1797})
    try:
        cost.check(network, batch)
    except ValueError as error:
        problems.append(f"{_sentence(error)}; using that.")
        network, batch = cost.nearest(network, batch)
    return Reading(network, batch, tuple(problems))


def _sentence(error: ValueError) -> str:
    return capitalized(str(error))
