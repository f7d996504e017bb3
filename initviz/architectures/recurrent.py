"""A recurrent network over the steps of a sequence."""

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator
from torch import Tensor, nn

from initviz.architectures.inputs import DIGITS_SIDE, noise, rows
from initviz.architectures.record import Architecture
from initviz.recipes.rules import Recipe
from initviz.setting.network import CLASSES, Real, Whole
from initviz.setting.spec import Spec

_CELLS: dict[str, Callable[[int, int], nn.Module]] = {
    "rnn": nn.RNNCell,
    "lstm": nn.LSTMCell,
    "gru": nn.GRUCell,
}


class RecurrentNet(Spec):
    """One recurrent layer, h₀ = 0, and a linear readout of its last state.

    Every step has 8 features: a row of a digit, or random.
    """

    choices: ClassVar = {"cell": tuple(_CELLS), "inputs": ("normal", "digits")}

    cell: Literal["rnn", "lstm", "gru"] = Field(
        "lstm", title="Cell", description="A plain layer h = tanh(W x + U h + b), LSTM or GRU."
    )
    units: Whole = Field(
        64, ge=1, le=512, title="Units", description="Size of the hidden state, 1 to 512."
    )
    inputs: Literal["normal", "digits"] = Field(
        "normal", title="Inputs", description="Random sequences, or digits read row by row."
    )
    steps: Whole = Field(
        50, ge=1, le=500, title="Steps", description="Length of random sequences; a digit has 8."
    )
    forget_bias: Real | None = Field(
        None,
        ge=-10,
        le=10,
        title="Forget-gate bias",
        description="What an LSTM's forget gate starts with; left out, the recipe decides.",
    )

    @model_validator(mode="after")
    def _forget_bias_has_a_gate(self) -> Self:
        if self.forget_bias is not None and self.cell != "lstm":
            raise ValueError(
                f"forget_bias must be left out with cell={self.cell!r}, which has no forget gate; "
                f"got {self.forget_bias}"
            )
        return self


class Unrolled(nn.Module):
    """A recurrent cell, called step by step, and a readout of the last hidden state."""

    def __init__(self, spec: RecurrentNet) -> None:
        super().__init__()
        self.cell = _CELLS[spec.cell](DIGITS_SIDE, spec.units)
        self.readout = nn.Linear(spec.units, CLASSES)

    def states(self, inputs: Tensor) -> list[tuple[Tensor, ...]]:
        """Return the state after every step: (h,) or, for an LSTM, (h, c), each (batch, units).

        `inputs` has the shape (batch, steps, features).
        """
        found: list[tuple[Tensor, ...]] = []
        state = None
        for x in inputs.unbind(1):
            state = self.cell(x, state)
            found.append(state if isinstance(state, tuple) else (state,))
        return found

    def forward(self, inputs: Tensor) -> Tensor:
        """Return logits, (batch, classes), of sequences (batch, steps, features)."""
        logits: Tensor = self.readout(self.states(inputs)[-1][0])
        return logits


def _inputs(spec: RecurrentNet, batch_size: int, seed: int) -> Tensor:
    if spec.inputs == "digits":
        return rows(batch_size, seed)
    return noise(batch_size, spec.steps, DIGITS_SIDE, seed)


def _length(spec: RecurrentNet) -> int:
    return DIGITS_SIDE if spec.inputs == "digits" else spec.steps


def _idle(spec: RecurrentNet) -> tuple[str, ...]:
    return (
        *(("steps",) if spec.inputs == "digits" else ()),
        *(("forget_bias",) if spec.cell != "lstm" else ()),
    )


def _recipe(spec: RecurrentNet, recipe: Recipe) -> Recipe:
    rule = recipe.rules.get("recurrent.bias", recipe.rules.get("bias"))
    if spec.forget_bias is None or rule is None:
        return recipe
    biases = {"recurrent.bias": replace(rule, forget=spec.forget_bias)}
    return replace(recipe, rules={**recipe.rules, **biases})


RECURRENT = Architecture(
    name="recurrent",
    label="Recurrent network",
    description="A plain recurrent layer, LSTM or GRU, over the steps of a sequence.",
    spec=RecurrentNet,
    module=Unrolled,
    inputs=_inputs,
    noun="step",
    drawn="The line is the hidden state after each step, and the gradient that reaches it from the "
    "last one.",
    lesson="The same weights act at every step, so what they do is raised to the power of the "
    "length. Orthogonal recurrent weights keep a gradient, but the slopes of tanh do not. Of the "
    "variance in its cell an LSTM keeps σ(forget bias)² a step, 0.25 for a bias of 0 and 0.53 for "
    "1, beside what its recurrent weights bring back; it is judged by the larger of its two "
    "gradients.",
    positions=_length,
    values=lambda spec: 16 * spec.units * _length(spec),
    sizes=("steps",),
    recipe=_recipe,
    idle=_idle,
)
