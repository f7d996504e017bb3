"""Isometry: how strongly each direction of the input arrives at the output."""

from initviz.ui import controls, explore, isometry, state

state.open_page()
controls.main_controls()
now = state.current()
explore.complaints(now.problems)
isometry.show(now)
