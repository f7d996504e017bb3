"""Symmetry: units that begin as copies stay copies, and what tells them apart."""

from initviz.ui import lesson, parts
from initviz.ui.learn import symmetry

lesson.question("Symmetry", "what if all weights begin the same?")
lesson.open_page(symmetry.PAGE, symmetry.CHOICES)
symmetry.controls()
chosen, problems = lesson.current(symmetry.PAGE, symmetry.CHOICES)
parts.complaints(problems)
symmetry.show(chosen)
symmetry.rounding()
symmetry.biases()
