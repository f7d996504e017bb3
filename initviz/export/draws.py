"""How each parameter is drawn, in terms that every framework's source is written from."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod, sqrt
from typing import Any, Literal

from initviz.architectures import Architecture
from initviz.catalog.initializers import (
    INITIALIZERS,
    TRUNCATED,
    UNIFORM,
    Initializer,
    VarianceScaling,
)
from initviz.recipes.drawing import rules_of
from initviz.recipes.roles import Slot
from initviz.recipes.rules import Recipe, Rule
from initviz.setting.spec import Spec

Library = Literal["torch", "keras", "flax"]
# The initializers that are told their amplitude, by the noise that they multiply.
_TOLD = {
    INITIALIZERS[name].noise.name: INITIALIZERS[name]
    for name in ("constant", "normal", "uniform", "truncated_normal")
}


@dataclass(frozen=True)
class Draw:
    """The draw of one parameter, whose `shape` is PyTorch's.

    `fan_in` is a number, or an expression where the source has to say it. `blocks` are drawn one
    by one along the first axis, with the fan-out of one block. The values are divided by
    √`residuals`, the rows `forget` are then set to `forget_bias`.
    """

    initializer: Initializer
    shape: tuple[int, ...]
    fan_in: int | str
    fan_out: int
    scale: float | None = None
    gain: float = 1.0
    blocks: int = 1
    residuals: int = 1
    centred: bool = False
    forget: slice | None = None
    forget_bias: float | None = None

    def spelled(self, library: Library, weight: str = "", told: str | None = None) -> str:
        """Return the initializer as source: a statement on `weight`, or an expression.

        `told` is the expression for the amplitude, where it has to be told.
        """
        if told is not None:
            return _spelled(_TOLD[self.initializer.noise.name], library, weight, told)
        scale = self.initializer.default_scale if self.scale is None else self.scale
        return _spelled(self.initializer, library, weight, repr(scale))

    @property
    def told(self) -> str | None:
        """An expression for the amplitude, if a library would not read it off the shape."""
        amplitude = self.initializer.amplitude
        if isinstance(amplitude, VarianceScaling) and not self._fans_show(amplitude):
            return self._amplitude(amplitude)
        return None

    def _fans_show(self, amplitude: VarianceScaling) -> bool:
        """Return whether the fans of a weight of this shape are those of the rule."""
        if self.centred:
            return True
        if len(self.shape) < 2 or isinstance(self.fan_in, str):
            return False
        shown = prod(self.shape[1:]), self.shape[0] // self.blocks * prod(self.shape[2:])
        return amplitude.fan(*shown) == amplitude.fan(self.fan_in, self.fan_out)

    def _amplitude(self, amplitude: VarianceScaling) -> str:
        fan_in = f"({self.fan_in})" if " " in str(self.fan_in) else self.fan_in
        averaged = amplitude.mode == "fan_avg"
        fan = {
            "fan_in": fan_in,
            "fan_out": self.fan_out,
            "fan_avg": f"({self.fan_in} + {self.fan_out})",
        }[amplitude.mode]
        share = amplitude.scale * (2 if averaged else 1) * (3 if amplitude.noise is UNIFORM else 1)
        cut = f" / {sqrt(TRUNCATED.variance(1, 1)):.7f}" if amplitude.noise is TRUNCATED else ""
        return f"math.sqrt({share:.12g} / {fan}){cut}"


def _spelled(record: Initializer, library: Library, weight: str, scale: str) -> str:
    """Return an initializer as a library's source, with a number or expression for its scale."""
    return str(getattr(record, library)).format(w=weight, scale=scale)


def draws(architecture: Architecture[Any], spec: Spec, recipe: Recipe) -> Mapping[str, Draw]:
    """Return by name how every parameter that has a role is drawn.

    Raises:
        ValueError: if the recipe lacks a rule for one of them, or divides by a number of residual
            branches that is 0.
    """
    module = architecture.build(spec)
    chosen = architecture.recipe(spec, recipe)
    ruled, residuals = rules_of(module, chosen, architecture.roles(spec))
    return {slot.name: _draw(slot, rule, residuals) for slot, rule in ruled}


def _draw(slot: Slot, rule: Rule, residuals: int) -> Draw:
    blocks = rule.blocks(slot)
    return Draw(
        initializer=INITIALIZERS[rule.drawn_as(slot)],
        shape=tuple(slot.parameter.shape),
        fan_in=rule.fan_in(slot),
        fan_out=slot.fan_out // blocks,
        scale=rule.scale,
        blocks=blocks,
        residuals=residuals if rule.over_residuals else 1,
        centred=rule.centred and slot.parameter.dim() > 2,
        forget=None if rule.forget is None else slot.forget_rows,
        forget_bias=rule.forget,
    )
