"""What the tables of named records share."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Protocol, TypeVar


class Named(Protocol):
    """A record that a table can hold."""

    @property
    def name(self) -> str:
        """What the record is found by."""


Record = TypeVar("Record", bound=Named)


def index(records: Iterable[Record]) -> Mapping[str, Record]:
    """Return a read-only table of the records by name, in their order.

    Raises:
        ValueError: if two records share a name.
    """
    table: dict[str, Record] = {}
    for record in records:
        if record.name in table:
            raise ValueError(f"two records are named {record.name!r}; names must be unique")
        table[record.name] = record
    return MappingProxyType(table)
