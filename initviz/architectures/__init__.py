"""Networks beyond the dense one: a frozen record each, in one table."""

from typing import Any

from initviz.architectures.cnn import CNN
from initviz.architectures.record import Architecture
from initviz.architectures.recurrent import RECURRENT
from initviz.architectures.residual import RESIDUAL
from initviz.architectures.through_time import ThroughTime, through_time
from initviz.architectures.transformer import TRANSFORMER
from initviz.catalog.registry import index

__all__ = ["ARCHITECTURES", "Architecture", "ThroughTime", "through_time"]

_RECORDS: tuple[Architecture[Any], ...] = (CNN, RESIDUAL, RECURRENT, TRANSFORMER)
ARCHITECTURES = index(_RECORDS)
