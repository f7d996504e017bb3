"""What runs inside a module: every use of a weight, and the activation that follows it.

Torch functions are seen as they are called, so layers count whether they are modules or bare
parameters, and whatever the control flow between them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FunctionType
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from initviz.catalog.activations import ACTIVATIONS
from initviz.engine.rows import Row, Seen, owner_of
from initviz.runtime.turns import checkpoint

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
# Along which axis of their weight units lie, where it is not the first.
_UNITS = dict.fromkeys((*_PRODUCTS, "embedding", *(f"conv_transpose{d}d" for d in (1, 2, 3))), 1)
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
# In-place operators; other functions that write end in an underscore.
_WRITING = {"__iadd__", "__isub__", "__imul__", "__itruediv__", "__ipow__", "__setitem__"}
_OTHER_ACTIVATIONS = {"relu6", "hardsigmoid", "logsigmoid", "prelu", "rrelu", "tanhshrink"}


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
        self._matrices: set[int] = set()
        for name, parameter in module.named_parameters(remove_duplicate=False):
            if parameter.dim() > 1:
                self._matrices.add(id(parameter))
            self._names.setdefault(id(parameter), []).append(_written(name))
        self._running: list[str] = []
        # Of a tensor: its row, and the axis of the row's units in it.
        self._owner: dict[int, tuple[Row, int]] = {}
        self._in_attention = False
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

    def unseen(self) -> tuple[str, ...]:
        """Return the names of matrices, kernels and tables that no row was made of."""
        seen = {id(owner_of(w)) for row in self.rows for w in row.weights}
        return tuple(
            names[0]
            for key, names in self._names.items()
            if key in self._matrices and key not in seen
        )

    def _enter(self, module: nn.Module, _: object) -> None:
        self._running.append(self._paths[id(module)])

    def _leave(self, *_: object) -> None:
        self._running.pop()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "").rstrip("_")
        if func is F.multi_head_attention_forward:
            return self._attention(args, kwargs)
        if name in _LAYERS:
            return self._layer(name, func, args, kwargs)
        if name in _RECURRENT:
            return self._recurrent(name, func, args, kwargs)
        first = args[0] if args else kwargs.get("input")
        row, axis = self._owner.get(id(first)) or self._rewrapped(first) or (None, 0)
        if row is None:
            return func(*args, **kwargs)
        if _activates(name) and row.h is None:
            row.h_axis = axis
            return self._activation(row, func, first, args[1:], kwargs)
        out = func(*args, **kwargs)
        if name in _FOLLOWED and isinstance(out, Tensor):
            self._own(out, row, _moved(name, axis, first, out, args[1:]))
        elif func.__name__ in _WRITING or _writes(func):
            # What is written over a pre-activation makes another thing of it.
            self._owner.pop(id(first), None)
        return out

    def _attention(self, args: Any, kwargs: Any) -> Any:
        before, self._in_attention = self._in_attention, True
        try:
            with self:
                return _SEEN_INSIDE(*args, **kwargs)
        finally:
            self._in_attention = before

    def _rewrapped(self, tensor: object) -> tuple[Row, int] | None:
        """Return the last row if a tensor is its z in another wrapping, as hooks make one."""
        row = self.rows[-1] if self.rows else None
        if row is None or row.h is not None or not isinstance(tensor, Tensor):
            return None
        z = row.z.values
        same = tensor.shape == z.shape and row.z.intact and _share(tensor, z)
        return (row, row.axis) if same else None

    def _activation(self, row: Row, func: Any, z: Tensor, args: Any, kwargs: Any) -> Tensor:
        kwargs = {key: value for key, value in kwargs.items() if key != "input"}
        in_place = _writes(func) or kwargs.get("inplace") or any(a is True for a in args)
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
        axis = 1 if kind.startswith("conv") and out.dim() == weight.dim() else -1
        units = _UNITS.get(name, 0)
        row = Row(
            known or self._here(), kind, (weight,), fans, Seen.now(out), axis, unit_axis=units
        )
        self._add(row)
        passed_on = self._passed_on(out)
        self._own(passed_on, row, axis)
        return passed_on

    def _recurrent(self, name: str, func: Any, args: Any, kwargs: Any) -> Any:
        out = func(*args, **kwargs)
        # A cell takes its two matrices one by one, a layer all its parameters in a list.
        cell = name.endswith("_cell")
        given = args[2:4] if cell else next(a for a in args[2:] if isinstance(a, list))
        weights = tuple(w for w in given if w.dim() == 2)
        states = out[0] if isinstance(out, tuple) else out
        fans = (sum(w.shape[1] for w in weights[:2]), weights[1].shape[1])
        seen = Seen.now(states)
        self._add(Row(self._here(), _RECURRENT[name], weights, fans, seen, -1, h=seen))
        passed_on = self._passed_on(states)
        return (passed_on, *out[1:]) if isinstance(out, tuple) else passed_on

    def _add(self, row: Row) -> Row:
        checkpoint()
        row.steps_first = self._in_attention
        self.rows.append(row)
        return row

    def _here(self) -> str:
        return (self._running[-1] if self._running else "") or self._root

    def _name(self, weight: Tensor | None) -> str | None:
        """Return what a parameter, or the part of one, is called where it is used."""
        names = None if weight is None else self._names.get(id(owner_of(weight)))
        if names is None:
            return None
        here = self._running[-1] + "." if self._running and self._running[-1] else ""
        name = next((n for n in names if n.startswith(here)), names[0])
        return name.removesuffix("weight").rstrip("._") or self._root

    def _own(self, tensor: Tensor, row: Row, axis: int) -> None:
        self._owner[id(tensor)] = row, axis
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


def _writes(func: Any) -> bool:
    name = func.__name__
    return name.endswith("_") and not name.endswith("__")


def _moved(name: str, axis: int, before: Tensor, after: Tensor, args: Any) -> int:
    """Return where the units' axis is after a function that moves axes or keeps them."""
    here = axis % before.dim()
    if name == "transpose" and len(args) == 2:
        one, other = (int(a) % before.dim() for a in args)
        return {one: other, other: one}.get(here, here)
    if name == "permute" and args:
        order = args[0] if isinstance(args[0], (tuple, list)) else args
        return [int(a) % before.dim() for a in order].index(here)
    kept = here < after.dim() and after.shape[here] == before.shape[here]
    return here if kept and axis >= 0 else -1


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
    if name == "bilinear":
        return second * weight.shape[2], first
    if not name.startswith("conv"):
        return second, first
    kernel = weight[0, 0].numel()
    if name.startswith("conv_transpose"):
        return first // groups * kernel, second * kernel
    return second * kernel, first // groups * kernel
