"""The input–output Jacobian of the dense network, J_l = ∂h_l/∂x at one input, by singular values.

J_l = D_l W_l … D_1 W_1 with D = diag(φ'(z)) (Saxe, McClelland and Ganguli 2014, arXiv:1312.6120;
Pennington, Schoenholz and Ganguli 2017, arXiv:1711.04735).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.initializers import INITIALIZERS
from initviz.engine.statistics import Floats
from initviz.experiments.products import Product, halved
from initviz.runtime.budget import Amount, Budget, less, operations
from initviz.runtime.turns import TURNS, checkpoint
from initviz.setting.cost import MAX_FLOPS
from initviz.setting.data import draw_inputs
from initviz.setting.network import Batch, Network, biases, fans
from initviz.setting.noise import layer_noise

_DEPTHS = 24
# Up to this width as many depths are measured as are allowed; beyond, fewer by the square.
_NARROW = 256
# Operations by the clock, in n³: of a layer, of drawing an orthogonal one, of a measured depth.
_LAYER, _DRAWING, _MEASURED = 10, 10, 40
# Beyond 2^±400 every activation here is linear or constant, and squares still fit float64.
_LARGEST_EXPONENT = 400


@dataclass(frozen=True)
class SingularValues:
    """log10 of the singular values, (depths, min(inputs, width)), largest first; −inf for 0.

    `depths` holds the layers, from 1, after which they were taken, first and last among them.
    """

    depths: NDArray[np.int32]
    log10: Floats

    @property
    def nbytes(self) -> int:
        """The memory that the numbers take, in bytes."""
        return self.depths.nbytes + self.log10.nbytes


def measure(network: Network, batch: Batch) -> SingularValues:
    """Measure the singular values of ∂h_l/∂x at a batch's first input, after up to 24 layers.

    The weights are the probe's own draw, the arithmetic is float64. Values more than 290 decades
    below the largest come out as 0.

    Raises:
        ValueError: with a normalization, or naming estimate and budget if the work is over it.
    """
    if network.normalization != "none":
        raise ValueError(
            f"normalization must be 'none' for the Jacobian; got {network.normalization!r}, "
            "whose own derivative is not part of this measurement"
        )
    _BUDGET.check(network)
    depths = _depths(network)
    with TURNS.turn():
        count = min(fans(network, batch)[0])
        found = [
            product.log10(count)
            for layer, product in enumerate(_products(network, batch), 1)
            if layer in depths
        ]
    return SingularValues(depths, np.array(found))


def flops(network: Network) -> float:
    """Return about how many operations a measurement takes."""
    layer = _LAYER + (_DRAWING if network.initializer == "orthogonal" else 0)
    return float(network.width) ** 3 * (layer * network.depth + _MEASURED * len(_depths(network)))


def _amounts(network: Network) -> tuple[Amount]:
    return (operations(flops(network), MAX_FLOPS),)


def _narrower(network: Network, _: float) -> Network | None:
    width = less(network.width, 0.5, 1)
    return None if width is None else network.replace(width=width)


_BUDGET = Budget[Network](
    _amounts,
    lambda network: {"depth": network.depth, "width": network.width},
    (_narrower,),
    purpose="for the Jacobian",
)


def _depths(network: Network) -> NDArray[np.int32]:
    number = min(_DEPTHS, max(2, int(_DEPTHS * (_NARROW / network.width) ** 2)))
    return np.unique(np.linspace(1, network.depth, number).round()).astype(np.int32)


def twin(network: Network) -> Network | None:
    """Return the network with orthogonal weights of the same mean square, or None without one.

    The twin of an orthogonal network has independent normal weights.
    """
    width, gain, scale = network.width, network.gain, network.scale
    if network.initializer == "orthogonal":
        return network.replace(initializer="normal", scale=width**-0.5)
    initializer = INITIALIZERS[network.initializer]
    mean = initializer.mean(width, width, gain=gain, scale=scale)
    variance = initializer.variance(width, width, gain=gain, scale=scale)
    alike = math.sqrt(width) * math.hypot(math.sqrt(variance), mean)
    if not 0 < alike <= Network.bounds("gain")[1]:
        return None
    return network.replace(initializer="orthogonal", gain=alike, scale=None)


def _products(network: Network, batch: Batch) -> Iterator[Product]:
    """Yield the Jacobian after every layer."""
    initializer, activation = INITIALIZERS[network.initializer], ACTIVATIONS[network.activation]
    shapes, bias = fans(network, batch), biases(network, batch.seed)
    inputs = shapes[0][0]
    product = Product.identity(inputs)
    # The activations are h · 2^size.
    h, size = draw_inputs(batch, inputs)[0][0].double().numpy(), 0
    for layer, (fan_in, fan_out) in enumerate(shapes):
        checkpoint()
        noise = layer_noise(initializer.noise, fan_in, fan_out, seed=batch.seed, layer=layer)
        weight = noise.values.double().numpy()
        factor, shift = math.frexp(
            initializer.factor(fan_in, fan_out, gain=network.gain, scale=network.scale)
        )
        weight *= factor
        z, size = weight @ h, size + shift
        if bias is not None:
            if size < 0:
                # Biases set the size of z; what is far below would be rounded away anyway.
                z, size = np.ldexp(z, size), 0
            z = z + np.ldexp(bias[layer].numpy(), -size)
        z, change = halved(z)
        within = max(-_LARGEST_EXPONENT, min(_LARGEST_EXPONENT, size + change))
        z, size = np.ldexp(z, within), size + change - within
        product = product.after(activation.slope_at(z), weight, shift)
        h, change = halved(activation.at(z))
        size += change
        yield product
