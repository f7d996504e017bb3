"""Which initializers a weight matrix may have come from, and how far it is from them.

Every origin at its known sizes (`hypotheses`) is held against the numbers. One that they
contradict (`fits`) is dropped; those that remain are compared by their likelihood, and all that
come near the best are named. Numbers that contradict all, or among which some direction was
learnt (`spectrum`), are no fresh draw; they may still look like one, by so and so much.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from initviz.checkpoints.fits import (
    LIKELIER,
    Shape,
    Values,
    displacement,
    edged,
    fits,
    log_likelihood,
    shapes_of,
    uncertainty,
    values_of,
)
from initviz.checkpoints.hypotheses import ORIGINS, Candidate, Fans, candidates, own_sized
from initviz.checkpoints.laws import LAWS, Law
from initviz.checkpoints.spectrum import learnt
from initviz.checkpoints.structures import Structure, constant, diagonal, structure_of
from initviz.engine.statistics import Floats

Standing = Literal["fresh", "strayed", "rescaled", "none"]
# Fewer numbers than this fit too many initializers.
FEWEST = 32
# How far one may be from what it looks like. He's and LeCun's standard deviations are a factor of
# √2 apart, and half of that, as a factor, leaves one nearer to the other.
_FARTHEST = 2**0.25 - 1
# The gains that are named: what people choose for the last layer of a generator, to what diverges.
_GAINS = (0.01, 10.0)


@dataclass(frozen=True)
class Match:
    """An initializer that may have drawn a layer, or that the layer looks like.

    `scale` is its size where it has one, `factor` the gain that it was drawn with, `recipes` the
    libraries and models that use it for such layers.

    `stray` is how far the layer is from it, as a share of the law's standard deviation, which is
    a share of the layer's size: the larger of how far its values must move at least to have the
    law's distribution (`fits.displacement`) and how far it was moved in the directions that stand
    out of noise (`spectrum.learnt`); for an orthogonal matrix the distance to the nearest one. So
    a layer that was rescaled by 1.16 strays by 0.16, and a fresh draw of n weights by a small
    multiple of 1 / √n. A gain that is in nobody's recipe counts as straying, since training might
    have made it; but not where a uniform law's sharp edge, which no training leaves, shows it.

    `larger` is the standard deviation over the law's, less 1.
    """

    initializer: str
    scale: float | None = None
    factor: float = 1.0
    recipes: tuple[str, ...] = ()
    stray: float = 0.0
    larger: float = 0.0


@dataclass(frozen=True)
class Likeness:
    """The initializers that a layer may have come from, likeliest first.

    `standing` says how to take them: "fresh" that the layer may be a draw of each as it is,
    "strayed" that it is no draw of any but near, "rescaled" that it may be a draw with a gain or
    scale that is in nobody's recipe, or be trained. `rescaled` are such draws of a layer that is
    near others. `shape` is the distribution that values have
    which are no draw at a known size, in words, or empty.
    """

    matches: tuple[Match, ...]
    standing: Standing = "none"
    shape: str = ""
    rescaled: tuple[Match, ...] = ()

    @property
    def origins(self) -> tuple[str, ...]:
        """The names of all that may have drawn the layer, each once, likeliest first."""
        named = (match.initializer for match in (*self.matches, *self.rescaled))
        return tuple(dict.fromkeys(named))

    @property
    def stray(self) -> float:
        """How far the layer is from the likeliest, NaN if there is none."""
        return self.matches[0].stray if self.matches else math.nan


def likeness(weights: Floats, fans: Fans, role: str, resolution: float) -> Likeness:
    """Compare weights, shape (fan_out, fan_in · field), with every initializer.

    `role` is one of `ROLES`, `resolution` the relative rounding of the numbers. Where some are
    not finite the others are compared, and structure is not looked for.
    """
    finite = np.isfinite(weights)
    whole = bool(finite.all())
    flat = weights.ravel() if whole else weights[finite]
    if flat.size < FEWEST:
        exact = constant(weights) or diagonal(weights) if whole and flat.size > 1 else None
        return Likeness((_structured(exact, role),), "fresh") if exact else Likeness(())
    if whole:
        std = ORIGINS["sparse"].amplitude(fans.fan_in, fans.fan_out, 1.0)
        structure = structure_of(weights, std, resolution)
        if structure is not None:
            standing: Standing = "strayed" if structure.stray else "fresh"
            return Likeness((_structured(structure, role),), standing)
    values = values_of(flat, resolution)
    learned = learnt(weights) if whole else 0.0
    fresh = () if learned else _fresh(values, fans, role)
    if fresh:
        return Likeness(fresh, "fresh")
    shapes = shapes_of(values)
    shape = LAWS[shapes[0].noise].words if shapes else ""
    known = candidates(role)
    alike = _alike(values, fans, [c for c in known if c.gain == 1], learned)
    rescaled = () if learned else _rescaled(values, fans, shapes)
    if alike:
        return Likeness(alike, "strayed", shape, rescaled)
    if rescaled:
        return Likeness(rescaled, "rescaled", shape)
    alike = _alike(values, fans, [c for c in known if c.gain != 1], learned)
    return Likeness(alike, "strayed" if alike else "none", shape)


def constants(values: Floats) -> Likeness:
    """Compare values, of any shape, with the initializers that make all of them equal."""
    found = constant(values) if values.size > 1 else None
    if found is None:
        return Likeness(())
    return Likeness((Match(found.origin, found.scale),), "fresh")


def _structured(structure: Structure, role: str) -> Match:
    recipes = [c.recipes for c in candidates(role) if c.origin.name == structure.origin]
    return Match(structure.origin, structure.scale, structure.factor, recipes[0], structure.stray)


def _fresh(values: Values, fans: Fans, role: str) -> tuple[Match, ...]:
    """Return what a layer may be a draw of: at a known size, else at one that its edge tells."""
    scored = []
    for candidate in candidates(role):
        law = LAWS.get(candidate.origin.noise.name)
        factor = candidate.factor(fans)
        if law is not None and fits(values, law, factor):
            scored.append((log_likelihood(values, law, factor), candidate, factor))
    if not scored:
        shapes = shapes_of(values)
        if [shape.noise for shape in shapes] != ["uniform"] or not edged(values):
            return ()
        sized = own_sized("uniform", shapes[0].factor, fans)
        return tuple(_match(values, candidate, fans) for candidate in sized)
    # Where a gain makes two laws equal, the one that needs none stands first.
    scored.sort(key=lambda found: (-round(found[0], 3), found[1].gain != 1))
    best, first, size = scored[0]
    # Of two sizes that differ by less than the numbers are rounded, the edge tells none.
    blurred = math.log1p(2 * values.resolution)
    return tuple(
        _match(values, candidate, fans)
        for score, candidate, factor in scored
        if best - score < LIKELIER
        or (
            candidate.origin.noise is first.origin.noise
            and size / blurred <= factor <= size * blurred
        )
    )


def _alike(
    values: Values, fans: Fans, known: Iterable[Candidate], learned: float
) -> tuple[Match, ...]:
    """Return what a layer that is no fresh draw looks like at a known size, nearest first."""
    found = []
    for candidate in known:
        law = LAWS.get(candidate.origin.noise.name)
        if law is None or not abs(_larger(values, law, candidate.factor(fans))) <= _FARTHEST:
            continue
        match = _match(values, candidate, fans)
        if max(match.stray, learned) <= _FARTHEST:
            found.append((match.stray, uncertainty(values, law), match))
    found.sort(key=lambda near: round(near[0], 6))
    return tuple(
        replace(match, stray=max(match.stray, learned))
        for stray, uncertain, match in found
        if stray <= found[0][0] + uncertain
    )


def _rescaled(values: Values, fans: Fans, shapes: Sequence[Shape]) -> tuple[Match, ...]:
    """Return what draws such values with a gain of one's own, unless training rescaled them."""
    found = []
    for shape in shapes:
        gained, scaled = own_sized(shape.noise, shape.factor, fans)
        if _GAINS[0] <= gained.gain <= _GAINS[1]:
            ungained = _match(values, replace(gained, gain=1.0), fans)
            found += [replace(ungained, factor=gained.gain), _match(values, scaled, fans)]
    return tuple(found)


def _match(values: Values, candidate: Candidate, fans: Fans) -> Match:
    law, factor = LAWS[candidate.origin.noise.name], candidate.factor(fans)
    return Match(
        candidate.origin.name,
        candidate.scale,
        candidate.gain,
        candidate.recipes,
        displacement(values, law, factor),
        _larger(values, law, factor),
    )


def _larger(values: Values, law: Law, factor: float) -> float:
    """Return by how much of a law's standard deviation the values' own is larger."""
    return math.sqrt(values.square / law.variance) / factor - 1 if factor > 0 else math.inf
