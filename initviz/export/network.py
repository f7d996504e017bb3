"""A `Network` as source that a user can paste and run."""

from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.initializers import INITIALIZERS, Initializer
from initviz.export.draws import Draw
from initviz.export.scripts import FRAMEWORKS, fill
from initviz.setting.links import to_params
from initviz.setting.network import DIGITS_PIXELS, Batch, Network

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
        title=_title(network),
        elementwise=_ELEMENTWISE if activation.startswith("Elementwise") else "",
        imports="import math\n\n" if "math." in weights else "",
        weights=weights,
        biases=_biases(network),
        features=_features(network, batch),
        depth=network.depth,
        width=network.width,
        normalization=(
            f"nn.{_NORMALIZATIONS[network.normalization]}({network.width}), " if normalized else ""
        ),
        activation=activation,
        seed=batch.seed,
        size=batch.size,
    )


def keras(network: Network, batch: Batch) -> str:
    """Return a complete Keras script that builds the network and prints its weights' variances."""
    biases = f"keras.initializers.Constant({network.bias_mean!r})"
    if network.bias_std:
        moments = f"{network.bias_mean!r}, {network.bias_std!r}"
        biases = f"keras.initializers.RandomNormal({moments}, seed)"
    return _script("keras", network, batch, biases)


def flax(network: Network, batch: Batch) -> str:
    """Return a complete Flax script that builds the network and prints its weights' variances."""
    biases = f"nnx.initializers.constant({network.bias_mean!r})"
    if network.bias_std and not network.bias_mean:
        biases = f"nnx.initializers.normal({network.bias_std!r})"
    elif network.bias_std:
        noise = f"{network.bias_std!r} * jax.random.normal(key, shape, dtype)"
        biases = f"lambda key, shape, dtype=float: {network.bias_mean!r} + {noise}"
    return _script("flax", network, batch, biases)


def _script(framework: str, network: Network, batch: Batch, biases: str) -> str:
    features = _features(network, batch)
    weight = Draw(
        initializer=INITIALIZERS[network.initializer],
        shape=(network.width, features),
        fan_in=features,
        fan_out=network.width,
        scale=network.scale,
        gain=network.gain,
    )
    return fill(
        FRAMEWORKS[framework],
        "dense",
        {"weight": weight},
        title=_title(network),
        about="",
        features=features,
        biases=biases,
        size=batch.size,
        seed=batch.seed,
        **network.model_dump(include={"depth", "width", "activation", "normalization"}),
    )


def _title(network: Network) -> str:
    return (
        f"{network.depth} hidden layers of {network.width} units, "
        f"{ACTIVATIONS[network.activation].label}, {INITIALIZERS[network.initializer].label}."
    )


def _features(network: Network, batch: Batch) -> int:
    return DIGITS_PIXELS if batch.inputs == "digits" else network.width


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
