"""Explore: choose a network and see the signal live or die."""

import streamlit as st

from initviz.ui import controls, parts, state
from initviz.ui.cache import signals_of
from initviz.ui.hand import component
from initviz.ui.lab import derivation, explore

state.open_page()


@st.fragment
def explore_a_network() -> None:
    """Show the page; a move runs this again, without app.py, its menu and its style."""
    controls.story_picker()
    controls.main_controls()
    now = state.current()
    parts.complaints(now.problems)
    signals = signals_of(now.network, now.batch)
    answer = st.container()
    figures = explore.charts(now, signals)
    component.hand(now)
    with st.container(horizontal=True, vertical_alignment="center", key="details"):
        explore.panel_picker()
        explore.switches()
        controls.more_controls()
        derivation.why(now.network)
        explore.share(now, signals, figures)
    explore.panel(signals)
    with answer:
        explore.verdict(now, signals)


explore_a_network()
