"""Several networks of one shape, computed as one: every tensor has a first dimension of networks.

What belongs to one network never meets what belongs to another, so that an infinity in one
leaves the others as they are. The backward pass is written out; φ' is PyTorch's own.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from initviz.catalog.activations import ACTIVATIONS, Activation
from initviz.runtime.turns import checkpoint
from initviz.setting.network import Network
from initviz.training.normalization import Normalization, Normalized
from initviz.training.parameters import Parameters


@dataclass(frozen=True)
class Pass:
    """One forward and one backward pass; lists go over the hidden layers, first layer first.

    `z`, `h`, `slopes` φ' and `gradients` ∂ℓ/∂z are (networks, batch, units), `loss` and
    `accuracy` (networks,).
    """

    loss: Tensor
    accuracy: Tensor
    z: list[Tensor]
    h: list[Tensor]
    slopes: list[Tensor]
    gradients: list[Tensor]


class Stack:
    """Networks shaped like `network`, with these parameters."""

    def __init__(self, network: Network, parameters: Parameters) -> None:
        self._activation = ACTIVATIONS[network.activation]
        self._parameters = parameters
        self.gradients = parameters.like(torch.zeros_like(parameters.flat))
        self._normalizations = [
            Normalization(network.normalization, like) for like in parameters.scales
        ]

    def run(self, inputs: Tensor, labels: Tensor) -> Pass:
        """Send a batch, (batch, features), forward and back; fills `gradients`."""
        made = self._parameters
        h, all_h, all_z, slopes, found = self._shared(inputs), [], [], [], []
        for layer in range(len(made.weights) - 1):
            checkpoint()
            z = _affine(made, layer, h)
            all_z.append(z)
            if self._normalizations:
                found.append(self._normalizations[layer].forward(z))
                z = self._rescaled(layer, found[-1].unit)
            h, slope = _activate(self._activation, z)
            all_h.append(h)
            slopes.append(slope)
        loss, accuracy, error = _cross_entropy(_affine(made, -1, h), labels)
        forward = [self._shared(inputs), *all_h]
        gradients = self._backward(error, forward, slopes, found)
        return Pass(loss, accuracy, all_z, all_h, slopes, gradients)

    def accuracy(self, inputs: Tensor, labels: Tensor) -> Tensor:
        """Return the share of examples that each network classifies rightly, (networks,).

        NaN where an output is not finite: such a network says nothing.
        """
        h = self._shared(inputs)
        for layer in range(len(self._parameters.weights) - 1):
            checkpoint()
            z = _affine(self._parameters, layer, h)
            if self._normalizations:
                z = self._rescaled(layer, self._normalizations[layer].apply(z))
            h = self._activation.function(z)
        logits = _affine(self._parameters, -1, h)
        finite = torch.isfinite(logits).flatten(1).all(dim=1)
        return _right(logits, labels).masked_fill_(~finite, torch.nan)

    def _shared(self, inputs: Tensor) -> Tensor:
        return inputs.expand(len(self._parameters.weights[0]), -1, -1)

    def _rescaled(self, layer: int, unit: Tensor) -> Tensor:
        scaled = unit * self._parameters.scales[layer]
        return scaled.add_(self._parameters.shifts[layer]) if self._parameters.shifts else scaled

    def _backward(
        self, error: Tensor, forward: list[Tensor], slopes: list[Tensor], found: list[Normalized]
    ) -> list[Tensor]:
        """Carry ∂ℓ/∂logits back; return ∂ℓ/∂z of the hidden layers."""
        out, gradients = self.gradients, []
        for layer in reversed(range(len(forward))):
            checkpoint()
            torch.bmm(error.mT, forward[layer], out=out.weights[layer])
            torch.sum(error, dim=1, keepdim=True, out=out.biases[layer])
            if layer:
                error = torch.bmm(error, self._parameters.weights[layer]).mul_(slopes[layer - 1])
                if found:
                    error = self._through(layer - 1, error, found[layer - 1])
                gradients.append(error)
        return gradients[::-1]

    def _through(self, layer: int, error: Tensor, found: Normalized) -> Tensor:
        """Carry a gradient back through a layer's normalization."""
        out = self.gradients
        torch.sum(error * found.unit, dim=1, keepdim=True, out=out.scales[layer])
        if out.shifts:
            torch.sum(error, dim=1, keepdim=True, out=out.shifts[layer])
        return self._normalizations[layer].backward(error * self._parameters.scales[layer], found)


def _affine(made: Parameters, layer: int, h: Tensor) -> Tensor:
    return torch.baddbmm(made.biases[layer], h, made.weights[layer].mT)


def _activate(activation: Activation, z: Tensor) -> tuple[Tensor, Tensor]:
    """Return φ(z) and φ'(z)."""
    with torch.enable_grad():
        leaf = z.detach().requires_grad_()
        h = activation.function(leaf)
    return h.detach(), torch.autograd.grad(h, leaf, torch.ones_like(h))[0]


def _cross_entropy(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return each network's mean loss, its accuracy, and the gradient at the logits."""
    logs = torch.log_softmax(logits, dim=2)
    examples = torch.arange(len(labels))
    error = logs.exp()
    error[:, examples, labels] -= 1
    return -logs[:, examples, labels].mean(dim=1), _right(logits, labels), error.div_(len(labels))


def _right(logits: Tensor, labels: Tensor) -> Tensor:
    return (logits.argmax(dim=2) == labels).double().mean(dim=1)
