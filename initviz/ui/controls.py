"""One control for every field, named and explained by the field itself."""

from collections.abc import Callable, Sequence

import streamlit as st

from initviz.catalog.initializers import INITIALIZERS
from initviz.setting.links import FIELDS
from initviz.ui import state
from initviz.ui.stories import STORIES, story_of
from initviz.ui.text import LABELS

WIDTHS = tuple(2**i for i in range(12))
# Fine where networks live and die, coarse up to the largest gain allowed.
GAINS = (*(i / 100 for i in range(301)), 3.5, 4.0, 5.0, 7.0, 10.0, 20.0, 50.0, 100.0)
BIASES = (*(i / 100 for i in range(101)), 1.5, 2.0, 3.0, 5.0, 10.0)
_SCALES = tuple(float(f"{d / 10}e{power}") for power in range(-4, 1) for d in range(10, 100, 5))
_SIZES = tuple(2**i for i in range(1, 13))


def story_picker() -> None:
    """Offer the stories; the one that is being told is lit."""
    st.session_state["story"] = story_of(state.settled().network)
    st.pills(
        "Stories", list(STORIES), key="story", label_visibility="collapsed", on_change=_tell_story
    )


def _tell_story() -> None:
    name = st.session_state["story"]
    if name is not None:
        state.put(STORIES[name])
    state.reset_window()


def main_controls() -> None:
    """Depth, width, activation, initializer, gain, and another draw, in one row."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="controls"):
        depth()
        scale_slider("width", WIDTHS)
        choice("activation")
        choice("initializer", on_change=_forget_scale)
        scale_slider("gain", GAINS)
        if INITIALIZERS[st.session_state["initializer"]].scale_meaning:
            _scale()
        st.button(
            "New draw",
            icon=":material/casino:",
            help="Draw other weights: the next seed.",
            on_click=draw_again,
        )


def more_controls() -> None:
    """Everything else about the network and the batch, one fold away."""
    more = st.popover(
        "More settings", icon=":material/tune:", key="more_settings", on_change="rerun"
    )
    if not more.open:
        return
    with more, st.container(horizontal=True, width=380, key="more"):
        number("bias_mean", step=0.1)
        scale_slider("bias_std", BIASES)
        choice("normalization")
        choice("inputs")
        choice("loss")
        choice("dtype")
        scale_slider("size", _SIZES)
        number("seed", step=1)


def depth() -> None:
    """Slide over the depth."""
    low, high = (int(bound) for bound in FIELDS["depth"].bounds("depth"))
    label, help_ = words("depth")
    st.slider(label, low, high, key="depth", help=help_, persist_state="session")


def words(field: str) -> tuple[str, str]:
    """Return a field's label and its one-line help."""
    info = FIELDS[field].model_fields[field]
    return str(info.title), str(info.description)


def choice(field: str, on_change: Callable[[], None] | None = None) -> None:
    """Choose one of the values that a field has."""
    label, help_ = words(field)
    labels = LABELS[field]
    st.selectbox(
        label,
        list(labels),
        format_func=labels.__getitem__,
        key=field,
        help=help_,
        on_change=on_change,
        persist_state="session",
    )


def scale_slider(field: str, options: Sequence[float], help_: str | None = None) -> None:
    """Slide over chosen values; the present one joins them if it is not among them."""
    label, usual = words(field)
    st.select_slider(
        label,
        sorted({*options, st.session_state[field]}),
        format_func=lambda v: f"{v:g}",
        key=field,
        help=help_ or usual,
        persist_state="session",
    )


def number(field: str, *, step: float) -> None:
    """Type a number."""
    label, help_ = words(field)
    low, high = FIELDS[field].bounds(field)
    kind = FIELDS[field].kind(field)
    st.number_input(
        label,
        kind(low) if low > float("-inf") else None,
        kind(high) if high < float("inf") else None,
        key=field,
        step=kind(step),
        help=help_,
        format="%d" if kind is int else "%g",
        persist_state="session",
    )


def _scale() -> None:
    initializer = INITIALIZERS[st.session_state["initializer"]]
    if st.session_state["scale"] is None:
        st.session_state["scale"] = initializer.default_scale
    scale_slider("scale", _SCALES, f"The {initializer.scale_meaning}.")


def _forget_scale() -> None:
    st.session_state["scale"] = None


def draw_again() -> None:
    """Show the next seed."""
    st.session_state["seed"] = (st.session_state["seed"] + 1) % 2**32
