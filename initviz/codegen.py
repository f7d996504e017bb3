"""A `Network` as PyTorch source that a user can paste and run."""

from initviz.activations import ACTIVATIONS
from initviz.initializers import INITIALIZERS, Initializer
from initviz.links import to_params
from initviz.network import DIGITS_PIXELS, Batch, Network

_NORMALIZATIONS = {"batch": "BatchNorm1d", "layer": "LayerNorm", "rms": "RMSNorm"}

_TEMPLATE = '''"""{title}

Run it to see each layer's activation and gradient variance at initialization, for
N(0, 1) inputs and a N(0, 1) gradient at the last layer.
"""

{imports}import torch
from torch import nn

{elementwise}
@torch.no_grad()
def initialize(linear: nn.Linear) -> None:
    w = linear.weight
    {weights}
    {biases}


def build() -> nn.Sequential:
    layers = []
    fan_in = {features}
    for _ in range({depth}):
        linear = nn.Linear(fan_in, {width})
        initialize(linear)
        layers += [linear, {normalization}{activation}]
        fan_in = {width}
    return nn.Sequential(*layers)


if __name__ == "__main__":
    torch.manual_seed({seed})
    model = build()
    x = torch.randn({size}, {features})
    layers, signals = [], []
    for module in model:
        x = module(x)
        if isinstance(module, nn.Linear):
            x.retain_grad()
            layers.append(module)
            signals.append([x, x])
        else:
            signals[-1][1] = x
    (x * torch.randn_like(x)).sum().backward()
    print("layer  Var w      Var h      Var dl/dz")
    for number, (linear, (z, h)) in enumerate(zip(layers, signals), start=1):
        variances = [t.var(correction=0).item() for t in (linear.weight, h, z.grad)]
        print(f"{{number:5d}}  " + "  ".join(f"{{v:.3e}}" for v in variances))
'''

_ELEMENTWISE = """
class Elementwise(nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, z):
        return self.function(z)

"""


def pytorch(network: Network, batch: Batch) -> str:
    """Return a complete PyTorch script that builds, initializes and measures the network.

    Its weights follow the same distribution as the network's; the seed's draw is its own.
    """
    activation = ACTIVATIONS[network.activation].torch
    weights = _weights(INITIALIZERS[network.initializer], network)
    normalized = network.normalization != "none"
    return _TEMPLATE.format(
        title=(
            f"{network.depth} hidden layers of {network.width} units, "
            f"{ACTIVATIONS[network.activation].label}, {INITIALIZERS[network.initializer].label}."
        ),
        elementwise=_ELEMENTWISE if activation.startswith("Elementwise") else "",
        imports="import math\n\n" if "math." in weights else "",
        weights=weights,
        biases=_biases(network),
        features=DIGITS_PIXELS if batch.inputs == "digits" else network.width,
        depth=network.depth,
        width=network.width,
        normalization=(
            f"nn.{_NORMALIZATIONS[network.normalization]}({network.width}), " if normalized else ""
        ),
        activation=activation,
        seed=batch.seed,
        size=batch.size,
    )


def _weights(initializer: Initializer, network: Network) -> str:
    scale = initializer.default_scale if network.scale is None else network.scale
    statement = initializer.torch.format(w="w", scale=repr(scale))
    return statement if network.gain == 1 else f"{statement}.mul_({network.gain!r})"


def _biases(network: Network) -> str:
    if network.bias_std == 0:
        return f"nn.init.constant_(linear.bias, {network.bias_mean!r})"
    return f"nn.init.normal_(linear.bias, mean={network.bias_mean!r}, std={network.bias_std!r})"


def command(network: Network, batch: Batch) -> str:
    """Return the command line that probes this setting."""
    flags = [f"--{f.replace('_', '-')} {v}" for f, v in to_params(network, batch).items()]
    return " ".join(["python -m initviz probe", *flags])
