"""Training: networks that begin differently learn the same data, side by side."""

from initviz.ui import lesson
from initviz.ui.training import controls, page, state

lesson.question("Training", "does what starts well learn well?")
state.open_page()
controls.fields()
setting, problems = state.current()
page.show(setting, problems)
