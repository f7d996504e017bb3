"""Short real training runs: how networks that begin differently learn the same data."""

from initviz.training.history import History
from initviz.training.reading import Reading, read
from initviz.training.run import Step, check, train
from initviz.training.spec import Training

__all__ = ["History", "Reading", "Step", "Training", "check", "read", "train"]
