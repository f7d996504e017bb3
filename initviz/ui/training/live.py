"""Charts of a run that goes on, redrawn where they stand."""

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from initviz.figures.theme import Figure

# Text of more than one line is taken for the source itself, not for the name of a file.
_LIVE = st.components.v2.component(
    "live", html="<div></div>\n", js=Path(__file__).with_suffix(".js").read_text("utf-8")
)


def redraw(figures: Mapping[str, Figure]) -> None:
    """Show figures in the charts of the page that have their names, without replacing those."""
    _LIVE(key="live", data={name: figure.to_dict() for name, figure in figures.items()})
