"""Compare: every initializer with every activation, and which of them train."""

import streamlit as st

from initviz.ui import compare, controls, explore, state

state.open_page()
controls.main_controls()
answer = st.container()
with st.container(horizontal=True, vertical_alignment="bottom", key="details"):
    controls.more_controls()
    compare.curve_picker()
now = state.current()
with answer:
    explore.complaints(now.problems)
compare.show(now, answer)
