"""Keras takes its backend from the environment, once: PyTorch, which compiles nothing."""

import os

os.environ["KERAS_BACKEND"] = "torch"
