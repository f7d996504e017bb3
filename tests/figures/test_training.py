"""The pictures of a run show its numbers, and an end that is no number as what it is."""

import json
import math

import numpy as np
import plotly.graph_objects as go
import pytest

from initviz.figures.rates import plot_rates
from initviz.figures.replay import plot_replay
from initviz.figures.steps import MEASURES, plot_steps
from initviz.figures.theme import DARK, LIGHT
from initviz.figures.training import Curves, plot_accuracy, plot_loss
from initviz.training.live import _spaced


def curves(loss: list[list[float]], steps: int = 10) -> Curves:
    values = np.array(loss, dtype=float).reshape(-1, 2)
    return Curves(("He", "Glorot"), (0, 3), values, values / 10, 10, steps, 1)


def named(figure, name: str):
    [trace] = [t for t in figure.data if t.name == name]
    return trace


def test_every_step_is_drawn_in_the_networks_own_hue() -> None:
    figure = plot_loss(curves([[2.3, 2.2], [1.0, 2.1], [0.5, 2.0]]), LIGHT)
    assert named(figure, "He").x.tolist() == [1, 2, 3]
    assert named(figure, "He").y.tolist() == pytest.approx([2.3, 1.0, 0.5])
    assert named(figure, "Glorot").line.color == LIGHT.hues[3]
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.shapes[0].y0 == pytest.approx(math.log(10))


def test_axes_and_size_are_the_same_at_the_start_and_at_the_end() -> None:
    whole = curves([[2.0, 2.0], [1.0, 1.0]])
    for plot in (plot_loss, plot_accuracy):
        start, end = plot(whole.emptied(), DARK), plot(whole, DARK)
        for axis in ("xaxis", "yaxis"):
            assert start.layout[axis] == end.layout[axis]
        assert start.layout.height == end.layout.height
        assert start.layout.uirevision == end.layout.uirevision


def test_the_axis_grows_where_the_loss_leaves_it() -> None:
    figure = plot_loss(curves([[2.3, 2.3], [4e5, 1e-4]]), LIGHT)
    assert figure.layout.yaxis.range == (-4, 6)


@pytest.mark.parametrize(
    ("loss", "at", "height"),
    [
        ([[2.3, 2.2], [7.0, 2.1], [math.nan, 2.0]], 2, 7.0),
        ([[math.nan, 2.2], [math.nan, 2.1]], 1, 10.0),
    ],
)
def test_a_cross_and_a_word_mark_the_last_finite_step(loss, at, height) -> None:
    figure = plot_loss(curves(loss), LIGHT)
    cross = named(figure, "He diverged")
    assert (cross.x[0], cross.y[0]) == (at, height)
    assert (cross.text[0], cross.marker.symbol) == ("diverged", "x")
    assert cross.marker.color == LIGHT.hues[0]
    assert not [t for t in figure.data if t.name == "Glorot diverged"]


def test_a_long_run_is_thinned() -> None:
    figure = plot_loss(curves([[1.0, 2.0]] * 2000, steps=2000), LIGHT)
    assert named(figure, "He").x.tolist() == list(range(1, 2001, 5))


def test_gradients_are_layers_by_steps_in_decades() -> None:
    variance = np.array([[1e-3, 1e-5, 0.0], [1e-4, 1e-9, np.nan]])
    about = {"name": "He", "hue": 0, "last": 100, "run": 1, "colours": LIGHT}
    figure = plot_steps("grad_preact_var", [1, 50], variance, **about)
    [heatmap] = figure.data
    assert np.array(heatmap.z)[:2] == pytest.approx(np.array([[-3, -4], [-5, -9]]))
    assert (heatmap.zmin, heatmap.zmax) == (-9, -3)
    assert figure.layout.xaxis.range[1] > 100
    empty = plot_steps("grad_preact_var", [], variance[:0], **about)
    assert empty.layout.xaxis == figure.layout.xaxis
    assert empty.layout.height == figure.layout.height


@pytest.mark.parametrize("column", MEASURES)
def test_every_measure_of_the_layers_is_drawn(column: str) -> None:
    values = np.array([[0.5, 0.25, 0.0], [0.125, 0.0625, np.nan]])
    figure = plot_steps(column, [1, 50], values, "He", 0, last=50, run=1, colours=DARK)
    [heatmap] = figure.data
    go.Figure(figure.to_dict())
    share = column.endswith("fraction")
    expected = values if share else np.log10(values, where=values > 0, out=np.full((2, 3), -np.inf))
    expected[1, 2] = np.nan
    np.testing.assert_allclose(np.array(heatmap.z), expected.T, rtol=1e-6)
    assert (heatmap.zmin, heatmap.zmax) == ((0, 1) if share else (-2, 0))


def test_rates_that_diverged_are_crosses_and_those_not_tried_are_nothing() -> None:
    losses = np.array([[0.5, np.nan], [2.0, 2.2]])
    figure = plot_rates(
        (0.001, 0.01, 0.1), losses, ("He", "Glorot"), (0, 1), chosen=0.01, classes=2, colours=DARK
    )
    assert named(figure, "He").x.tolist() == [0.001, 0.01]
    assert named(figure, "He").y.tolist() == [0.5, 2.0]
    assert named(figure, "Glorot diverged").x.tolist() == [0.001]
    assert figure.layout.shapes[0].y0 == pytest.approx(math.log(2))
    assert figure.layout.shapes[1].x0 == 0.01


def test_a_replay_has_a_frame_and_a_stop_of_the_slider_for_every_step() -> None:
    steps, rng = [1, 5, 9], np.random.default_rng(0)
    act, grad = rng.uniform(1, 2, (3, 2, 4)), rng.uniform(1e-9, 1e-8, (3, 2, 4))
    act[2, 1] = np.nan
    played = plot_replay(steps, act, grad, ("He", "Glorot"), (0, 1), run=1, colours=LIGHT)
    # Plotly's own check of every field, frames included.
    figure = go.Figure(played.to_dict())
    assert [f.name for f in figure.frames] == ["1", "5", "9"]
    assert [s.label for s in figure.layout.sliders[0].steps] == ["1", "5", "9"]
    assert [s.args[0][0] for s in figure.layout.sliders[0].steps] == ["1", "5", "9"]
    for at, frame in enumerate(figure.frames):
        assert list(frame.traces) == [0, 1, 2, 3]
        rows = (act[at, 0], act[at, 1], grad[at, 0], grad[at, 1])
        for drawn, row in zip(frame.data, rows, strict=True):
            found = [math.nan if y is None else y for y in drawn.y]
            np.testing.assert_allclose(found, row, rtol=1e-3)
    for trace, first in zip(figure.data, figure.frames[0].data, strict=True):
        assert trace.y == first.y


def test_there_is_a_place_for_a_replay_before_there_is_one() -> None:
    nothing = np.empty((0, 2, 4))
    empty = plot_replay([], nothing, nothing, ("He", "Glorot"), (0, 1), run=1, colours=DARK)
    assert "ended" in go.Figure(empty.to_dict()).layout.annotations[0].text
    assert not empty.to_dict()["frames"]


def test_a_replay_of_a_deep_network_stays_small() -> None:
    networks, depth = 5, 200
    steps = _spaced(2000, networks * depth)
    values = np.random.default_rng(0).uniform(1e-9, 1, (len(steps), networks, depth))
    names = ["He"] * networks
    figure = plot_replay(steps, values, values, names, range(networks), run=1, colours=LIGHT)
    assert len(json.dumps(figure.to_dict()["frames"])) < 150_000
