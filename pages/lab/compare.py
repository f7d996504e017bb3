"""Compare: every initializer with every activation, and which of them train."""

from initviz.ui import controls, lesson, parts, state
from initviz.ui.lab import compare

lesson.question("Compare", "which initializer suits which activation?")
state.open_page()
controls.main_controls()
now = state.current()
parts.complaints(now.problems)
compare.show(now)
