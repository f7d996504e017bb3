"""What runs inside a module: every use of a weight, and the activation that follows it.

Torch functions are seen as they are called, so layers count whether they are modules or bare
parameters, and whatever the control flow between them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from types import FunctionType
from typing import Any

from torch import Tensor, nn
from torch.autograd.graph import GradientEdge, get_gradient_edge
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from initviz.activations import ACTIVATIONS
from initviz.turns import checkpoint

# What a function makes a layer of, and which of its arguments the weight is.
_LAYERS = {
    "linear": ("linear", 1),
    "matmul": ("linear", 1),
    "mm": ("linear", 1),
    "addmm": ("linear", 2),
    "bilinear": ("bilinear", 2),
    "conv1d": ("conv", 1),
    "conv2d": ("conv", 1),
    "conv3d": ("conv", 1),
    "conv_transpose1d": ("conv_transpose", 1),
    "conv_transpose2d": ("conv_transpose", 1),
    "conv_transpose3d": ("conv_transpose", 1),
    "embedding": ("embedding", 1),
}
# Their weight stands the other way round, and other tensors than weights are multiplied too.
_PRODUCTS = {"matmul", "mm", "addmm"}
_GROUPS = 6
_RECURRENT = {
    "lstm": "lstm", "gru": "gru", "rnn_tanh": "rnn", "rnn_relu": "rnn",
    "lstm_cell": "lstm", "gru_cell": "gru", "rnn_tanh_cell": "rnn", "rnn_relu_cell": "rnn",
}  # fmt: skip
_FOLLOWED = {
    "batch_norm", "layer_norm", "rms_norm", "group_norm", "instance_norm", "dropout",
    "max_pool1d", "max_pool2d", "avg_pool1d",
    "avg_pool2d", "adaptive_avg_pool2d", "flatten", "reshape", "view", "permute", "transpose",
    "squeeze", "unsqueeze", "dropout1d", "dropout2d", "alpha_dropout", "clone", "contiguous",
}  # fmt: skip
_OTHER_ACTIVATIONS = {"relu6", "hardsigmoid", "logsigmoid", "prelu", "rrelu", "tanhshrink"}


@dataclass
class Seen:
    """A tensor at the moment it was made: what may be written over later, and its gradient's."""

    values: Tensor
    edge: GradientEdge | None
    version: int

    @classmethod
    def now(cls, tensor: Tensor) -> "Seen":
        """Remember a tensor as it is."""
        edge = get_gradient_edge(tensor) if tensor.requires_grad else None
        return cls(tensor.detach(), edge, tensor._version)

    def keep(self) -> None:
        """Copy the values, which are about to be written over."""
        self.values = self.values.clone()
        self.version = self.values._version

    @property
    def intact(self) -> bool:
        """Whether nothing was written over the values."""
        return self.values._version == self.version


@dataclass
class Row:
    """One use of a layer's weights: what came out of it, and of the activation that follows.

    A recurrent layer has two matrices or more; its z and h are both its hidden states.
    """

    name: str
    kind: str
    weights: tuple[Tensor, ...]
    fans: tuple[int, int]
    z: Seen
    h: Seen | None = None
    argument: Tensor | None = None
    activation: Callable[[Tensor], Tensor] | None = None

    @property
    def output(self) -> Seen:
        """What the layer and its activation give: h, or z where there is no activation."""
        return self.z if self.h is None else self.h


class Follow(TorchFunctionMode):
    """Sees every torch function that a module calls, and collects its rows.

    Used as a context around the module's forward pass, inside `where`. With `copying`, copies
    of z and h go on through the module, which may then write over them.
    """

    def __init__(self, module: nn.Module, *, copying: bool = False) -> None:
        super().__init__()
        self.rows: list[Row] = []
        self._copying = copying
        self._root = type(module).__name__
        self._paths = {id(m): _written(path) for path, m in module.named_modules()}
        self._names: dict[int, list[str]] = {}
        for name, parameter in module.named_parameters(remove_duplicate=False):
            self._names.setdefault(id(parameter), []).append(_written(name))
        self._running: list[str] = []
        self._owner: dict[int, Row] = {}
        # Tensors are told apart by identity, which lasts only as long as they do.
        self._alive: list[Tensor] = []

    @contextmanager
    def where(self, module: nn.Module) -> Iterator[None]:
        """Know, by hooks that are removed afterwards, which module is running."""
        handles = []
        try:
            for m in module.modules():
                handles.append(m.register_forward_pre_hook(self._enter))
                handles.append(m.register_forward_hook(self._leave, always_call=True))
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _enter(self, module: nn.Module, _: object) -> None:
        self._running.append(self._paths[id(module)])

    def _leave(self, *_: object) -> None:
        self._running.pop()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "").rstrip("_")
        if func is F.multi_head_attention_forward:
            with self:
                return _SEEN_INSIDE(*args, **kwargs)
        if name in _LAYERS:
            return self._layer(name, func, args, kwargs)
        if name in _RECURRENT:
            return self._recurrent(name, func, args, kwargs)
        first = args[0] if args else kwargs.get("input")
        row = self._owner.get(id(first))
        if row is None:
            return func(*args, **kwargs)
        if _activates(name) and row.h is None:
            return self._activation(row, func, first, args[1:], kwargs)
        out = func(*args, **kwargs)
        if name in _FOLLOWED and isinstance(out, Tensor):
            self._own(out, row)
        return out

    def _activation(self, row: Row, func: Any, z: Tensor, args: Any, kwargs: Any) -> Tensor:
        kwargs = {key: value for key, value in kwargs.items() if key != "input"}
        in_place = func.__name__.endswith("_") or kwargs.get("inplace") or True in args
        if in_place and row.z.intact and _share(z, row.z.values):
            row.z.keep()
        row.argument = z.detach().clone() if in_place else z.detach()
        row.activation = partial(_apply, func, args, kwargs)
        h = func(z, *args, **kwargs)
        row.h = Seen.now(h)
        return self._passed_on(h)

    def _passed_on(self, tensor: Tensor) -> Tensor:
        return tensor.clone() if self._copying else tensor

    def _layer(self, name: str, func: Any, args: Any, kwargs: Any) -> Any:
        kind, place = _LAYERS[name]
        weight = args[place] if len(args) > place else kwargs.get("weight")
        if name == "embedding" and weight is not None and not weight.is_floating_point():
            # `torch.embedding` takes the weight first.
            weight = args[0]
        known = self._name(weight)
        out = func(*args, **kwargs)
        if weight is None or (name in _PRODUCTS and known is None):
            return out
        groups = args[_GROUPS] if len(args) > _GROUPS else kwargs.get("groups", 1)
        fans = _fans(name, weight, groups if kind.startswith("conv") else 1)
        row = self._add(Row(known or self._here(), kind, (weight,), fans, Seen.now(out)))
        passed_on = self._passed_on(out)
        self._own(passed_on, row)
        return passed_on

    def _recurrent(self, name: str, func: Any, args: Any, kwargs: Any) -> Any:
        out = func(*args, **kwargs)
        # A cell takes its two matrices one by one, a layer all its parameters in a list.
        given = next((a for a in args if isinstance(a, list)), args[2:4])
        weights = tuple(w for w in given if w.dim() == 2)
        states = out[0] if isinstance(out, tuple) else out
        fans = (sum(w.shape[1] for w in weights[:2]), weights[1].shape[1])
        seen = Seen.now(states)
        self._add(Row(self._here(), _RECURRENT[name], weights, fans, seen, seen))
        passed_on = self._passed_on(states)
        return (passed_on, *out[1:]) if isinstance(out, tuple) else passed_on

    def _add(self, row: Row) -> Row:
        checkpoint()
        self.rows.append(row)
        return row

    def _here(self) -> str:
        return (self._running[-1] if self._running else "") or self._root

    def _name(self, weight: Tensor | None) -> str | None:
        """Return what a parameter, or the part of one, is called where it is used."""
        owner = weight if id(weight) in self._names else getattr(weight, "_base", None)
        names = self._names.get(id(owner))
        if names is None:
            return None
        here = self._running[-1] + "." if self._running and self._running[-1] else ""
        name = next((n for n in names if n.startswith(here)), names[0])
        return name.removesuffix("weight").rstrip("._") or self._root

    def _own(self, tensor: Tensor, row: Row) -> None:
        self._owner[id(tensor)] = row
        self._alive.append(tensor)


def _written(path: str) -> str:
    """Return a path as the author wrote it, without what `torch.compile` puts around modules."""
    return path.replace("_orig_mod.", "").removesuffix("_orig_mod")


def _seen_inside(function: Any) -> Callable[..., Any]:
    """Return the same function, which does not offer itself to modes as a whole."""
    names = {**function.__globals__, "has_torch_function": lambda _: False}
    opened = FunctionType(function.__code__, names, function.__name__, function.__defaults__)
    opened.__kwdefaults__ = function.__kwdefaults__
    return opened


_SEEN_INSIDE = _seen_inside(F.multi_head_attention_forward)


def _activates(name: str) -> bool:
    # F.linear is a layer, not the linear activation, which calls nothing.
    return (name in ACTIVATIONS and name != "linear") or name in _OTHER_ACTIVATIONS


def _apply(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], z: Tensor) -> Tensor:
    """Call an activation function as the module did, sparing its argument."""
    h: Tensor = func(z.clone(), *args, **kwargs)
    return h


def _share(one: Tensor, other: Tensor) -> bool:
    return one.untyped_storage().data_ptr() == other.untyped_storage().data_ptr()


def _fans(name: str, weight: Tensor, groups: int) -> tuple[int, int]:
    """Return fan-in and fan-out: the connections into and out of one unit.

    Unlike `torch.nn.init`, groups are taken into account, and a transposed convolution's
    fan-in is that of its inputs.
    """
    if name in _PRODUCTS:
        return weight.shape[-2], weight.shape[-1]
    first, second = weight.shape[:2]
    if not name.startswith("conv"):
        return second, first
    kernel = weight[0, 0].numel()
    if name.startswith("conv_transpose"):
        return first // groups * kernel, second * kernel
    return second * kernel, first // groups * kernel
