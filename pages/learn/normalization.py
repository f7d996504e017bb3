"""Normalization: the same initializer with and without it, at every gain."""

from initviz.ui import lesson, parts
from initviz.ui.learn import normalization

lesson.question("Normalization", "does it mend weights that begin too small or too large?")
lesson.open_page(normalization.PAGE, normalization.CHOICES)
normalization.controls()
chosen, problems = lesson.current(normalization.PAGE, normalization.CHOICES)
parts.complaints(problems)
normalization.show(chosen)
