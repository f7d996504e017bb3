"""Isometry: how strongly each direction of the input arrives at the output."""

from initviz.ui import controls, parts, state
from initviz.ui.lab import isometry

state.open_page()
controls.main_controls()
now = state.current()
parts.complaints(now.problems)
isometry.show(now)
