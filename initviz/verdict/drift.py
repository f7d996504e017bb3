"""How far a signal strays from where it started, along layers, blocks or steps."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from initviz.engine.statistics import Floats


@dataclass(frozen=True)
class Drift:
    """The largest departure, in decades, of a signal from where it started.

    `what` says of which signal, `noun` of what the path is made; `start` and `end` count from 1.
    The steps in between are `alike` if they spread less than half as far as one goes.
    """

    what: str
    noun: str
    decades: float
    start: int
    end: int
    alike: bool = True


def drift(path: Floats, what: str, noun: str, *, backward: bool = False) -> Drift:
    """Follow log10 variances from the first to the furthest from it.

    A path that goes `backward` begins with the last layer.
    """
    away = departures(path)
    furthest = int(np.abs(away).argmax())
    last = len(path)
    start, end = (last, last - furthest) if backward else (1, furthest + 1)
    with np.errstate(invalid="ignore"):
        steps = np.diff(path[: furthest + 1])
        alike = len(steps) < 2 or not np.std(steps) > abs(np.mean(steps)) / 2
    return Drift(what, noun, float(away[furthest]), start, end, alike)


def departures(path: Floats) -> Floats:
    """Return how far log10 variances are from the first, in decades; 0 between two infinities."""
    with np.errstate(invalid="ignore"):
        away = np.nan_to_num(path - path[0], nan=0.0, posinf=math.inf, neginf=-math.inf)
    return np.asarray(away)


def without(path: Floats, joints: NDArray[np.bool_]) -> Floats:
    """Return a path of logarithms whose steps at the joints are 0."""
    with np.errstate(invalid="ignore"):
        steps = np.where(joints, 0, np.diff(path))
        return np.concatenate((path[:1], path[0] + np.cumsum(steps)))


def filled(path: Floats, kept: NDArray[np.bool_]) -> Floats:
    """Return a path on which places that are not kept repeat the last one before that is.

    Those before the first repeat it; a path of which nothing is kept stays at 0.
    """
    places = np.maximum.accumulate(np.where(kept, np.arange(len(path)), -1))
    if not kept.any():
        return np.zeros(len(path))
    return path[np.where(places < 0, kept.argmax(), places)]
