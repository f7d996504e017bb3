"""See what weight initialization does to a neural network."""

from initviz.activations import ACTIVATIONS
from initviz.initializers import INITIALIZERS
from initviz.network import Batch, Network
from initviz.probe import probe
from initviz.recipes import RECIPES, reinitialize
from initviz.signals import Signals
from initviz.theory.forecast import predict

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "RECIPES",
    "Batch",
    "Network",
    "Signals",
    "predict",
    "probe",
    "reinitialize",
]
