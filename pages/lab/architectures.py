"""Architectures: convolutions, residual branches, recurrence, attention; and what draws them."""

from initviz.ui import architectures, explore, study_controls, study_state

study_state.open_page()
study_controls.pick_architecture()
study_controls.fields()
setting, problems = study_state.current()
explore.complaints(tuple(problems))
architectures.show(setting)
