"""See what weight initialization does to a neural network."""

from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.initializers import INITIALIZERS
from initviz.checkpoints.inspection import inspect
from initviz.probe import probe
from initviz.recipes.drawing import reinitialize
from initviz.recipes.table import RECIPES
from initviz.setting.network import Batch, Network
from initviz.signals import Signals
from initviz.theory.band import band
from initviz.theory.forecast import predict

__all__ = [
    "ACTIVATIONS",
    "INITIALIZERS",
    "RECIPES",
    "Batch",
    "Network",
    "Signals",
    "band",
    "inspect",
    "predict",
    "probe",
    "reinitialize",
]
