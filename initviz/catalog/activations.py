"""The activations: one frozen record each, in one table.

Everything that knows an activation by name reads `ACTIVATIONS`: the controls, the probe,
the code export, the reference page, the command line and the tests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from initviz.catalog.registry import index


class Elementwise(nn.Module):
    """A module for an elementwise function that `torch.nn` has no class for."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, z: Tensor) -> Tensor:
        """Apply the function: any shape in, the same shape out."""
        return self.function(z)


@dataclass(frozen=True)
class Activation:
    """An elementwise nonlinearity h = φ(z).

    `kinks` are the points where φ' jumps. `homogeneous` says that φ(az) = a φ(z) for every
    a > 0, `periodic` that it repeats itself and never straightens out. `partner` names the
    initializer that textbooks match to it. `torch`, `keras` and `flax` are source expressions in
    those libraries. Without a `module` the function itself is wrapped. A `slope` is given where
    autograd's formula cancels to 0 long before φ' does, or is much slower. `into` puts φ(z) into
    another tensor, where PyTorch can without a copy.
    """

    name: str
    label: str
    function: Callable[[Tensor], Tensor]
    formula: str
    reference: str
    partner: str
    torch: str
    keras: str
    flax: str
    module: Callable[[], nn.Module] | None = None
    kinks: tuple[float, ...] = ()
    homogeneous: bool = False
    periodic: bool = False
    slope: Callable[[Tensor, Tensor | None], Tensor] | None = None
    into: Callable[[Tensor, Tensor], Tensor] | None = None

    def build(self) -> nn.Module:
        """Return the `torch.nn` module that applies φ."""
        return Elementwise(self.function) if self.module is None else self.module()

    def apply(self, z: Tensor, out: Tensor) -> None:
        """Put φ(z) into `out`, which has the shape and dtype of `z`."""
        if self.into is None:
            out.copy_(self.function(z))
        else:
            self.into(z, out)

    def derivative(self, z: Tensor, out: Tensor | None = None) -> Tensor:
        """Return φ'(z), by automatic differentiation but for a `slope`; shape and dtype of `z`.

        `out`, which may be `z` itself, is a place that may be used for it.
        """
        if self.slope is not None:
            return self.slope(z, out)
        with torch.inference_mode(mode=False), torch.enable_grad():
            z = z.clone().requires_grad_()
            h = self.function(z)
            return torch.autograd.grad(h, z, torch.ones_like(h))[0]

    def at(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return φ(x) of an array."""
        values: NDArray[np.float64] = self.function(torch.from_numpy(x)).numpy()
        return values

    def slope_at(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return φ'(x) of an array."""
        slopes: NDArray[np.float64] = self.derivative(torch.from_numpy(x)).numpy()
        return slopes

    @property
    def steepest(self) -> float:
        """The largest |φ'(z)| over all z, to seven digits."""
        return _steepest(self)


@lru_cache(maxsize=64)
def _steepest(activation: Activation) -> float:
    # Every φ here is steepest, to float64, within forty of the origin, and the step of 4e-4
    # leaves a relative error below 1e-7 at a smooth maximum.
    grid = torch.linspace(-40, 40, 200_001, dtype=torch.float64)
    return float(activation.derivative(grid).abs().max())


def _linear(z: Tensor) -> Tensor:
    # A copy: an activation that aliases its input would let one tensor be counted as two.
    return z.clone()


def _relu_slope(z: Tensor, out: Tensor | None) -> Tensor:
    return torch.gt(z, 0, out=torch.empty_like(z) if out is None else out)


def _relu_into(z: Tensor, out: Tensor) -> Tensor:
    return torch.clamp_min(z, 0, out=out)


def _sigmoid_slope(z: Tensor, out: Tensor | None) -> Tensor:
    return torch.mul(torch.sigmoid(z), torch.sigmoid(-z), out=out)


def _tanh_slope(z: Tensor, out: Tensor | None) -> Tensor:
    return _sigmoid_slope(2 * z, out).mul_(4)


ACTIVATIONS = index(
    (
        Activation(
            name="linear",
            label="Linear (none)",
            function=_linear,
            module=nn.Identity,
            homogeneous=True,
            formula=r"\varphi(z) = z",
            reference="Saxe, McClelland and Ganguli 2014, arXiv:1312.6120",
            partner="glorot_uniform",
            torch="nn.Identity()",
            keras='"linear"',
            flax="lambda z: z",
        ),
        Activation(
            name="sigmoid",
            label="Sigmoid",
            function=torch.sigmoid,
            module=nn.Sigmoid,
            slope=_sigmoid_slope,
            formula=r"\varphi(z) = \frac{1}{1 + e^{-z}}",
            reference="Rumelhart, Hinton and Williams 1986, Nature 323, 533",
            partner="glorot_uniform",
            torch="nn.Sigmoid()",
            keras='"sigmoid"',
            flax="nnx.sigmoid",
        ),
        Activation(
            name="tanh",
            label="tanh",
            function=torch.tanh,
            module=nn.Tanh,
            slope=_tanh_slope,
            formula=r"\varphi(z) = \tanh z",
            reference="LeCun, Bottou, Orr and Müller 1998, Efficient BackProp, section 4.4",
            partner="glorot_uniform",
            torch="nn.Tanh()",
            keras='"tanh"',
            flax="nnx.tanh",
        ),
        Activation(
            name="relu",
            label="ReLU",
            function=F.relu,
            module=nn.ReLU,
            slope=_relu_slope,
            into=_relu_into,
            kinks=(0.0,),
            homogeneous=True,
            formula=r"\varphi(z) = \max(0, z)",
            reference="Nair and Hinton 2010, ICML",
            partner="he_normal",
            torch="nn.ReLU()",
            keras='"relu"',
            flax="nnx.relu",
        ),
        Activation(
            name="leaky_relu",
            label="Leaky ReLU (0.01)",
            function=F.leaky_relu,
            module=nn.LeakyReLU,
            kinks=(0.0,),
            homogeneous=True,
            formula=r"\varphi(z) = \max(0.01 z, z)",
            reference="Maas, Hannun and Ng 2013, ICML workshop",
            partner="he_normal",
            torch="nn.LeakyReLU(0.01)",
            keras="keras.layers.LeakyReLU(negative_slope=0.01)",
            flax="nnx.leaky_relu",
        ),
        Activation(
            name="elu",
            label="ELU",
            function=F.elu,
            module=nn.ELU,
            kinks=(0.0,),
            formula=r"\varphi(z) = z \;(z > 0),\quad e^z - 1 \;(z \le 0)",
            reference="Clevert, Unterthiner and Hochreiter 2016, arXiv:1511.07289",
            partner="he_normal",
            torch="nn.ELU()",
            keras='"elu"',
            flax="nnx.elu",
        ),
        Activation(
            name="selu",
            label="SELU",
            function=F.selu,
            module=nn.SELU,
            kinks=(0.0,),
            formula=r"\varphi(z) = 1.0507\, z \;(z > 0),\quad 1.7581\,(e^z - 1) \;(z \le 0)",
            reference="Klambauer, Unterthiner, Mayr and Hochreiter 2017, arXiv:1706.02515",
            partner="lecun_normal",
            torch="nn.SELU()",
            keras='"selu"',
            flax="nnx.selu",
        ),
        Activation(
            name="celu",
            label="CELU",
            function=F.celu,
            module=nn.CELU,
            kinks=(0.0,),
            formula=r"\varphi(z) = \max(0, z) + \min(0, e^{z} - 1)",
            reference="Barron 2017, arXiv:1704.07483",
            partner="he_normal",
            torch="nn.CELU()",
            keras='"celu"',
            flax="nnx.celu",
        ),
        Activation(
            name="gelu",
            label="GELU (exact)",
            function=F.gelu,
            module=nn.GELU,
            formula=r"\varphi(z) = \tfrac{z}{2}\left(1 + \mathrm{erf}(z/\sqrt{2})\right)",
            reference="Hendrycks and Gimpel 2016, arXiv:1606.08415",
            partner="he_normal",
            torch="nn.GELU()",
            keras="lambda z: keras.activations.gelu(z, approximate=False)",
            flax="lambda z: nnx.gelu(z, approximate=False)",
        ),
        Activation(
            name="silu",
            label="SiLU (Swish)",
            function=F.silu,
            module=nn.SiLU,
            formula=r"\varphi(z) = \frac{z}{1 + e^{-z}}",
            reference="Elfwing, Uchibe and Doya 2018, arXiv:1702.03118",
            partner="he_normal",
            torch="nn.SiLU()",
            keras='"silu"',
            flax="nnx.silu",
        ),
        Activation(
            name="mish",
            label="Mish",
            function=F.mish,
            module=nn.Mish,
            formula=r"\varphi(z) = z \tanh\left(\ln(1 + e^z)\right)",
            reference="Misra 2019, arXiv:1908.08681",
            partner="he_normal",
            torch="nn.Mish()",
            keras='"mish"',
            flax="lambda z: z * nnx.tanh(nnx.softplus(z))",
        ),
        Activation(
            name="softplus",
            label="Softplus",
            function=F.softplus,
            module=nn.Softplus,
            formula=r"\varphi(z) = \ln(1 + e^z)",
            reference="Dugas, Bengio, Bélisle, Nadeau and Garcia 2001, NIPS",
            partner="he_normal",
            torch="nn.Softplus()",
            keras='"softplus"',
            flax="nnx.softplus",
        ),
        Activation(
            name="softsign",
            label="Softsign",
            function=F.softsign,
            module=nn.Softsign,
            formula=r"\varphi(z) = \frac{z}{1 + |z|}",
            reference="Glorot and Bengio 2010, AISTATS",
            partner="glorot_uniform",
            torch="nn.Softsign()",
            keras='"softsign"',
            flax="nnx.soft_sign",
        ),
        Activation(
            name="hardtanh",
            label="Hard tanh",
            function=F.hardtanh,
            module=nn.Hardtanh,
            kinks=(-1.0, 1.0),
            formula=r"\varphi(z) = \max(-1, \min(1, z))",
            reference="Collobert 2004, PhD thesis, Université Paris VI",
            partner="glorot_uniform",
            torch="nn.Hardtanh()",
            keras='"hard_tanh"',
            flax="nnx.hard_tanh",
        ),
        Activation(
            name="hardswish",
            label="Hard swish",
            function=F.hardswish,
            module=nn.Hardswish,
            kinks=(-3.0, 3.0),
            formula=r"\varphi(z) = z\,\max(0, \min(6, z + 3)) / 6",
            reference="Howard et al. 2019, arXiv:1905.02244",
            partner="he_normal",
            torch="nn.Hardswish()",
            keras='"hard_silu"',
            flax="nnx.hard_swish",
        ),
        Activation(
            name="erf",
            label="erf",
            function=torch.erf,
            formula=r"\varphi(z) = \mathrm{erf}(z)",
            reference="Williams 1997, Computing with infinite networks, NIPS",
            partner="glorot_uniform",
            torch="Elementwise(torch.erf)",
            keras="keras.ops.erf",
            flax="jax.scipy.special.erf",
        ),
        Activation(
            name="sin",
            label="Sine",
            function=torch.sin,
            periodic=True,
            formula=r"\varphi(z) = \sin z",
            reference="Sitzmann et al. 2020, arXiv:2006.09661",
            partner="glorot_uniform",
            torch="Elementwise(torch.sin)",
            keras="keras.ops.sin",
            flax="jax.numpy.sin",
        ),
    )
)
