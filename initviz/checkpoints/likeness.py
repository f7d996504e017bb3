"""Which initializers a drawn weight matrix may have come from.

Every entry of `INITIALIZERS`, and every size that a library's or a model's recipe gives it, is a
hypothesis without free parameters. One that the numbers contradict is dropped; those that remain
are compared by their likelihood, and all that come near the best are named.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np

from initviz.catalog.initializers import INITIALIZERS, SPARSITY, Initializer
from initviz.checkpoints.fits import LAWS, Values, fits, log_likelihood, shape_of, values_of
from initviz.engine.statistics import Floats
from initviz.recipes.table import RECIPES

# Those whose weights one finds in files.
LIBRARIES = ("pytorch", "keras", "flax", "gpt2", "bert")
# Fewer numbers than this fit too many initializers.
FEWEST = 32
# How much likelier than another the best may be for both to be named.
_LIKELIER = math.log(1000)
# Rows whose products are looked at, and how far from orthogonal float32 leaves them.
_ROWS = 64
_ROUNDING = 1e-4


@dataclass(frozen=True)
class Match:
    """An initializer that may have drawn a layer.

    `scale` is its size where it has one, `factor` what multiplies a structure that was recognised
    up to a factor, `recipes` the libraries and models that use it for such layers.
    """

    initializer: str
    scale: float | None
    factor: float
    recipes: tuple[str, ...]


@dataclass(frozen=True)
class Likeness:
    """The initializers that a layer may have come from, likeliest first.

    Without any, `shape` is the distribution that its values have at a size of their own, in
    words, or empty.
    """

    matches: tuple[Match, ...]
    shape: str = ""


@dataclass(frozen=True)
class Fans:
    """What a layer's initializer knew: its fans, and in a recurrent layer the state's size."""

    fan_in: int
    fan_out: int
    hidden: int | None = None


@dataclass(frozen=True)
class _Candidate:
    initializer: Initializer
    scale: float | None
    hidden: bool
    recipes: tuple[str, ...]

    def factor(self, fans: Fans) -> float:
        fan_in = fans.hidden if self.hidden and fans.hidden else fans.fan_in
        return self.initializer.factor(fan_in, fans.fan_out, scale=self.scale)

    def match(self, factor: float = 1.0, scale: float | None = None) -> Match:
        return Match(self.initializer.name, scale or self.scale, factor, self.recipes)


def likeness(weights: Floats, fans: Fans, role: str, resolution: float) -> Likeness:
    """Compare weights, shape (fan_out, fan_in · field), with every initializer.

    `role` is one of `ROLES`, `resolution` the relative rounding of the numbers. Where some are
    not finite the others are compared, and structure is not looked for.
    """
    finite = np.isfinite(weights)
    whole = bool(finite.all())
    flat = weights.ravel() if whole else weights[finite]
    if flat.size < FEWEST:
        return Likeness(())
    structured = list(_structured(weights, fans, role, resolution)) if whole else []
    if structured:
        return Likeness(tuple(structured))
    values = values_of(flat, resolution)
    scored = sorted(_scored(values, fans, role), key=lambda found: -found[0])
    # Sizes that differ by less than the numbers are rounded cannot be told apart.
    near = _LIKELIER + resolution * len(values.some)
    matches = tuple(match for score, match in scored if scored[0][0] - score < near)
    return Likeness(matches, "" if matches else shape_of(values))


@cache
def _candidates(role: str) -> tuple[_Candidate, ...]:
    """Return every initializer at its own size, and at the sizes that recipes give the role."""
    found: dict[tuple[str, float | None, bool], list[str]] = {
        (i.name, i.default_scale, False): [] for i in INITIALIZERS.values()
    }
    for name in LIBRARIES:
        rule = RECIPES[name].rules.get(role)
        if rule is None or rule.per_gate:
            continue
        scale = INITIALIZERS[rule.initializer].default_scale if rule.scale is None else rule.scale
        found.setdefault((rule.initializer, scale, rule.hidden), []).append(name)
    return tuple(
        _Candidate(INITIALIZERS[name], scale, hidden, tuple(recipes))
        for (name, scale, hidden), recipes in found.items()
    )


def _scored(values: Values, fans: Fans, role: str) -> Iterable[tuple[float, Match]]:
    """Give the candidates of independent entries that fit, with their log-likelihood."""
    for candidate in _candidates(role):
        law = LAWS.get(candidate.initializer.noise.name)
        factor = candidate.factor(fans)
        if law is not None and fits(values, law, factor):
            yield log_likelihood(values, law, factor), candidate.match()


def _structured(weights: Floats, fans: Fans, role: str, resolution: float) -> Iterable[Match]:
    """Give the candidates that are not made of independent entries and are recognised exactly."""
    by_noise = {c.initializer.noise.name: c for c in _candidates(role)}
    first = float(weights.flat[0])
    if (weights == first).all():
        name = {0.0: "zeros", 1.0: "ones"}.get(first, "constant")
        named = next(c for c in _candidates(role) if c.initializer.name == name)
        yield named.match(scale=first if name == "constant" else None)
        return
    diagonal = np.diagonal(weights)
    alike = len(diagonal) > 1 and diagonal[0] != 0 and (diagonal == diagonal[0]).all()
    if alike and np.count_nonzero(weights) == len(diagonal):
        yield by_noise["eye"].match(float(diagonal[0]))
        return
    stretch = _orthogonal(weights, resolution)
    if stretch is not None:
        yield by_noise["orthogonal"].match(stretch)
        return
    rows = len(weights)
    zeros = np.count_nonzero(weights == 0, axis=0)
    if (zeros == math.ceil(SPARSITY * rows)).all() and rows > 1:
        sparse = by_noise["sparse"]
        if fits(values_of(weights[weights != 0], resolution), LAWS["normal"], sparse.factor(fans)):
            yield sparse.match()


def _orthogonal(weights: Floats, resolution: float) -> float | None:
    """Return by what orthonormal rows or columns, whichever are fewer, are multiplied."""
    wide = weights if weights.shape[0] <= weights.shape[1] else weights.T
    count, length = wide.shape
    some = wide[:: math.ceil(count / _ROWS)].astype(np.float64)
    peak = np.abs(some).max()
    with np.errstate(over="ignore", invalid="ignore"):
        products = some / peak @ (some / peak).T if peak > 0 else np.zeros((1, 1))
    square = float(np.diagonal(products).mean())
    tolerance = _ROUNDING + 8 * resolution / math.sqrt(length)
    if not square > 0 or np.abs(products / square - np.eye(len(products))).max() > tolerance:
        return None
    stretch = float(peak * math.sqrt(square))
    # A single row is a multiple of an orthonormal one whatever is in it.
    exact = abs(stretch - 1) <= tolerance
    return 1.0 if exact else (stretch if len(products) > 1 else None)
