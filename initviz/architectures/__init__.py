"""Networks beyond the dense one: a frozen record each, in one table."""

from typing import Any

from initviz.architectures.cnn import CNN
from initviz.architectures.record import Architecture
from initviz.architectures.residual import RESIDUAL
from initviz.registry import index

__all__ = ["ARCHITECTURES", "Architecture"]

_RECORDS: tuple[Architecture[Any], ...] = (CNN, RESIDUAL)
ARCHITECTURES = index(_RECORDS)
