"""What a whole network does to the directions of its input."""

import numpy as np
import pytest

from initviz import Batch, Network
from initviz.experiments import jacobian


def output(network: Network, batch: Batch) -> np.ndarray:
    """Return log10 of the singular values after the last layer."""
    with pytest.MonkeyPatch.context() as patch:
        # Every depth that is measured is a decomposition more.
        patch.setattr(jacobian, "_DEPTHS", 2)
        return jacobian.measure(network, batch).log10[-1]
