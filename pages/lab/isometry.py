"""Isometry: how strongly each direction of the input arrives at the output."""

from initviz.ui import controls, state
from initviz.ui.lab import explore, isometry

state.open_page()
controls.main_controls()
now = state.current()
explore.complaints(now.problems)
isometry.show(now)
