"""How far an initializer keeps variances, from one layer to the next, in numbers.

Forward: Var(z_l) = n_in Var(w) E[h²] (He et al. 2015, equation 8); backward:
E[(∂ℓ/∂z_{l-1})²] = n_out Var(w) E[φ'²] E[(∂ℓ/∂z_l)²] (Glorot and Bengio 2010, equation 6).
"""

from dataclasses import dataclass

from initviz.catalog.initializers import INITIALIZERS
from initviz.setting.network import Network
from initviz.theory.gaussian import moments


@dataclass(frozen=True)
class Derivation:
    """One hidden layer of `width` units whose pre-activations start as N(0, 1).

    `square` is E[φ(z)²], `slope_square` E[φ'(z)²]. `needed` is the weight variance that keeps
    Var(z), `needed_back` the one that keeps the gradient's, `given` the initializer's own.
    `forward` and `backward` are what a layer then multiplies either by. With weights of
    another `mean` than 0 variances do not just add, and the rule says nothing.
    """

    width: int
    square: float
    slope_square: float
    given: float
    mean: float

    @property
    def needed(self) -> float:
        """The weight variance 1 / (n_in E[φ²])."""
        return 1 / (self.width * self.square)

    @property
    def needed_back(self) -> float:
        """The weight variance 1 / (n_out E[φ'²])."""
        return 1 / (self.width * self.slope_square)

    @property
    def forward(self) -> float:
        """What a layer multiplies Var(z) by."""
        return self.width * self.given * self.square

    @property
    def backward(self) -> float:
        """What a layer multiplies the gradient's variance by."""
        return self.width * self.given * self.slope_square


def derive(network: Network) -> Derivation:
    """Put a network's numbers into the condition that a layer keeps the variance."""
    gaussian = moments(network.activation, 1.0)
    initializer, width = INITIALIZERS[network.initializer], network.width
    gain, scale = network.gain, network.scale
    return Derivation(
        width=width,
        square=gaussian.square,
        slope_square=gaussian.slope_square,
        given=initializer.variance(width, width, gain=gain, scale=scale),
        mean=initializer.mean(width, width, gain=gain, scale=scale),
    )
