"""The picture of the plane."""

import numpy as np
import plotly.graph_objects as go
import pytest

from initviz import ACTIVATIONS
from initviz.figures.plane import plot_plane
from initviz.figures.theme import DARK, LIGHT
from initviz.theory.plane import landmarks, plane


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_plotly_accepts_it_and_the_marks_are_where_they_belong(activation: str) -> None:
    marks = landmarks(activation)
    figure = plot_plane(activation, plane(activation), (1.2, 0.3), marks, LIGHT)
    go.Figure(figure.to_dict())
    drawn = {trace.name: trace for trace in figure.data}
    assert (drawn["this network"].x[0], drawn["this network"].y[0]) == (1.2, 0.3)
    assert list(drawn["what libraries do"].text) == [mark.name for mark in marks]
    np.testing.assert_allclose(drawn["what libraries do"].x, [mark.weight_std for mark in marks])
    assert figure.data[-1].marker.opacity == 0


def test_a_dark_page_gets_its_colours() -> None:
    figure = plot_plane("tanh", plane("tanh"), (1, 0), landmarks("tanh"), DARK)
    assert figure.layout.font.color == DARK.text
