"""Compare: every initializer with every activation, and which of them train."""

from initviz.ui import compare, controls, explore, lesson, state

lesson.question("Compare", "which initializer suits which activation?")
state.open_page()
controls.main_controls()
now = state.current()
explore.complaints(now.problems)
compare.show(now)
