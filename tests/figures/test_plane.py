"""The picture of the plane."""

import numpy as np
import plotly.graph_objects as go
import pytest

from initviz import ACTIVATIONS
from initviz.figures.plane import plot_plane
from initviz.figures.theme import DARK, LIGHT
from initviz.theory.meanfield import TRAINABLE, phase
from initviz.theory.plane import landmarks, plane


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_plotly_accepts_it_and_the_marks_are_where_they_belong(activation: str) -> None:
    marks = landmarks(activation)
    figure = plot_plane(activation, plane(activation), (1.2, 0.3), marks, LIGHT)
    go.Figure(figure.to_dict())
    drawn = {trace.name: trace for trace in figure.data}
    assert (drawn["this network"].x[0], drawn["this network"].y[0]) == (1.2, 0.3)
    named = {(note.text, note.x) for note in figure.layout.annotations}
    assert named == {(mark.name, mark.weight_std) for mark in marks}
    assert len({note.yshift for note in figure.layout.annotations}) == len(marks)
    np.testing.assert_allclose(drawn["what libraries do"].x, [mark.weight_std for mark in marks])
    assert figure.data[-1].marker.opacity == 0


def test_a_dark_page_gets_its_colours() -> None:
    figure = plot_plane("tanh", plane("tanh"), (1, 0), landmarks("tanh"), DARK)
    assert figure.layout.font.color == DARK.text


@pytest.mark.parametrize("activation", ["tanh", "relu", "selu", "gelu"])
def test_depths_are_written_where_theory_has_them(activation: str) -> None:
    figure = plot_plane(activation, plane(activation), (1, 0), landmarks(activation), LIGHT)
    names = next(trace for trace in figure.data if getattr(trace, "mode", None) == "text")
    seen = 0
    for x, y, text in zip(names.x, names.y, names.text, strict=True):
        if np.isnan(x):
            continue
        seen += 1
        at = [phase(activation, (x + aside) ** 2, y**2).depth_c for aside in (-0.05, 0.05)]
        low, high = sorted(np.inf if depth is None else TRAINABLE * depth for depth in at)
        # A name lies between two columns of the plane, 0.05 apart.
        assert 0.7 * low <= float(text) <= 1.3 * high
    assert seen >= 3


def test_lines_lie_at_the_depths_that_are_written() -> None:
    whole = plane("tanh")
    contours = plot_plane("tanh", whole, (1, 0), landmarks("tanh"), LIGHT).data[0]
    ticks = dict(zip(contours.colorbar.tickvals, contours.colorbar.ticktext, strict=True))
    lines = np.arange(contours.contours.start, contours.contours.end + 1)
    assert [ticks[line] for line in lines] == ["10", "30", "100", "300"]
    deep = TRAINABLE * whole.depth
    for line in lines:
        np.testing.assert_array_equal(contours.z > line, deep > float(ticks[line]) * (1 + 1e-7))


@pytest.mark.parametrize(("activation", "mode"), [("relu", "markers"), ("tanh", "lines")])
def test_an_edge_that_is_one_point_is_drawn_all_the_same(activation: str, mode: str) -> None:
    figure = plot_plane(activation, plane(activation), (1, 0), landmarks(activation), LIGHT)
    assert next(t for t in figure.data if (t.name or "").startswith("edge")).mode == mode
