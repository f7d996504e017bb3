"""What may have drawn a layer: the catalog's initializers, their kin, and at which sizes.

This is the one place of an origin's name for people.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from torch import nn

from initviz.catalog.initializers import (
    INITIALIZERS,
    NORMAL,
    TRUNCATED,
    UNIFORM,
    Initializer,
    Noise,
    VarianceScaling,
)
from initviz.catalog.registry import index
from initviz.recipes.table import RECIPES

# Those whose weights one finds in files.
LIBRARIES = ("pytorch", "keras", "flax", "gpt2", "bert")
# The activations that PyTorch's calculate_gain has a gain for other than 1; that of a leaky ReLU
# is within 0.01 % of that of a ReLU.
_GAINED: tuple[Literal["tanh", "relu", "selu"], ...] = ("tanh", "relu", "selu")


@dataclass(frozen=True)
class Origin:
    """An initializer as one finds it in files: amplitude(fan_in, fan_out, scale) times noise."""

    name: str
    label: str
    noise: Noise
    amplitude: Callable[[int, int, float], float]
    default_scale: float | None = None


def _plain(record: Initializer) -> Origin:
    label = record.label.partition(" (")[0]
    return Origin(record.name, label, record.noise, record.amplitude, record.default_scale)


# PyTorch's kaiming_*_(mode="fan_out") is what torchvision draws a ResNet's kernels with: He et al.
# 2015, arXiv:1502.01852, equation 14. Keras's HeNormal and GlorotNormal, and JAX's he_normal and
# glorot_normal, cut the tails at two standard deviations and keep the variance.
ORIGINS = index(
    (
        *map(_plain, INITIALIZERS.values()),
        Origin(
            "he_normal_fan_out",
            "He normal, fan-out",
            NORMAL,
            VarianceScaling(2, "fan_out", NORMAL),
        ),
        Origin(
            "he_uniform_fan_out",
            "He uniform, fan-out",
            UNIFORM,
            VarianceScaling(2, "fan_out", UNIFORM),
        ),
        Origin(
            "he_truncated",
            "He truncated normal",
            TRUNCATED,
            VarianceScaling(2, "fan_in", TRUNCATED),
        ),
        Origin(
            "glorot_truncated",
            "Glorot truncated normal",
            TRUNCATED,
            VarianceScaling(1, "fan_avg", TRUNCATED),
        ),
    )
)
# The one that a gain of one's own is named with: PyTorch's xavier_*_ take one.
GAINED = {"normal": "glorot_normal", "uniform": "glorot_uniform", "truncated": "glorot_truncated"}
# The one that takes a size of one's own.
SCALED = {"normal": "normal", "uniform": "uniform", "truncated": "truncated_normal"}


@dataclass(frozen=True)
class Fans:
    """What a layer's initializer knew: its fans, and in a recurrent layer the state's size."""

    fan_in: int
    fan_out: int
    hidden: int | None = None


@dataclass(frozen=True)
class Candidate:
    """An origin at one size: `recipes` use it for such layers, `hidden` takes the state's size."""

    origin: Origin
    scale: float | None = None
    gain: float = 1.0
    hidden: bool = False
    recipes: tuple[str, ...] = ()

    def factor(self, fans: Fans) -> float:
        """Return what multiplies the noise in a layer."""
        fan_in = fans.hidden if self.hidden and fans.hidden else fans.fan_in
        size = 1.0 if self.scale is None else self.scale
        return self.gain * self.origin.amplitude(fan_in, fans.fan_out, size)


@cache
def candidates(role: str) -> tuple[Candidate, ...]:
    """Return every origin at its own size, and at the sizes and gains that are known.

    Sizes are those that a library's or a model's recipe gives the role, gains those of PyTorch's
    `calculate_gain`. A gain of a uniform law need not be known: its edge tells it.
    """
    found: dict[tuple[str, float | None, bool], list[str]] = {
        (o.name, o.default_scale, False): [] for o in ORIGINS.values()
    }
    for name in LIBRARIES:
        rule = RECIPES[name].rules.get(role)
        if rule is None or rule.per_gate:
            continue
        scale = INITIALIZERS[rule.initializer].default_scale if rule.scale is None else rule.scale
        found.setdefault((rule.initializer, scale, rule.hidden), []).append(name)
    plain = (
        Candidate(ORIGINS[name], scale, hidden=hidden, recipes=tuple(recipes))
        for (name, scale, hidden), recipes in found.items()
    )
    gains = sorted({nn.init.calculate_gain(activation) for activation in _GAINED})
    gained = (Candidate(ORIGINS[GAINED["normal"]], gain=gain) for gain in gains)
    return (*plain, *gained)


def own_sized(noise: str, factor: float, fans: Fans) -> tuple[Candidate, Candidate]:
    """Return what draws a law at any size: with a gain, and with a scale of one's own."""
    gained = Candidate(ORIGINS[GAINED[noise]])
    gain = factor / gained.factor(fans)
    return Candidate(gained.origin, gain=gain), Candidate(ORIGINS[SCALED[noise]], scale=factor)
