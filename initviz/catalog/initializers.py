"""The initializers: one frozen record each, in one table.

A weight matrix is an amplitude times standard noise, W = gain · amplitude(fans) · noise.
The noise depends on the shape and the generator alone, so that moving a gain or a scale
rescales the same draw.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Generator, Tensor, float32, nn
from torch import dtype as DType

from initviz.catalog.registry import index

Mode = Literal["fan_in", "fan_out", "fan_avg"]


# Each is the one of its kind, so that what is kept of its draws is found by identity.
@dataclass(frozen=True, eq=False)
class Noise:
    """A distribution of matrices of shape (rows, columns), before any amplitude.

    `mean` and `variance` are of one entry, over draws and positions, given the shape.
    """

    name: str
    draw: Callable[[int, int, Generator], Tensor]
    mean: Callable[[int, int], float]
    variance: Callable[[int, int], float]


def _constant(value: float) -> Callable[[int, int], float]:
    return lambda rows, columns: value


def _normal(rows: int, columns: int, generator: Generator) -> Tensor:
    return torch.empty(rows, columns).normal_(generator=generator)


def _uniform(rows: int, columns: int, generator: Generator) -> Tensor:
    return torch.empty(rows, columns).uniform_(-1, 1, generator=generator)


def _truncated(rows: int, columns: int, generator: Generator) -> Tensor:
    noise = torch.empty(rows, columns)
    nn.init.trunc_normal_(noise, a=-2, b=2, generator=generator)
    return noise


def _ones(rows: int, columns: int, generator: Generator) -> Tensor:
    return torch.ones(rows, columns)


def _eye(rows: int, columns: int, generator: Generator) -> Tensor:
    return torch.eye(rows, columns)


def _orthogonal(rows: int, columns: int, generator: Generator) -> Tensor:
    """Rows or columns, whichever are fewer, are orthonormal, uniformly (Haar) distributed."""
    tall = _normal(max(rows, columns), min(rows, columns), generator)
    q, r = torch.linalg.qr(tall)
    # Without the signs of R's diagonal, Q is not uniform: Mezzadri 2007, arXiv:math-ph/0609050.
    q *= torch.where(r.diagonal() < 0, -1.0, 1.0)
    haar: Tensor = q if rows >= columns else q.T.contiguous()
    return haar


# PyTorch's documented example for `sparse_`.
SPARSITY = 0.1


def _zeros_per_column(rows: int) -> int:
    return math.ceil(SPARSITY * rows)


def _sparse(rows: int, columns: int, generator: Generator) -> Tensor:
    """Normal noise in which the same number of entries of every column is exactly zero."""
    noise = _normal(rows, columns, generator)
    order = torch.rand(rows, columns, generator=generator).argsort(dim=0)
    return noise.scatter_(0, order[: _zeros_per_column(rows)], 0.0)


def _sparse_variance(rows: int, columns: int) -> float:
    return 1 - _zeros_per_column(rows) / rows


def _diagonal_share(rows: int, columns: int) -> float:
    return 1 / max(rows, columns)


def _eye_variance(rows: int, columns: int) -> float:
    return _diagonal_share(rows, columns) * (1 - _diagonal_share(rows, columns))


# Variance of N(0, 1) conditioned on |x| < 2; its root is the 0.87962566 of Keras and JAX.
TRUNCATED_VARIANCE = 1 - 4 * math.exp(-2) / (math.sqrt(2 * math.pi) * math.erf(math.sqrt(2)))

NORMAL = Noise("normal", _normal, _constant(0.0), _constant(1.0))
UNIFORM = Noise("uniform", _uniform, _constant(0.0), _constant(1 / 3))
TRUNCATED = Noise("truncated", _truncated, _constant(0.0), _constant(TRUNCATED_VARIANCE))
ONES = Noise("ones", _ones, _constant(1.0), _constant(0.0))
EYE = Noise("eye", _eye, _diagonal_share, _eye_variance)
ORTHOGONAL = Noise("orthogonal", _orthogonal, _constant(0.0), _diagonal_share)
SPARSE = Noise("sparse", _sparse, _constant(0.0), _sparse_variance)


@dataclass(frozen=True)
class Initializer:
    """A rule that draws a weight matrix of shape (fan_out, fan_in).

    `amplitude(fan_in, fan_out, scale)` multiplies the noise. `scale_meaning` says what the
    network's `scale` is for this initializer, `default_scale` what it is when not given;
    both are None where the initializer has no scale. `torch` is a statement on a weight `{w}`,
    `keras` and `flax` are initializers of those libraries, all without the gain; `{scale}` stands
    for a number, `seed` for Keras's generator, `sparse` for what neither of the two has, and
    `symmetric` for what Flax has only from 0 on.
    """

    name: str
    label: str
    family: str
    noise: Noise
    amplitude: Callable[[int, int, float], float]
    formula: str
    reference: str
    torch: str
    keras: str
    flax: str
    aliases: tuple[str, ...] = ()
    scale_meaning: str | None = None
    default_scale: float | None = None

    def factor(
        self, fan_in: int, fan_out: int, *, gain: float = 1.0, scale: float | None = None
    ) -> float:
        """Return what multiplies the noise: gain · amplitude."""
        size = self.default_scale if scale is None else scale
        return gain * self.amplitude(fan_in, fan_out, 1.0 if size is None else size)

    def mean(
        self, fan_in: int, fan_out: int, *, gain: float = 1.0, scale: float | None = None
    ) -> float:
        """Return the theoretical mean of one weight."""
        factor = self.factor(fan_in, fan_out, gain=gain, scale=scale)
        return factor * self.noise.mean(fan_out, fan_in)

    def variance(
        self, fan_in: int, fan_out: int, *, gain: float = 1.0, scale: float | None = None
    ) -> float:
        """Return the theoretical variance of one weight."""
        factor = self.factor(fan_in, fan_out, gain=gain, scale=scale)
        return factor * factor * self.noise.variance(fan_out, fan_in)

    def sample(
        self,
        fan_in: int,
        fan_out: int,
        generator: Generator,
        *,
        gain: float = 1.0,
        scale: float | None = None,
        dtype: DType = float32,
    ) -> Tensor:
        """Draw a weight matrix, shape (fan_out, fan_in): the same float32 noise in any dtype."""
        noise = self.noise.draw(fan_out, fan_in, generator)
        return self.weights(noise, gain=gain, scale=scale, dtype=dtype)

    def weights(
        self,
        noise: Tensor,
        *,
        gain: float = 1.0,
        scale: float | None = None,
        dtype: DType = float32,
    ) -> Tensor:
        """Turn drawn noise, shape (fan_out, fan_in), into a new weight matrix."""
        fan_out, fan_in = noise.shape
        factor = self.factor(fan_in, fan_out, gain=gain, scale=scale)
        wide = torch.promote_types(dtype, torch.float32)
        return (noise.to(wide) * factor).to(dtype)


@dataclass(frozen=True)
class VarianceScaling:
    """The amplitude that gives every weight the variance scale / fan.

    The fan is `fan_in`, `fan_out` or their mean. He, Glorot and LeCun are special cases:
    He et al. 2015, arXiv:1502.01852, equations 10 and 14; Glorot and Bengio 2010, equation 16.
    """

    scale: float
    mode: Mode
    noise: Noise

    def __call__(self, fan_in: int, fan_out: int, _: float) -> float:
        """Return the amplitude; there is no scale for a user to choose."""
        variance = self.scale / self.fan(fan_in, fan_out)
        return math.sqrt(variance / self.noise.variance(fan_out, fan_in))

    def fan(self, fan_in: int, fan_out: int) -> float:
        """Return the fan that the variance is divided by."""
        return {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]


def _as_scale(fan_in: int, fan_out: int, scale: float) -> float:
    return scale


def _fixed(value: float) -> Callable[[int, int, float], float]:
    return lambda fan_in, fan_out, scale: value


_GLOROT = "Glorot and Bengio 2010, AISTATS, equation 16"
_HE = "He, Zhang, Ren and Sun 2015, arXiv:1502.01852, equation 10"
_LECUN = "LeCun, Bottou, Orr and Müller 1998, Efficient BackProp, section 4.6"

INITIALIZERS = index(
    (
        Initializer(
            name="zeros",
            label="Zeros",
            family="constant",
            noise=ONES,
            amplitude=_fixed(0.0),
            formula=r"w = 0",
            reference="Goodfellow, Bengio and Courville 2016, Deep Learning, section 8.4",
            torch="nn.init.zeros_({w})",
            keras="keras.initializers.Zeros()",
            flax="nnx.initializers.zeros_init()",
        ),
        Initializer(
            name="ones",
            label="Ones",
            family="constant",
            noise=ONES,
            amplitude=_fixed(1.0),
            formula=r"w = g",
            reference="Goodfellow, Bengio and Courville 2016, Deep Learning, section 8.4",
            torch="nn.init.ones_({w})",
            keras="keras.initializers.Ones()",
            flax="nnx.initializers.ones_init()",
        ),
        Initializer(
            name="constant",
            label="Constant",
            family="constant",
            noise=ONES,
            amplitude=_as_scale,
            scale_meaning="the value of every weight",
            default_scale=0.01,
            formula=r"w = g\,c",
            reference="Goodfellow, Bengio and Courville 2016, Deep Learning, section 8.4",
            torch="nn.init.constant_({w}, {scale})",
            keras="keras.initializers.Constant({scale})",
            flax="nnx.initializers.constant({scale})",
        ),
        Initializer(
            name="normal",
            label="Normal, fixed std",
            family="fixed scale",
            noise=NORMAL,
            amplitude=_as_scale,
            scale_meaning="standard deviation",
            default_scale=0.01,
            formula=r"w \sim \mathcal{N}(0,\; g^2 s^2)",
            reference="Krizhevsky, Sutskever and Hinton 2012, NIPS, section 5 (s = 0.01)",
            torch="nn.init.normal_({w}, std={scale})",
            keras="keras.initializers.RandomNormal(stddev={scale}, seed=seed)",
            flax="nnx.initializers.normal({scale})",
        ),
        Initializer(
            name="uniform",
            label="Uniform, fixed range",
            family="fixed scale",
            noise=UNIFORM,
            amplitude=_as_scale,
            scale_meaning="half the range: weights lie between −scale and +scale",
            default_scale=0.05,
            formula=r"w \sim \mathcal{U}(-g s,\; g s)",
            reference="Keras documentation, RandomUniform (s = 0.05)",
            torch="nn.init.uniform_({w}, -{scale}, {scale})",
            keras="keras.initializers.RandomUniform(-{scale}, {scale}, seed)",
            flax="symmetric({scale})",
        ),
        Initializer(
            name="truncated_normal",
            label="Truncated normal",
            family="fixed scale",
            noise=TRUNCATED,
            amplitude=_as_scale,
            scale_meaning="standard deviation before the tails beyond two of them are cut",
            default_scale=0.02,
            formula=r"w \sim \mathcal{N}(0,\; g^2 s^2),\quad |w| < 2 g s",
            reference="Devlin et al. 2019, arXiv:1810.04805 (s = 0.02)",
            torch="nn.init.trunc_normal_({w}).mul_({scale})",
            keras="keras.initializers.TruncatedNormal(stddev={scale}, seed=seed)",
            flax="nnx.initializers.truncated_normal({scale})",
        ),
        Initializer(
            name="lecun_normal",
            label="LeCun normal",
            family="variance scaling",
            noise=NORMAL,
            amplitude=VarianceScaling(1, "fan_in", NORMAL),
            formula=r"w \sim \mathcal{N}(0,\; g^2 / n_\mathrm{in})",
            reference=_LECUN,
            torch='nn.init.kaiming_normal_({w}, nonlinearity="linear")',
            keras='keras.initializers.VarianceScaling(1, "fan_in", "untruncated_normal", seed)',
            flax='nnx.initializers.variance_scaling(1, "fan_in", "normal")',
        ),
        Initializer(
            name="lecun_uniform",
            label="LeCun uniform",
            family="variance scaling",
            noise=UNIFORM,
            amplitude=VarianceScaling(1, "fan_in", UNIFORM),
            formula=r"w \sim \mathcal{U}\left(\pm g \sqrt{3 / n_\mathrm{in}}\right)",
            reference=_LECUN,
            torch='nn.init.kaiming_uniform_({w}, nonlinearity="linear")',
            keras="keras.initializers.LecunUniform(seed)",
            flax="nnx.initializers.lecun_uniform()",
        ),
        Initializer(
            name="lecun_truncated",
            label="LeCun truncated normal",
            family="variance scaling",
            noise=TRUNCATED,
            amplitude=VarianceScaling(1, "fan_in", TRUNCATED),
            formula=r"w \sim \mathcal{N}(0,\; g^2 / n_\mathrm{in}),\ \text{tails cut}",
            reference="JAX documentation, jax.nn.initializers.lecun_normal, Flax's default",
            torch="nn.init.trunc_normal_({w}).div_(0.8796256610342398 * math.sqrt({w}[0].numel()))",
            keras="keras.initializers.LecunNormal(seed)",
            flax="nnx.initializers.lecun_normal()",
        ),
        Initializer(
            name="glorot_normal",
            label="Glorot normal (Xavier)",
            family="variance scaling",
            noise=NORMAL,
            amplitude=VarianceScaling(1, "fan_avg", NORMAL),
            formula=r"w \sim \mathcal{N}(0,\; 2 g^2 / (n_\mathrm{in} + n_\mathrm{out}))",
            reference=_GLOROT,
            torch="nn.init.xavier_normal_({w})",
            keras='keras.initializers.VarianceScaling(1, "fan_avg", "untruncated_normal", seed)',
            flax='nnx.initializers.variance_scaling(1, "fan_avg", "normal")',
            aliases=("xavier_normal",),
        ),
        Initializer(
            name="glorot_uniform",
            label="Glorot uniform (Xavier)",
            family="variance scaling",
            noise=UNIFORM,
            amplitude=VarianceScaling(1, "fan_avg", UNIFORM),
            formula=r"w \sim \mathcal{U}(\pm g \sqrt{6 / (n_\mathrm{in} + n_\mathrm{out})})",
            reference=_GLOROT,
            torch="nn.init.xavier_uniform_({w})",
            keras="keras.initializers.GlorotUniform(seed)",
            flax="nnx.initializers.glorot_uniform()",
            aliases=("xavier_uniform",),
        ),
        Initializer(
            name="he_normal",
            label="He normal (Kaiming)",
            family="variance scaling",
            noise=NORMAL,
            amplitude=VarianceScaling(2, "fan_in", NORMAL),
            formula=r"w \sim \mathcal{N}(0,\; 2 g^2 / n_\mathrm{in})",
            reference=_HE,
            torch='nn.init.kaiming_normal_({w}, nonlinearity="relu")',
            keras='keras.initializers.VarianceScaling(2, "fan_in", "untruncated_normal", seed)',
            flax='nnx.initializers.variance_scaling(2, "fan_in", "normal")',
            aliases=("kaiming_normal",),
        ),
        Initializer(
            name="he_uniform",
            label="He uniform (Kaiming)",
            family="variance scaling",
            noise=UNIFORM,
            amplitude=VarianceScaling(2, "fan_in", UNIFORM),
            formula=r"w \sim \mathcal{U}\left(\pm g \sqrt{6 / n_\mathrm{in}}\right)",
            reference=_HE,
            torch='nn.init.kaiming_uniform_({w}, nonlinearity="relu")',
            keras="keras.initializers.HeUniform(seed)",
            flax="nnx.initializers.he_uniform()",
            aliases=("kaiming_uniform",),
        ),
        Initializer(
            name="orthogonal",
            label="Orthogonal",
            family="structured",
            noise=ORTHOGONAL,
            amplitude=_fixed(1.0),
            formula=r"W = g\,Q,\quad Q^\top Q = I \text{ or } Q Q^\top = I",
            reference="Saxe, McClelland and Ganguli 2014, arXiv:1312.6120",
            torch="nn.init.orthogonal_({w})",
            keras="keras.initializers.Orthogonal(seed=seed)",
            flax="nnx.initializers.orthogonal()",
        ),
        Initializer(
            name="identity",
            label="Identity",
            family="structured",
            noise=EYE,
            amplitude=_fixed(1.0),
            formula=r"W = g\,I",
            reference="Le, Jaitly and Hinton 2015, arXiv:1504.00941",
            torch="nn.init.eye_({w})",
            keras="keras.initializers.Identity()",
            flax="lambda key, shape, dtype=float: jax.numpy.eye(*shape, dtype=dtype)",
        ),
        Initializer(
            name="sparse",
            label="Sparse (10 % zeros)",
            family="structured",
            noise=SPARSE,
            amplitude=_fixed(0.01),
            formula=r"w \sim \mathcal{N}(0,\; 0.01^2 g^2),\ 10\,\% \text{ of each column } 0",
            reference="Martens 2010, ICML, section 5; PyTorch's sparse_ with sparsity 0.1",
            torch="nn.init.sparse_({w}, sparsity=0.1, std=0.01)",
            keras="sparse",
            flax="sparse",
        ),
        Initializer(
            name="torch_default",
            label="PyTorch default",
            family="variance scaling",
            noise=UNIFORM,
            amplitude=VarianceScaling(1 / 3, "fan_in", UNIFORM),
            formula=r"w \sim \mathcal{U}\left(\pm g / \sqrt{n_\mathrm{in}}\right)",
            reference="PyTorch documentation, torch.nn.Linear",
            torch="nn.init.kaiming_uniform_({w}, a=math.sqrt(5))",
            keras='keras.initializers.VarianceScaling(1 / 3, "fan_in", "uniform", seed)',
            flax='nnx.initializers.variance_scaling(1 / 3, "fan_in", "uniform")',
        ),
    )
)

ALIASES = {alias: record.name for record in INITIALIZERS.values() for alias in record.aliases}
