"""Architectures: convolutions, residual branches, recurrence, attention; and what draws them."""

from initviz.ui.architectures import controls, page, state
from initviz.ui.lab import explore

state.open_page()
controls.pick_architecture()
controls.fields()
setting, problems = state.current()
explore.complaints(tuple(problems))
page.show(setting)
