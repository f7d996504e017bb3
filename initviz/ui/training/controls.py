"""The controls of the Training page, named and explained by the fields themselves."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from initviz.runtime.words import number
from initviz.training import Training
from initviz.training.spec import DATA, MOST_NETWORKS, OPTIMIZERS
from initviz.ui import controls
from initviz.ui.text import LABELS
from initviz.ui.training.state import held, hold, key_of

_RATES = (*(float(f"{digit}e{power}") for power in range(-6, 1) for digit in (1, 3)), 10.0)
_STEPS = (10, 20, 50, 100, 200, 300, 500, 700, 1000, 1500, 2000)
_SIZES = (2, 4, 8, 16, 32, 64, 128, 256, 375)


def fields() -> None:
    """Show what is trained, and how, in two rows."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="controls"):
        controls.depth()
        controls.scale_slider("width", controls.WIDTHS)
        controls.choice("activation")
        controls.choice("normalization")
        controls.scale_slider("gain", controls.GAINS)
        _more()
    with st.container(horizontal=True, vertical_alignment="bottom", key="training_controls"):
        _initializers()
        _choice("data", DATA)
        _choice("optimizer", OPTIMIZERS)
        _slider("learning_rate", _RATES)
        _slider("steps", _STEPS)


def _initializers() -> None:
    chosen = st.multiselect(
        "Initializers",
        list(LABELS["initializer"]),
        format_func=LABELS["initializer"].__getitem__,
        key=key_of("initializers"),
        max_selections=MOST_NETWORKS,
        help=f"What is compared: 1 to {MOST_NETWORKS} rules that draw the first weights.",
    )
    hold("initializers", chosen)


def _more() -> None:
    more = st.popover("More", icon=":material/tune:", key="more_training", on_change="rerun")
    if not more.open:
        return
    with more, st.container(horizontal=True, width=380, key="more"):
        controls.number("bias_mean", step=0.1)
        controls.scale_slider("bias_std", controls.BIASES)
        _slider("batch_size", _SIZES)
        controls.choice("dtype")
        controls.number("seed", step=1)


def _choice(field: str, labels: dict[str, str]) -> None:
    label, help_ = _words(field)
    chosen = st.selectbox(
        label, list(labels), format_func=labels.__getitem__, key=key_of(field), help=help_
    )
    hold(field, chosen)


def _slider(field: str, options: Sequence[Any]) -> None:
    label, help_ = _words(field)
    chosen = st.select_slider(
        label,
        sorted({*options, held(field)}),
        format_func=lambda v: str(v) if isinstance(v, int) else number(v),
        key=key_of(field),
        help=help_,
    )
    hold(field, chosen)


def _words(field: str) -> tuple[str, str]:
    info = Training.model_fields[field]
    return str(info.title), str(info.description)
