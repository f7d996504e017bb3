"""What the weights of a file are like, layer by layer: size, shape, rank, and what is amiss."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from initviz.catalog.initializers import INITIALIZERS
from initviz.checkpoints.hypotheses import Fans
from initviz.checkpoints.likeness import Likeness, likeness
from initviz.checkpoints.orientation import (
    KINDS,
    Order,
    hidden_of,
    matrix_of,
    order_of,
    role_of,
    sizes_of,
)
from initviz.checkpoints.tensors import Contents, Stored, read
from initviz.engine.statistics import Floats
from initviz.runtime.turns import checkpoint

# By what a layer's variance is compared: one rule for each size that initializers give.
RULES: Mapping[str, str] = {
    "He": "he_normal",
    "Glorot": "glorot_normal",
    "LeCun": "lecun_normal",
    "PyTorch": "torch_default",
}
# What all singular values of a file may take together, as rows² · columns: a few seconds.
MAX_SINGULAR_WORK = 6e9
_MOST_DIMENSIONS = 5
# Two rows are copies if no weight differs by more than this share of the largest.
_COPY = 1e-6
# Rows with fewer weights are equal by accident too often.
_SHORTEST = 4


@dataclass(frozen=True)
class Layer:
    """One weight tensor.

    `order` is where the units' dimension was taken to be, `told_by` what told it: "name",
    "format" or "nothing". Mean and variance are of the finite values, NaN where there are none.
    `dead` rows are those that are all zero, `copies` other rows that equal one before them up to
    rounding; a row is what leads into one unit, in an embedding what stands for one word.
    `singular` are the singular values of the matrix (units, inputs · field), largest first, or
    None where they were not computed.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    role: str
    order: Order
    told_by: str
    fan_in: int
    fan_out: int
    rows: int
    mean: float
    variance: float
    nonfinite: int
    dead: int
    copies: int
    likeness: Likeness
    singular: Floats | None = None

    @property
    def kind(self) -> str:
        """What sort of layer it is of, in a word."""
        return KINDS[self.role]

    @property
    def sides(self) -> tuple[int, int]:
        """The matrix's sides: units, and inputs times the field."""
        return self.rows, math.prod(self.shape) // self.rows

    def expected(self, rule: str) -> float:
        """Return the variance that one of `RULES` gives a layer of these fans."""
        return INITIALIZERS[RULES[rule]].variance(self.fan_in, self.fan_out)

    def ratio(self, rule: str) -> float:
        """Return the variance over that of one of `RULES`."""
        return self.variance / self.expected(rule)

    @property
    def nearest(self) -> str:
        """The one of `RULES` whose variance is nearest, by ratio."""
        if not 0 < self.variance < math.inf:
            return next(iter(RULES))
        return min(RULES, key=lambda rule: abs(math.log(self.ratio(rule))))


@dataclass(frozen=True)
class Weights:
    """The layers of a file, in the order of their names, and how many tensors are none.

    `vectors` have one dimension or none, `others` are empty, of whole numbers, of more than five
    dimensions or of a type that is not read.
    """

    layers: tuple[Layer, ...]
    vectors: int
    others: int


def weights_in(data: bytes, file: str) -> Weights:
    """Look at every weight tensor of a safetensors file called `file`.

    Raises:
        ValueError: naming the file, what is wrong with it and what was expected.
    """
    contents = read(data, file)
    weights = [t for t in contents.tensors if is_weight(t)]
    vectors = sum(len(t.shape) < 2 for t in contents.tensors)
    affordable = _affordable(weights)
    layers = []
    for tensor in weights:
        checkpoint()
        layers.append(layer_of(tensor, contents, singular=tensor.name in affordable))
    return Weights(tuple(layers), vectors, len(contents.tensors) - len(weights) - vectors)


def is_weight(tensor: Stored) -> bool:
    """Say whether a tensor is taken for a layer's weights."""
    # GPT-2 keeps the mask of its attention under the name of a bias.
    named_bias = tensor.name.endswith(".bias")
    return (
        not named_bias
        and tensor.floats
        and 2 <= len(tensor.shape) <= _MOST_DIMENSIONS
        and tensor.size > 0
    )


def _affordable(tensors: Iterable[Stored]) -> set[str]:
    """Return the names of those whose singular values are within the budget, cheapest first."""
    costs = []
    for tensor in tensors:
        # Whichever end the units are at, the matrix is no cheaper than this.
        sides = [(n, tensor.size // n) for n in (tensor.shape[0], tensor.shape[-1])]
        costs.append((max(min(s) ** 2 * max(s) for s in sides), tensor.name))
    chosen, left = set(), MAX_SINGULAR_WORK
    for cost, name in sorted(costs):
        left -= cost
        if left < 0:
            break
        chosen.add(name)
    return chosen


@np.errstate(over="ignore", invalid="ignore")
def layer_of(tensor: Stored, contents: Contents, *, singular: bool) -> Layer:
    """Look at one weight tensor among others, with its singular values or without."""
    role = role_of(tensor)
    order, told_by = order_of(tensor, role, contents.metadata)
    units, inputs, field = sizes_of(tensor.shape, order)
    matrix = matrix_of(tensor, order)
    finite = np.isfinite(matrix)
    nonfinite = int(matrix.size - np.count_nonzero(finite))
    values = matrix[finite] if nonfinite else matrix
    alive = (matrix != 0).any(axis=1)
    hidden = hidden_of(tensor, contents.tensors) if role == "recurrent.input" else None
    fans = (inputs, units) if role == "embedding.weight" else (inputs * field, units * field)
    live = matrix if alive.all() or not alive.any() else matrix[alive]
    return Layer(
        name=tensor.name,
        dtype=tensor.dtype,
        shape=tensor.shape,
        role=role,
        order=order,
        told_by=told_by,
        fan_in=fans[0],
        fan_out=fans[1],
        rows=units,
        mean=float(values.mean(dtype=np.float64)) if values.size else math.nan,
        variance=float(values.var(dtype=np.float64)) if values.size else math.nan,
        nonfinite=nonfinite,
        dead=int(units - np.count_nonzero(alive)),
        copies=_copies(matrix[alive]),
        likeness=likeness(live, Fans(*fans, hidden), role, tensor.resolution),
        singular=_singular(matrix) if singular and not nonfinite else None,
    )


def _copies(rows: NDArray[Any]) -> int:
    """Count the rows that equal one before them up to rounding, without comparing all pairs.

    Copies have the same projection on any direction, so they are neighbours when sorted by it.
    """
    rows = rows[np.isfinite(rows).all(axis=1)]
    if len(rows) < 2 or rows.shape[1] < _SHORTEST:
        return 0
    direction: Floats = np.random.default_rng(0).standard_normal(len(rows[0]))
    tolerance = _COPY * np.abs(rows).max()
    projected = rows @ direction.astype(rows.dtype)
    order = np.argsort(projected, kind="stable")
    near = np.diff(projected[order]) <= 2 * tolerance * np.abs(direction).sum()
    pairs = zip(order[:-1][near], order[1:][near], strict=True)
    return sum(bool((np.abs(rows[a] - rows[b]) <= tolerance).all()) for a, b in pairs)


def _singular(matrix: NDArray[Any]) -> Floats | None:
    try:
        values = np.linalg.svd(matrix, compute_uv=False)
    except np.linalg.LinAlgError:
        return None
    return np.asarray(values, dtype=np.float64) if np.isfinite(values).all() else None
