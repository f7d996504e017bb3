"""Tensors in tuples, lists, mappings and dataclasses, as modules take and return them."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from torch import Tensor, nn

Inputs = Tensor | tuple[Any, ...] | list[Any] | Mapping[str, Any]


def tensors(structure: object) -> Iterator[Tensor]:
    """Yield the tensors of a structure, first one first."""
    if isinstance(structure, Tensor):
        yield structure
    elif isinstance(structure, Mapping):
        for value in structure.values():
            yield from tensors(value)
    elif isinstance(structure, (tuple, list)):
        for value in structure:
            yield from tensors(value)
    elif is_dataclass(structure):
        for field in fields(structure):
            yield from tensors(getattr(structure, field.name))


def mapped(structure: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Return tuples, lists and dicts like those given, every tensor in them changed."""
    if isinstance(structure, Tensor):
        return change(structure)
    if isinstance(structure, Mapping):
        return {key: mapped(value, change) for key, value in structure.items()}
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(mapped(value, change) for value in structure))
    if isinstance(structure, (tuple, list)):
        return type(structure)(mapped(value, change) for value in structure)
    return structure


def call(module: nn.Module, inputs: Inputs) -> Any:
    """Call a module: a tuple holds positional arguments, a mapping keyword arguments."""
    if isinstance(inputs, Mapping):
        return module(**inputs)
    return module(*inputs) if isinstance(inputs, tuple) else module(inputs)
