"""The parts of the Symmetry page."""

from collections.abc import Sequence

import streamlit as st

from initviz.experiments.rounding import STEPS as ROUNDED_STEPS
from initviz.experiments.rounding import WIDTHS, Torn, torn
from initviz.experiments.symmetry import (
    ACTIVATIONS,
    BIASED_DEPTH,
    BIASED_RATE,
    BIASED_SEEDS,
    BIASED_WIDTH,
    BIASES,
    DEPTH,
    NOISES,
    STARTS,
    STEPS,
    VALUE,
    WIDTH,
    Biased,
    Symmetry,
    biased,
    symmetry,
)
from initviz.figures.symmetry import (
    noise_name,
    plot_apart,
    plot_biased,
    plot_distinct,
    plot_loss,
    plot_similarity,
    plot_torn,
)
from initviz.runtime.words import number
from initviz.ui import lesson, parts
from initviz.ui.text import LABELS

PAGE = "symmetry"
CHOICES = {
    "start": STARTS,
    "activation": ACTIVATIONS,
    "noise": tuple(f"{noise:g}" for noise in NOISES),
    "layer": tuple(str(layer) for layer in (2, 1, *range(3, DEPTH + 1))),
}
_NAMES = {"constant": f"All {VALUE:g}", "zeros": "All zeros"}
BIASED_UNITS = BIASED_SEEDS * BIASED_DEPTH * BIASED_WIDTH
# The share of the best outcome from which a run counts as having learned, and the mean of
# 1 − cosine below which units count as pointing the same way.
_LEARNED, _NEAR = 0.9, 0.1
_WHY = f"""
**Why copies stay copies.** Two units with the same incoming and the same outgoing weights compute
the same output and receive the same gradient, so a step changes both by the same amount: after it
they are copies again, but for rounding. {WIDTH} copies are worth one unit.

**How much noise it takes.** Any noise makes the units different, and training leaves them so; but
in so few steps it does not pull them apart either. The noise has to be about as large as the
weights of a good initializer, not just above zero.

**Why zero biases are harmless.** Random weights already make every unit different, so biases may
all begin at 0. It is the weights that have to differ.
"""


def controls() -> None:
    """Choose how the network begins, and the layer that is looked at."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="lesson_controls"):
        lesson.segments(
            PAGE, "start", "Weights", _NAMES, "What every weight is before noise is added."
        )
        labels = {name: LABELS["activation"][name] for name in ACTIVATIONS}
        lesson.segments(PAGE, "activation", "Activation", labels, "The function of every unit.")
        layers = {str(layer): str(layer) for layer in range(1, DEPTH + 1)}
        lesson.segments(PAGE, "layer", "Layer", layers, "The layer whose units are compared.")
        st.select_slider(
            "Noise",
            CHOICES["noise"],
            format_func=lambda text: noise_name(float(text)),
            key=lesson.key_of(PAGE, "noise"),
            help="Standard deviation of a random number added to every weight.",
            width=330,
            persist_state="session",
        )


def show(chosen: dict[str, str]) -> None:
    """Train, say what became of the units, and draw it."""
    start, activation = chosen["start"], chosen["activation"]
    found = lesson.worked("Training", lambda: symmetry(start, activation))
    noise, layer = CHOICES["noise"].index(chosen["noise"]), int(chosen["layer"]) - 1
    lesson.answer(*answer(found, noise, layer))
    colours = parts.colours()
    figures = {
        "similarity": plot_similarity(found, noise, layer, colours),
        "distinct": plot_distinct(found, noise, layer, colours),
    }
    more = {
        "apart": plot_apart(found, noise, layer, colours),
        "loss": plot_loss(found, noise, colours),
    }
    lesson.charts("charts", figures, _alts(found, noise, layer))
    st.caption(
        f"A network of {DEPTH} layers of {WIDTH} units learns handwritten digits for {STEPS} steps "
        "in double precision. Left: 1 (blue) where two units have the same incoming weights up to "
        f"a factor; the diagonal compares a unit with itself. {_seen(start, noise)} Right: the "
        f"number of different units over all {WIDTH}: if all are copies, 1/{WIDTH}."
    )
    lesson.charts("panel_charts", more, _alts(found, noise, layer))
    st.caption(
        "The same network with noise of every size, the larger the stronger, the chosen one thick. "
        "Left, 1 − cosine: 0 for two copies, 1 for two units that have nothing in common. Without "
        "noise units are apart by exactly 0, or by rounding, which the left chart does not show."
    )
    parts.csv_button("These charts (CSV)", {**figures, **more}, "symmetry.csv")
    st.markdown(_WHY)


def answer(found: Symmetry, noise: int, layer: int) -> tuple[str, str]:
    """Say what became of the units: the answer, and the numbers behind it."""
    reached, best = float(found.test_accuracy[noise]), float(found.test_accuracy[-1])
    right = f"{reached:.0%} of the test digits are recognized"
    against = f"{right}; with noise of {noise_name(NOISES[-1])} it is {best:.0%}."
    if noise == 0:
        return (
            f"All {WIDTH} units of a layer begin as copies; after {STEPS} steps they still are.",
            f"The layer is worth one unit: {against}",
        )
    apart, size = float(found.apart[-1, noise, layer]), noise_name(NOISES[noise])
    if reached >= _LEARNED * best:
        return (
            f"Noise of {size} breaks the symmetry.",
            f"After {STEPS} steps {right}; without noise it is {found.test_accuracy[0]:.0%}.",
        )
    if apart < _NEAR:
        cosine = (
            f"two units of layer {layer + 1} point the same way but for 1 − cosine = "
            f"{number(apart)}, which is 0 for copies"
        )
        return (
            f"Noise of {size} makes all units different, and still nearly copies.",
            f"After {STEPS} steps {cosine}: {against}",
        )
    return (
        f"Noise of {size} makes all units different, but weights this small pass nothing on.",
        f"The signal dies on its way through the layers: {against}",
    )


def _seen(start: str, noise: int) -> str:
    """Say what there is to see on the left."""
    if noise:
        return "Drag the slider through the steps."
    zeros = " Weights that are all 0 have no cosine; they are copies, drawn as 1."
    return "Without noise every step looks like this." + (zeros if start == "zeros" else "")


def _alts(found: Symmetry, noise: int, layer: int) -> dict[str, str]:
    shares, apart = found.distinct[:, noise, layer], found.apart[:, noise, layer]
    loss = found.loss[:, noise]
    return {
        "similarity": (
            f"Heatmap: cosine of the incoming weights of every two units of layer {layer + 1}. "
            f"1 − cosine is {number(float(apart[0]))} on average at the start and "
            f"{number(float(apart[-1]))} at the end."
        ),
        "distinct": (
            f"Share of different units by step: {shares[0]:.0%} at step 1, {shares[-1]:.0%} at "
            f"step {STEPS}."
        ),
        "apart": (
            "Mean of 1 − cosine over pairs of units by step, log axis, for noise of every size: "
            f"{number(float(apart[0]))} at the start and {number(float(apart[-1]))} at the end "
            "for the chosen one."
        ),
        "loss": (
            "Loss by step for noise of every size: "
            f"{number(float(loss[0]))} at first and {number(float(loss[-1]))} at last for the "
            "chosen one."
        ),
    }


def rounding() -> None:
    """Show what tears copies apart where nobody adds noise."""
    st.markdown("#### Does rounding break the symmetry?")
    found = lesson.worked("Training without noise", torn)
    st.markdown(verdict_on_rounding(found))
    figure = plot_torn(found, parts.colours())
    alt = "Different units by step, without noise: " + verdict_on_rounding(found)
    st.plotly_chart(figure, key="torn_chart", config=parts.PLOTLY, alt=alt)
    st.caption(
        f"Networks of equal weights, tanh and no noise learn digits for {ROUNDED_STEPS} steps in "
        "double precision, here and now: another processor rounds other units. Dashed: SGD. "
        "A matrix product sums in another order for some units than for others, so that copies get "
        "gradients that differ in the last digit. SGD takes a step of that size, which is none. "
        "Adam divides each gradient by its own size: where the true gradient is 0, the last digit "
        "is all there is, and moves a weight as far as any other."
    )
    parts.csv_button("This chart (CSV)", {"rounding": figure}, "rounding.csv")


def verdict_on_rounding(found: Torn) -> str:
    """Say how many groups of units each optimizer came to, and what they are worth."""
    sgd, adam = (groups[:, -1].round().astype(int) for groups in found.groups)
    best = f"{float(found.test_accuracy.max()):.0%} of the test digits are recognized at best"
    kept = "With SGD all units stay copies" if sgd.max() == 1 else _grouped("With SGD", sgd)
    if adam.max() == 1:
        return f"{kept}, and here with Adam too: {best}."
    return (
        f"{kept}. {_grouped('With Adam', adam)}: rounding alone tells these apart, by where they "
        f"stand in the layer. It does not help: a layer of few different units learns little, and "
        f"{best}."
    )


def _grouped(who: str, groups: Sequence[int]) -> str:
    """Say how many different units are left at each width."""
    listing = [f"{many} of {width}" for many, width in zip(groups, WIDTHS, strict=True)]
    return f"{who} there are {', '.join(listing[:-1])} and {listing[-1]} different units"


def biases() -> None:
    """Show what positive biases at the start do to the units of a ReLU network."""
    st.markdown("#### Does a positive bias save ReLU units?")
    found = lesson.worked("Training with biases", biased)
    told = verdict_on_biases(found)
    st.markdown(told)
    figure = plot_biased(found, parts.colours())
    st.plotly_chart(
        figure,
        key="biased_chart",
        config=parts.PLOTLY,
        alt="Dead units before and after training by bias: "
        + ", ".join(
            f"bias {bias:g}, {first:.0%} and {last:.0%}"
            for bias, first, last in zip(BIASES, found.first, found.last, strict=True)
        ),
    )
    st.caption(
        f"ReLU networks of {BIASED_DEPTH} layers of {BIASED_WIDTH} units with He weights learn "
        "digits; a unit is dead if it is 0 for the whole batch. Only the value at which all biases "
        f"begin differs. Means of {BIASED_SEEDS} draws, {BIASED_UNITS} units for each bias. The "
        f"learning rate is {BIASED_RATE:g}: at a tenth of it the largest bias does little harm."
    )
    parts.csv_button("This chart (CSV)", {"biases": figure}, "biases.csv")


def verdict_on_biases(found: Biased) -> str:
    """Say what the small biases and the largest do, beside none."""
    none, *small, large = (f"{share:.1%}" for share in found.last)
    given = " and ".join(f"{bias:g}" for bias in BIASES[1:-1])
    return (
        f"A small one changes nothing that shows: after training {none} of the units are dead if "
        f"biases begin at 0, {' and '.join(small)} at {given}. A large one does harm: "
        f"begun at {BIASES[-1]:g}, {large} are dead, and {found.test_accuracy[-1]:.0%} of the test "
        f"digits are recognized instead of {found.test_accuracy[0]:.0%}."
    )
