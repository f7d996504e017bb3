"""The parts of the Isometry page."""

import numpy as np
import streamlit as st

from initviz import Network
from initviz.figures.isometry import Measured, plot_bundle, plot_spectrum
from initviz.jacobian import SingularValues, twin
from initviz.statistics import Floats
from initviz.theory.isometry import Law
from initviz.ui import explore
from initviz.ui.cache import isometry_of
from initviz.ui.state import State
from initviz.ui.text import plain
from initviz.words import from_log10, number

# A direction that many decades weaker than the strongest is as good as gone.
_WEAK = 2.0
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
    other = twin(now.network)
    measured = [Measured("this network", values, law.density)]
    if other is not None:
        other_values, other_law = isometry_of(other, now.batch)
        measured.append(Measured(_kind(other), other_values, other_law.density))
    st.markdown(_arriving(values))
    with st.container(horizontal=True, key="charts"):
        figures = {
            "spectrum": plot_spectrum(measured, explore.colours()),
            "bundle": plot_bundle(measured, explore.colours()),
        }
        alts = {"spectrum": _arriving(values), "bundle": _fanning(values)}
        for key, figure in figures.items():
            st.plotly_chart(figure, key=f"{key}_chart", config=explore.PLOTLY, alt=alts[key])
    st.caption(_explained(law, other))
    explore.csv_button("These charts (CSV)", figures, "isometry.csv")


def _kind(network: Network) -> str:
    return "orthogonal twin" if network.initializer == "orthogonal" else "Gaussian twin"


def _arriving(values: SingularValues) -> str:
    """Say how many directions of the input arrive at the output."""
    count, output = values.log10.shape[1], _alive(values, -1)
    lost, weak = count - len(output), int((output.max(initial=-np.inf) - output > _WEAK).sum())
    if lost == count:
        return f"**None of {count} directions of the input arrives**: the output does not move."
    if weak + lost == 0:
        spread = from_log10(float(np.ptp(output)))
        return (
            f"**All {count} directions of the input arrive**, the strongest {spread} times as "
            "strongly as the weakest."
        )
    told = [f"{weak} more than 100 times weaker than the strongest"] if weak else []
    told += [f"{lost} not at all"] if lost else []
    arrive = count - weak - lost
    return f"**Of {count} directions of the input, {arrive} arrive**; {' and '.join(told)}."


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


def _explained(law: Law, other: Network | None) -> str:
    told = [_MEANING]
    if other is not None:
        told.append(
            f"The {_kind(other)} has the same size of weights, drawn "
            f"{'orthogonal' if other.initializer == 'orthogonal' else 'independently'}."
        )
    if law.log10_mean.size:
        told.append(
            "Theory expects squared singular values to have a variance of "
            f"{number(round(float(law.variance[-1]), 9), 3)} times their mean squared."
        )
    told += [law.reason] if law.reason else ["Dashed: the theory's spectrum at large width."]
    return " ".join(told)
