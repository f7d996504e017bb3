"""Fields that the specs of several architectures have in common."""

from typing import Annotated, Any, Literal

from pydantic import Field

from initviz.catalog.activations import ACTIVATIONS
from initviz.setting.network import one_of

ActivationName = Annotated[str, one_of(ACTIVATIONS)]
BatchNorm = Literal["none", "batch"]


def depth(of: str, default: int, most: int) -> Any:
    """Return the field that counts what a network has one after another."""
    description = f"Number of {of}, 1 to {most}."
    return Field(default, ge=1, le=most, title="Depth", description=description)


def channels() -> Any:
    """Return the field of how wide convolutions are."""
    description = "Channels of each convolution, 1 to 256."
    return Field(32, ge=1, le=256, title="Channels", description=description)


def kernel() -> Any:
    """Return the field of how far convolutions reach; see `check_odd`."""
    description = "Side of the square kernel: 1, 3, 5 or 7 pixels."
    return Field(3, ge=1, le=7, title="Kernel", description=description)


def activation(where: str) -> Any:
    """Return the field of φ, which stands somewhere."""
    return Field("relu", title="Activation", description=f"The function φ {where}.")


def normalization(does: str) -> Any:
    """Return the field of batch normalization, which does something."""
    return Field("none", title="Normalization", description=f"Rescales each channel{does}.")


def check_odd(side: int) -> None:
    """Refuse a kernel without a centre.

    Raises:
        ValueError: if the side is even.
    """
    if side % 2 == 0:
        raise ValueError(f"kernel must be odd, so that it has a centre; got {side}")
