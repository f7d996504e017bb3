"""Compare: every initializer with every activation, and which of them train."""

from initviz.ui import controls, lesson, state
from initviz.ui.lab import compare, explore

lesson.question("Compare", "which initializer suits which activation?")
state.open_page()
controls.main_controls()
now = state.current()
explore.complaints(now.problems)
compare.show(now)
