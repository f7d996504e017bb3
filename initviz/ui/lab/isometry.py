"""The parts of the Isometry page."""

import numpy as np
import streamlit as st

from initviz.engine.statistics import Floats
from initviz.experiments.jacobian import SingularValues, twin
from initviz.figures.isometry import Measured, plot_bundle, plot_spectrum
from initviz.runtime.words import from_log10, number
from initviz.theory.isometry import Law
from initviz.ui import parts
from initviz.ui.cache import isometry_of
from initviz.ui.state import State
from initviz.ui.text import plain

# A direction that arrives so many decades shorter than it left is as good as gone.
_WEAK = 2.0
# Decades within which directions count as equally strong.
_ALIKE = 1e-3
_MEANING = (
    "A singular value says how much longer or shorter a small step in one direction of the input "
    "is at the output: 1 everywhere is an isometry, and gradients then come back as long as they "
    "left, whatever their direction."
)


def show(now: State) -> None:
    """Say how many directions of the input arrive, and draw how strongly, beside the twin."""
    try:
        values, law = isometry_of(now.network, now.batch)
    except ValueError as error:
        st.warning(plain(str(error)), icon=":material/info:")
        return
    other, compared = _twin(now)
    measured = [Measured("this network", values, law.density)]
    answer = _arriving(values)
    if other is not None:
        measured.append(other)
        answer += f" In its {other.name} {_strong(other.values) or 'none'} arrive."
    st.markdown(answer)
    with st.container(horizontal=True, key="charts"):
        figures = {
            "spectrum": plot_spectrum(measured, parts.colours()),
            "bundle": plot_bundle(measured, parts.colours()),
        }
        alts = {"spectrum": answer, "bundle": _fanning(values)}
        for key, figure in figures.items():
            st.plotly_chart(figure, key=f"{key}_chart", config=parts.PLOTLY, alt=alts[key])
    st.caption(" ".join((_MEANING, compared, *_explained(values, law))))
    parts.csv_button("These charts (CSV)", figures, "isometry.csv")


def _twin(now: State) -> tuple[Measured | None, str]:
    """Return the network to compare with, and what to say of it, or why there is none."""
    other = twin(now.network)
    if other is None:
        return None, "No gain gives orthogonal weights of this size, to compare with."
    name, drawn = (
        ("orthogonal twin", "orthogonal")
        if other.initializer == "orthogonal"
        else ("Gaussian twin", "independent of each other")
    )
    try:
        values, law = isometry_of(other, now.batch)
    except ValueError as error:
        return None, plain(f"Its {name} is too much work: {error}.")
    compared = f"The {name} has hidden weights of the same size, {drawn}."
    return Measured(name, values, law.density), compared


def _strong(values: SingularValues) -> int:
    """Return how many directions arrive that keep a hundredth of their length or more."""
    return int((_alive(values, -1) >= -_WEAK).sum())


def _arriving(values: SingularValues) -> str:
    """Say how many directions of the input arrive at the output."""
    count, output, strong = values.log10.shape[1], _alive(values, -1), _strong(values)
    if not output.size:
        return f"**{_none_of(count)} of the input arrives**: the output does not move."
    if not strong:
        longest = from_log10(float(output.max()))
        return f"**{_none_of(count)} of the input arrives**: at best, {longest} of a step is left."
    if count == 1:
        return "**The only direction of the input arrives.**"
    if strong == count and np.ptp(output) < _ALIKE:
        return f"**All {count} directions of the input arrive equally strongly.**"
    if strong == count:
        spread = from_log10(float(np.ptp(output)))
        return (
            f"**All {count} directions of the input arrive**, the strongest {spread} times as "
            "strongly as the weakest."
        )
    weak, lost = len(output) - strong, count - len(output)
    told = [f"{weak} more than 100 times shorter than they left"] if weak else []
    told += [f"{lost} not at all"] if lost else []
    return f"**Of {count} directions of the input, {strong} arrive**; {' and '.join(told)}."


def _none_of(count: int) -> str:
    return "Not the only direction" if count == 1 else f"None of {count} directions"


def _fanning(values: SingularValues) -> str:
    """Say how the singular values spread on their way."""
    told = [
        f"{from_log10(float(np.ptp(alive)))} after layer {values.depths[at]}"
        for at in (0, -1)
        if (alive := _alive(values, at)).size
    ]
    return f"Largest over smallest singular value: {', '.join(told) or 'none is left'}."


def _alive(values: SingularValues, at: int) -> Floats:
    """Return the singular values at a measured depth that are not 0."""
    found: Floats = values.log10[at][np.isfinite(values.log10[at])]
    return found


def _explained(values: SingularValues, law: Law) -> list[str]:
    """Put the measured moments beside the theory's, and say where theory ends."""
    output, told = _alive(values, -1), []
    if output.size:
        known = bool(law.log10_mean.size)
        told = [
            f"Squared, the singular values have a mean of {_mean(values)}"
            + (f" (theory {from_log10(float(law.log10_mean[-1]))})" if known else "")
            + f" and a variance of {_rounded(_variance(values))} times its square"
            + (f" (theory {_rounded(float(law.variance[-1]))})." if known else ".")
        ]
    if output.size < values.log10.shape[1]:
        told.append("Directions that are lost are in neither chart.")
    return [*told, law.reason or "Dashed: the theory's spectrum at large width."]


def _squares(values: SingularValues) -> Floats:
    """Return the squared singular values at the output over the largest."""
    squares: Floats = 10 ** (2 * (values.log10[-1] - values.log10[-1].max()))
    return squares


def _mean(values: SingularValues) -> str:
    return from_log10(2 * values.log10[-1].max() + float(np.log10(_squares(values).mean())))


def _variance(values: SingularValues) -> float:
    squares = _squares(values)
    return float(squares.var() / squares.mean() ** 2)


def _rounded(value: float) -> str:
    # An isometry drawn in float32 is one to seven digits.
    return number(round(value, 9), 3)
