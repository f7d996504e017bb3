"""The picture of two inputs on their way."""

import numpy as np
import plotly.graph_objects as go
import pytest

from initviz.figures.cobweb import plot_cobweb
from initviz.figures.theme import DARK, LIGHT
from initviz.theory.cobweb import cobweb


@pytest.mark.parametrize(("weight_var", "steps"), [(1.3, 60), (2.5, 1), (4.0, 30)])
def test_stairs_run_between_the_map_and_the_diagonal(weight_var: float, steps: int) -> None:
    drawn = cobweb("tanh", weight_var, 0.05, start=0.6, steps=steps)
    figure = plot_cobweb(drawn, LIGHT)
    go.Figure(figure.to_dict())
    stairs = next(t for t in figure.data if t.name == "two inputs")
    assert len(stairs.x) == 2 * steps + 1
    np.testing.assert_array_equal(stairs.x[::2], stairs.y[::2])
    np.testing.assert_array_equal(stairs.x[1::2], drawn.walk[:-1])
    np.testing.assert_array_equal(stairs.y[1::2], drawn.walk[1:])


def test_the_end_is_marked_and_named() -> None:
    drawn = cobweb("tanh", 2.5, 0.05, start=0.6, steps=20)
    figure = plot_cobweb(drawn, DARK)
    end = next(t for t in figure.data if t.name == "where all walks end")
    assert (end.x[0], end.y[0]) == (drawn.c_star, drawn.c_star)
    assert figure.layout.annotations[0].text == "c* = 0.447"
    assert figure.layout.annotations[0].font.color == DARK.text
