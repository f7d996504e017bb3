"""Training: networks that begin differently learn the same data, side by side."""

from initviz.ui import lesson, training, training_controls, training_state

lesson.question("Training", "does what starts well learn well?")
training_state.open_page()
training_controls.fields()
setting, problems = training_state.current()
training.show(setting, problems)
