"""What a recipe is made of: a rule a role, each of which says how a parameter is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass

from initviz.catalog.activations import ACTIVATIONS
from initviz.recipes.roles import FALLBACKS, Slot


@dataclass(frozen=True)
class Rule:
    """How a role is drawn.

    In the layers `per_gate`, stacked blocks are drawn one by one, with the fans of one block.
    `hidden` takes the size of a recurrent state for the fan-in. `forget` is what the forget gate's
    bias is set to, in one of PyTorch's two. `matched` prefers the partner of the activation that
    follows. `over_residuals` divides by the root of the number of residual branches. `centred` puts
    a convolution's weights at the kernel's centre and zeros around it.
    """

    initializer: str
    scale: float | None = None
    per_gate: tuple[str, ...] = ()
    hidden: bool = False
    forget: float | None = None
    matched: bool = False
    over_residuals: bool = False
    centred: bool = False

    def drawn_as(self, slot: Slot) -> str:
        """Return the name of the initializer that the parameter gets."""
        if self.matched and slot.activation is not None:
            return ACTIVATIONS[slot.activation].partner
        return self.initializer

    def blocks(self, slot: Slot) -> int:
        """Return how many equal blocks the parameter is drawn in."""
        return slot.gates if slot.cell in self.per_gate else 1

    def fan_in(self, slot: Slot) -> int:
        """Return the fan-in that the parameter is drawn with."""
        return slot.hidden if self.hidden and slot.hidden is not None else slot.fan_in


@dataclass(frozen=True)
class Recipe:
    """Rules by role, with where they are documented.

    `unit_variance` then divides the weights of every layer by what makes the variance of its
    outputs 1 on a batch of inputs: Mishkin and Matas 2016, arXiv:1511.06422, algorithm 1.
    """

    name: str
    label: str
    reference: str
    rules: Mapping[str, Rule]
    unit_variance: bool = False

    def rule(self, slot: Slot) -> Rule:
        """Return the rule of a parameter's role, or of a role it falls back on.

        A role that was given to a parameter falls back on the one its layer alone would give.

        Raises:
            ValueError: if the recipe has none of them.
        """
        plain = slot.plain or slot.role
        fallbacks = (FALLBACKS.get(role, plain) for role in (plain, slot.role))
        for role in (slot.role, plain, *fallbacks):
            if role in self.rules:
                return self.rules[role]
        raise ValueError(
            f"recipe {self.name!r} has no rule for the role {slot.role!r} of {slot.name}; "
            f"its roles are {', '.join(self.rules)}"
        )
