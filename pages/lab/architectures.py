"""Architectures: convolutions, residual branches, recurrence, attention; and what draws them."""

from initviz.ui import parts
from initviz.ui.architectures import controls, page, state

state.open_page()
controls.pick_architecture()
controls.fields()
setting, problems = state.current()
parts.complaints(tuple(problems))
page.show(setting)
