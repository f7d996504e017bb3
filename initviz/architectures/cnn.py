"""A plain convolutional network on images of digits."""

from collections import OrderedDict
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator
from torch import Tensor, nn

from initviz.architectures.fields import (
    ActivationName,
    BatchNorm,
    activation,
    channels,
    check_odd,
    depth,
    kernel,
    normalization,
)
from initviz.architectures.inputs import images
from initviz.architectures.record import Architecture
from initviz.catalog.activations import ACTIVATIONS
from initviz.setting.network import DIGITS_PIXELS, Whole
from initviz.setting.spec import Spec

_POOLS = {"max": nn.MaxPool2d, "average": nn.AvgPool2d}


class ConvNet(Spec):
    """`depth` convolutions z = W ∗ h + b, h = φ(z), zero-padded, without a readout.

    An image of 8 × 8 is halved after a third and after two thirds of the layers, if at all.
    """

    choices: ClassVar = {
        "activation": tuple(ACTIVATIONS),
        "normalization": ("none", "batch"),
        "downsampling": ("none", "stride", *_POOLS),
    }

    depth: Whole = depth("convolutions", 10, 100)
    channels: Whole = channels()
    kernel: Whole = kernel()
    downsampling: Literal["none", "stride", "max", "average"] = Field(
        "none", title="Downsampling", description="What halves the image, twice on the way."
    )
    activation: ActivationName = activation("that follows each convolution")
    normalization: BatchNorm = normalization("'s pre-activations just before the activation")

    @model_validator(mode="after")
    def _kernel_has_a_centre(self) -> Self:
        check_odd(self.kernel)
        return self


def _build(spec: ConvNet) -> nn.Sequential:
    """Stack layers named conv_1, norm_1, activation_1, pool_1, conv_2 and so on."""
    halved = {spec.depth // 3, 2 * spec.depth // 3} - {0}
    layers: OrderedDict[str, nn.Module] = OrderedDict()
    for layer in range(1, spec.depth + 1):
        layers[f"conv_{layer}"] = nn.Conv2d(
            1 if layer == 1 else spec.channels,
            spec.channels,
            spec.kernel,
            stride=2 if spec.downsampling == "stride" and layer in halved else 1,
            padding=spec.kernel // 2,
        )
        if spec.normalization == "batch":
            layers[f"norm_{layer}"] = nn.BatchNorm2d(spec.channels)
        layers[f"activation_{layer}"] = ACTIVATIONS[spec.activation].build()
        if spec.downsampling in _POOLS and layer in halved:
            layers[f"pool_{layer}"] = _POOLS[spec.downsampling](2)
    return nn.Sequential(layers)


def _inputs(_: ConvNet, batch_size: int, seed: int) -> Tensor:
    return images(batch_size, seed)


CNN = Architecture(
    name="cnn",
    label="Convolutional network",
    description="Zero-padded convolutions one after another, on images of digits.",
    spec=ConvNet,
    module=_build,
    inputs=_inputs,
    noun="layer",
    drawn="The line goes through the layers, first one first.",
    lesson="Zeros around the image take variance away: a 3 × 3 kernel loses a factor of "
    "((3H − 2) / 3H)² a layer on H × H pixels, 0.84 for 8 × 8, whatever the initializer.",
    positions=lambda _: DIGITS_PIXELS,
    values=lambda spec: 4 * DIGITS_PIXELS * spec.channels * spec.depth,
    sizes=("depth", "channels"),
)
