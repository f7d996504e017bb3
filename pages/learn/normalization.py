"""Normalization: the same initializer with and without it, at every gain."""

from initviz.ui import lesson, parts
from initviz.ui.learn import normalized

lesson.question("Normalization", "does it mend weights that begin too small or too large?")
lesson.open_page(normalized.PAGE, normalized.CHOICES)
normalized.controls()
chosen, problems = lesson.current(normalized.PAGE, normalized.CHOICES)
parts.complaints(problems)
normalized.show(chosen)
