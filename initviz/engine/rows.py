"""What a row is: one use of a layer's weights, with the tensors seen there."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.autograd.graph import GradientEdge, get_gradient_edge


@dataclass
class Seen:
    """A tensor at the moment it was made: what may be written over later, and its gradient's."""

    values: Tensor
    edge: GradientEdge | None
    version: int

    @classmethod
    def now(cls, tensor: Tensor) -> "Seen":
        """Remember a tensor as it is."""
        return cls(tensor.detach(), edge_of(tensor), tensor._version)

    def keep(self) -> None:
        """Copy the values, which are about to be written over."""
        self.values = self.values.clone()
        self.version = self.values._version

    @property
    def intact(self) -> bool:
        """Whether nothing was written over the values."""
        return self.values._version == self.version


def edge_of(tensor: Tensor) -> GradientEdge | None:
    """Return where autograd finds a tensor's gradient; None where it cannot have one."""
    if not tensor.requires_grad or (tensor.grad_fn is None and not tensor.is_leaf):
        return None
    return get_gradient_edge(tensor)


@dataclass
class Row:
    """One use of a layer's weights: what came out of it, and of the activation that follows.

    A recurrent layer has two matrices or more; its z and h are both its hidden states. `axis` and
    `h_axis` are those of the units in z and in h, `unit_axis` is that in the weights, where several
    rows may belong to a unit. Inside attention, where `steps_first` is true, a batch's inputs
    are not the first axis but the second.
    """

    name: str
    kind: str
    weights: tuple[Tensor, ...]
    fans: tuple[int, int]
    z: Seen
    axis: int
    steps_first: bool = False
    h: Seen | None = None
    h_axis: int | None = None
    unit_axis: int = 0
    argument: Tensor | None = None
    activation: Callable[[Tensor], Tensor] | None = None

    @property
    def output(self) -> Seen:
        """What the layer and its activation give: h, or z where there is no activation."""
        return self.z if self.h is None else self.h

    @property
    def output_axis(self) -> int:
        """The axis of the units in `output`."""
        return self.axis if self.h_axis is None else self.h_axis


def owner_of(weight: Tensor) -> Tensor:
    """Return the parameter that a weight is, or is a view of."""
    return weight if weight._base is None else weight._base
