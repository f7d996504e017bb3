"""What each parameter of a module is for: its role, and the fans that go with it.

Layer-specific initialization is a mapping from roles, not from layers, to initializers.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from math import prod

from torch import Tensor, nn

from initviz.catalog.activations import ACTIVATIONS

# What every role is, in words; a role falls back on the one named after it.
ROLES: Mapping[str, str] = {
    "dense.weight": "weights of a dense layer",
    "conv.weight": "kernel of a convolution",
    "recurrent.input": "weights from the input to the gates of a recurrent layer",
    "recurrent.hidden": "weights from a recurrent layer's own state to its gates",
    "recurrent.bias": "biases of a recurrent layer's gates",
    "attention.in": "projections to queries, keys and values",
    "attention.out": "projection of what attention has gathered",
    "attention.bias": "biases of attention's projections",
    "embedding.weight": "table of an embedding",
    "norm.scale": "scale of a normalization",
    "norm.shift": "shift of a normalization",
    "residual.inner": "weights of a residual branch before its last",
    "residual.last": "last weights of a residual branch",
    "readout.weight": "weights of the last dense layer",
    "bias": "biases",
}
FALLBACKS = {
    "readout.weight": "dense.weight",
    "residual.inner": "dense.weight",
    "residual.last": "dense.weight",
    "attention.in": "dense.weight",
    "attention.out": "dense.weight",
    "attention.bias": "bias",
    "recurrent.bias": "bias",
}
_NORMS = (
    nn.modules.batchnorm._NormBase,
    nn.LayerNorm,
    nn.GroupNorm,
    nn.RMSNorm,
)
_GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
# In PyTorch's order of an LSTM's gates: input, forget, cell, output.
_FORGET = 1


@dataclass(frozen=True)
class Slot:
    """One parameter, its role and its fans.

    `gates` blocks are stacked along the first dimension in a layer of kind `cell`; `hidden` is
    the state's size in a recurrent layer; `activation` is the name of the activation module that
    follows, if one does; `plain` is the role that the layer alone gives, where another was given.
    """

    name: str
    role: str
    parameter: Tensor
    fan_in: int
    fan_out: int
    gates: int = 1
    hidden: int | None = None
    cell: str | None = None
    activation: str | None = None
    plain: str | None = None

    @property
    def forget_rows(self) -> slice | None:
        """Where the forget gate is in the input's half of an LSTM, and None elsewhere."""
        if self.cell != "LSTM" or "_ih" not in self.name:
            return None
        hidden = len(self.parameter) // self.gates
        return slice(_FORGET * hidden, (_FORGET + 1) * hidden)


def slots(module: nn.Module, roles: Mapping[str, str] | None = None) -> list[Slot]:
    """Return the parameters that have a role, in the order of registration, each once.

    `roles` gives parameters another role, by name or shell pattern, the first match first.

    Raises:
        ValueError: if a role is unknown, or a pattern matches no parameter with a role.
    """
    overrides = dict(roles or {})
    for pattern, role in overrides.items():
        if role not in ROLES:
            raise ValueError(f"role must be one of {', '.join(ROLES)}; got {role!r} for {pattern}")
    found: list[Slot] = []
    seen: set[int] = set()
    used: set[str] = set()
    followed = _followed_by(module)
    for path, layer in module.named_modules():
        for slot in _of(layer, path, followed.get(path)):
            if id(slot.parameter) in seen:
                continue
            seen.add(id(slot.parameter))
            matching = [p for p in overrides if fnmatchcase(slot.name, p)]
            used.update(matching)
            found.append(_renamed(slot, overrides[matching[0]]) if matching else slot)
    if unused := overrides.keys() - used:
        raise ValueError(f"no parameter with a role is named {', '.join(sorted(unused))}")
    return _with_readout(found)


def _renamed(slot: Slot, role: str) -> Slot:
    return replace(slot, role=role, plain=slot.plain or slot.role)


def _with_readout(found: list[Slot]) -> list[Slot]:
    """Call the last dense layer's weights the readout."""
    dense = [i for i, slot in enumerate(found) if slot.role == "dense.weight"]
    if len(dense) > 1:
        found[dense[-1]] = _renamed(found[dense[-1]], "readout.weight")
    return found


def _followed_by(module: nn.Module) -> dict[str, str]:
    """Return, by a layer's path, the activation module that follows it among its siblings."""
    known = {type(a.build()): a.name for a in ACTIVATIONS.values() if a.module is not None}
    found: dict[str, str] = {}
    for path, parent in module.named_modules():
        waiting: list[str] = []
        for name, child in parent.named_children():
            if type(child) in known:
                found |= dict.fromkeys(waiting, known[type(child)])
                waiting = []
            elif isinstance(child, (nn.Linear, nn.modules.conv._ConvNd)):
                waiting = [f"{path}.{name}" if path else name]
    return found


def _of(layer: nn.Module, path: str, activation: str | None) -> Iterator[Slot]:
    dot = f"{path}." if path else ""
    if isinstance(layer, nn.MultiheadAttention):
        yield from _attention(layer, dot)
    elif isinstance(layer, nn.RNNBase):
        yield from _recurrent(layer, dot, layer.mode.partition("_")[0])
    elif isinstance(layer, nn.RNNCellBase):
        yield from _recurrent(layer, dot, type(layer).__name__.removesuffix("Cell"))
    elif isinstance(layer, nn.Embedding):
        count, size = layer.weight.shape
        yield Slot(f"{dot}weight", "embedding.weight", layer.weight, size, count)
    elif isinstance(layer, _NORMS):
        for name, role in (("weight", "norm.scale"), ("bias", "norm.shift")):
            if isinstance(parameter := getattr(layer, name, None), nn.Parameter):
                yield Slot(f"{dot}{name}", role, parameter, len(parameter), len(parameter))
    elif isinstance(layer, (nn.Linear, nn.modules.conv._ConvNd)):
        role = "dense.weight" if isinstance(layer, nn.Linear) else "conv.weight"
        fan_in, fan_out = _fans(layer)
        yield Slot(f"{dot}weight", role, layer.weight, fan_in, fan_out, activation=activation)
        if layer.bias is not None:
            yield Slot(f"{dot}bias", "bias", layer.bias, fan_in, fan_out)


def _fans(layer: nn.Linear | nn.modules.conv._ConvNd) -> tuple[int, int]:
    """Return the inputs that a unit sums, and the units that an input reaches."""
    if isinstance(layer, nn.Linear):
        return layer.in_features, layer.out_features
    field = prod(layer.kernel_size)
    return layer.in_channels // layer.groups * field, layer.out_channels // layer.groups * field


def _recurrent(layer: nn.RNNBase | nn.RNNCellBase, dot: str, cell: str) -> Iterator[Slot]:
    gates, hidden = _GATES[cell], layer.hidden_size
    for name, parameter in layer.named_parameters(recurse=False):
        role = "recurrent.hidden" if "_hh" in name else "recurrent.input"
        if name.startswith("bias"):
            role, fan_in = "recurrent.bias", hidden
        elif "_hr" in name:
            # The projection of an LSTM's output.
            role, fan_in = "dense.weight", hidden
        else:
            fan_in = parameter.shape[1]
        stacked = 1 if "_hr" in name else gates
        yield Slot(f"{dot}{name}", role, parameter, fan_in, len(parameter), stacked, hidden, cell)


def _attention(layer: nn.MultiheadAttention, dot: str) -> Iterator[Slot]:
    for name, parameter in layer.named_parameters(recurse=False):
        if name in ("bias_k", "bias_v"):
            continue
        if name.endswith("weight"):
            fan_out, fan_in = parameter.shape
            gates = fan_out // layer.embed_dim
            yield Slot(
                f"{dot}{name}", "attention.in", parameter, fan_in, fan_out, gates, cell="attention"
            )
        else:
            yield Slot(f"{dot}{name}", "attention.bias", parameter, layer.embed_dim, 1)
    out = layer.out_proj
    yield Slot(
        f"{dot}out_proj.weight", "attention.out", out.weight, out.in_features, out.out_features
    )
    if out.bias is not None:
        yield Slot(f"{dot}out_proj.bias", "attention.bias", out.bias, out.in_features, 1)
