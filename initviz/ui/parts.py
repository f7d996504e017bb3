"""What every page is made of: the palette, complaints, the verdict's box, data to take along."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st

from initviz.figures.export import to_csv
from initviz.figures.theme import Palette, palette
from initviz.ui.text import BADGES, plain
from initviz.verdict.diagnosis import Diagnosis
from initviz.verdict.outlook import in_words

PLOTLY = {"displayModeBar": False}
Figures = dict[str, Any]


def colours() -> Palette:
    """Return the palette of the theme the browser shows."""
    return palette(dark=st.context.theme.type == "dark")


def complaints(problems: tuple[str, ...]) -> None:
    """Say what in the address or the settings could not be used."""
    if problems:
        st.warning("  \n".join(map(plain, problems)), icon=":material/info:")


@contextmanager
def answer(diagnosis: Diagnosis) -> Iterator[None]:
    """Say a verdict and its reason in a box, in which what follows stands beside them."""
    label, icon, colour = BADGES[diagnosis.verdict]
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="verdict"):
        st.badge(label, icon=f":material/{icon}:", color=colour)
        with st.container(width="stretch", gap=None):
            st.markdown(plain(diagnosis.reason))
            if diagnosis.outlook is not None:
                st.caption(plain(in_words(diagnosis.outlook)))
        yield


def offer(words: str | None, apply: Callable[..., None], *given: Any) -> None:
    """Offer the repair that is said in words, or say that there is none."""
    if words is None:
        st.caption("No repair found.", width="content")
    else:
        st.button(
            words, type="primary", icon=":material/build:", key="fix", on_click=apply, args=given
        )


def csv_button(label: str, figures: Figures, name: str) -> None:
    """Offer every point of figures as CSV."""
    st.download_button(
        label,
        lambda: to_csv(figures.items()),
        name,
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )
