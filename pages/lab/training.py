"""Training: networks that begin differently learn the same data, side by side."""

from initviz.ui import training, training_controls, training_state

training_state.open_page()
training_controls.fields()
setting, problems = training_state.current()
training.show(setting, problems)
