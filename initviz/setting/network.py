"""The specification of an experiment, and the real `torch.nn` network it stands for."""

from collections import OrderedDict
from typing import Annotated, Any, ClassVar, Self

import torch
from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from torch import Tensor, nn

from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.initializers import ALIASES, INITIALIZERS
from initviz.runtime.randomness import generator
from initviz.runtime.turns import checkpoint
from initviz.setting.noise import layer_noise
from initviz.setting.spec import Spec

NORMALIZATIONS = {
    "none": "None",
    "batch": "Batch normalization",
    "layer": "Layer normalization",
    "rms": "RMS normalization",
}
# Others have specs of their own, in `initviz.architectures`.
DENSE = {"mlp": "Multilayer perceptron"}
INPUTS = {
    "normal": "Normal N(0, 1)",
    "uniform": "Uniform, variance 1",
    "digits": "Handwritten digits",
}
LOSSES = {"gaussian": "Random gradient", "cross_entropy": "Cross-entropy"}
DTYPES = {
    "float64": torch.float64,
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
DIGITS_PIXELS = 64
DIGITS_IMAGES = 1797
CLASSES = 10


def one_of(names: Any) -> AfterValidator:
    """Return the check that a field holds one of the names."""

    def check(value: str) -> str:
        if value not in names:
            raise ValueError("unknown name")
        return value

    return AfterValidator(check)


def _canonical(name: object) -> object:
    return ALIASES.get(name, name) if isinstance(name, str) else name


def _no_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a truth value is not a number")
    return value


Whole = Annotated[int, BeforeValidator(_no_bool)]
Real = Annotated[float, BeforeValidator(_no_bool)]


class Network(Spec):
    """A network at initialization: `depth` hidden layers z = W h + b, h = φ(z).

    Weights are drawn as gain × the initializer's own amplitude, biases from
    N(bias_mean, bias_std²). A normalization acts between z and φ.
    """

    choices: ClassVar = {
        "activation": tuple(ACTIVATIONS),
        "initializer": tuple(INITIALIZERS),
        "normalization": tuple(NORMALIZATIONS),
        "architecture": tuple(DENSE),
    }

    depth: Whole = Field(
        20, ge=1, le=200, title="Depth", description="Number of hidden layers, 1 to 200."
    )
    width: Whole = Field(
        128, ge=1, le=2048, title="Width", description="Units in each hidden layer, 1 to 2048."
    )
    activation: Annotated[str, one_of(ACTIVATIONS)] = Field(
        "relu",
        title="Activation",
        description="The function φ that each unit applies to its pre-activation z.",
    )
    initializer: Annotated[str, BeforeValidator(_canonical), one_of(INITIALIZERS)] = Field(
        "he_normal", title="Initializer", description="The rule that draws the first weights."
    )
    gain: Real = Field(
        1.0,
        ge=0,
        le=100,
        title="Gain",
        description="Multiplies every weight: the initializer's own scale times this.",
    )
    scale: Real | None = Field(
        None,
        ge=0,
        title="Scale",
        description="Standard deviation, half-range or value, for initializers that have one.",
    )
    bias_mean: Real = Field(0.0, title="Bias mean", description="Mean of the biases.")
    bias_std: Real = Field(
        0.0, ge=0, title="Bias std", description="Standard deviation of the biases."
    )
    normalization: Annotated[str, one_of(NORMALIZATIONS)] = Field(
        "none",
        title="Normalization",
        description="Rescales pre-activations just before the activation.",
    )
    architecture: Annotated[str, one_of(DENSE)] = Field(
        "mlp", title="Architecture", description="How the layers are connected."
    )

    @model_validator(mode="after")
    def _scale_has_a_meaning(self) -> Self:
        if self.scale is not None and INITIALIZERS[self.initializer].scale_meaning is None:
            owners = [i.name for i in INITIALIZERS.values() if i.scale_meaning]
            raise ValueError(
                f"scale must be left out with initializer={self.initializer!r}, which has none; "
                f"got {self.scale}; it is for {', '.join(owners)}"
            )
        return self


class Batch(Spec):
    """What is sent through the network: inputs, loss, arithmetic and seed."""

    choices: ClassVar = {"inputs": tuple(INPUTS), "loss": tuple(LOSSES), "dtype": tuple(DTYPES)}

    size: Whole = Field(
        128,
        ge=2,
        le=4096,
        title="Batch size",
        description="Inputs sent through at once, 2 to 4096 (at most 1797 for digits).",
    )
    inputs: Annotated[str, one_of(INPUTS)] = Field(
        "normal",
        title="Inputs",
        description="Random inputs of variance 1, or scikit-learn's 8 × 8 handwritten digits.",
    )
    loss: Annotated[str, one_of(LOSSES)] = Field(
        "gaussian",
        title="Loss",
        description="A random N(0, 1) gradient at the last layer, or 10-class cross-entropy.",
    )
    dtype: Annotated[str, one_of(DTYPES)] = Field(
        "float32", title="Number format", description="The floating-point format computed in."
    )
    seed: Whole = Field(
        0,
        ge=0,
        le=2**32 - 1,
        title="Seed",
        description="Picks the random draw; same seed, same bits.",
    )

    @model_validator(mode="after")
    def _digits_suffice(self) -> Self:
        if self.inputs == "digits" and self.size > DIGITS_IMAGES:
            raise ValueError(
                f"size must be a whole number from 2 to {DIGITS_IMAGES} with inputs='digits'; "
                f"got {self.size}"
            )
        return self


def fans(network: Network, batch: Batch) -> list[tuple[int, int]]:
    """Return (fan_in, fan_out) of every hidden layer, first layer first."""
    first = DIGITS_PIXELS if batch.inputs == "digits" else network.width
    return [
        (first if layer == 0 else network.width, network.width) for layer in range(network.depth)
    ]


def biases(network: Network, seed: int) -> list[Tensor] | None:
    """Draw the hidden layers' biases, float64, or return None where all are zero."""
    if network.bias_mean == 0 and network.bias_std == 0:
        return None
    noise = [torch.empty(network.width) for _ in range(network.depth)]
    return [
        n.normal_(generator=generator(seed, "bias", layer)).double() * network.bias_std
        + network.bias_mean
        for layer, n in enumerate(noise)
    ]


def readout_weight(
    network: Network, seed: int, dtype: torch.dtype, classes: int = CLASSES
) -> Tensor:
    """Draw the weight of the linear readout, shape (classes, width)."""
    return INITIALIZERS[network.initializer].sample(
        network.width,
        classes,
        generator(seed, "readout"),
        gain=network.gain,
        scale=network.scale,
        dtype=dtype,
    )


def _linear(weight: Tensor, bias: Tensor | None) -> nn.Linear:
    fan_out, fan_in = weight.shape
    # On the meta device nothing is drawn, so the global generator stays where it is.
    linear = nn.Linear(fan_in, fan_out, dtype=weight.dtype, device="meta").to_empty(device="cpu")
    linear.weight.copy_(weight)
    linear.bias.copy_(torch.zeros(fan_out) if bias is None else bias)
    return linear


def _normalization(network: Network, dtype: torch.dtype) -> nn.Module:
    if network.normalization == "batch":
        return nn.BatchNorm1d(network.width, dtype=dtype)
    if network.normalization == "layer":
        return nn.LayerNorm(network.width, dtype=dtype)
    return nn.RMSNorm(network.width, dtype=dtype)


@torch.no_grad()
def build(network: Network, batch: Batch) -> nn.Sequential:
    """Build the network of real `torch.nn` layers, in the batch's dtype.

    Layers are named linear_1, norm_1, activation_1, linear_2, … and, with cross-entropy,
    readout.
    """
    dtype, seed = DTYPES[batch.dtype], batch.seed
    initializer, bias = INITIALIZERS[network.initializer], biases(network, seed)
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for layer, (fan_in, fan_out) in enumerate(fans(network, batch)):
        checkpoint()
        noise = layer_noise(initializer.noise, fan_in, fan_out, seed=seed, layer=layer).values
        weight = initializer.weights(noise, gain=network.gain, scale=network.scale, dtype=dtype)
        layers[f"linear_{layer + 1}"] = _linear(weight, None if bias is None else bias[layer])
        if network.normalization != "none":
            layers[f"norm_{layer + 1}"] = _normalization(network, dtype)
        layers[f"activation_{layer + 1}"] = ACTIVATIONS[network.activation].build()
    if batch.loss == "cross_entropy":
        layers["readout"] = _linear(readout_weight(network, seed, dtype), None)
    return nn.Sequential(layers)
