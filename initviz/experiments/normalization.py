"""The same initializer with and without batch normalization, at many gains."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from initviz.engine.statistics import Floats
from initviz.probe import probe
from initviz.runtime.cache import kept
from initviz.setting.network import Batch, Network
from initviz.verdict.verdict import Verdict, of_drift

ACTIVATIONS = ("relu", "tanh", "sigmoid")
INITIALIZERS = ("glorot_uniform", "he_normal", "normal")
DEPTHS = (10, 20, 30)
# The rows of what is measured.
NORMALIZATIONS = ("none", "batch")
# From a tenth of the initializer's own size to ten times; 1 is among them.
GAINS = np.geomspace(0.1, 10, 17)
WIDTH = 64
_BATCH = Batch(size=64)
_KEPT_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Swept:
    """Probes without and with normalization at every gain of `GAINS`.

    `gradient` and `weight_gradient` are log10 of the variances of ∂ℓ/∂z and ∂ℓ/∂W, (2, gains,
    depth), first layer first.
    """

    gradient: Floats
    weight_gradient: Floats

    @cached_property
    def drift(self) -> Floats:
        """How far the gradient's variance strays from the last layer's, in decades, (2, gains).

        The furthest of any layer with its sign, which is what a verdict looks at.
        """
        away = self.gradient - self.gradient[:, :, -1:]
        furthest = np.abs(away).argmax(axis=2, keepdims=True)
        drift: Floats = np.take_along_axis(away, furthest, axis=2)[:, :, 0]
        return drift

    @property
    def verdicts(self) -> tuple[tuple[Verdict, ...], ...]:
        """What the drift amounts to by the threshold of every verdict, two rows.

        It is what a probe is told wherever the gradient decides.
        """
        return tuple(tuple(map(of_drift, row)) for row in self.drift.tolist())

    @property
    def nbytes(self) -> int:
        """The bytes of the arrays."""
        return self.gradient.nbytes + self.weight_gradient.nbytes


@kept(_KEPT_BYTES, lambda swept: swept.nbytes)
def swept(activation: str, initializer: str, depth: int) -> Swept:
    """Probe a network of `WIDTH` at every gain, without and with batch normalization.

    Raises:
        ValueError: if the network is refused.
    """
    network = Network(depth=depth, width=WIDTH, activation=activation, initializer=initializer)
    found = [
        [
            probe(network.replace(gain=gain, normalization=normalization), _BATCH)
            for gain in GAINS.tolist()
        ]
        for normalization in NORMALIZATIONS
    ]
    return Swept(
        np.array([[s.log10["grad_preact_var"] for s in row] for row in found]),
        np.array([[s.log10["grad_weight_var"] for s in row] for row in found]),
    )
