"""The pictures of symmetry show the arrays of a run."""

import numpy as np
import plotly.graph_objects as go
import pytest

from initviz.experiments.symmetry import NOISES, STEPS, WIDTH, biased, symmetry
from initviz.figures.export import to_csv
from initviz.figures.symmetry import (
    noise_name,
    plot_apart,
    plot_biased,
    plot_distinct,
    plot_loss,
    plot_similarity,
)
from initviz.figures.theme import DARK, LIGHT

RUN = symmetry("constant", "relu")


@pytest.mark.parametrize("noise", [1, 3, 6])
def test_the_slider_shows_one_look_at_a_time(noise: int) -> None:
    figure = plot_similarity(RUN, noise, 1, LIGHT)
    assert [t.visible for t in figure.data] == [False] * (len(RUN.looked_at) - 1) + [True]
    for at, (trace, step) in enumerate(
        zip(figure.data, figure.layout.sliders[0].steps, strict=True)
    ):
        np.testing.assert_array_equal(np.array(trace.z), RUN.similarity[at, noise, 1])
        assert step.label == str(RUN.looked_at[at])
        assert step.args[0]["visible"] == [at == other for other in range(len(RUN.looked_at))]


def test_the_share_of_different_units_is_drawn_beside_no_noise() -> None:
    alone = plot_distinct(RUN, 0, 0, LIGHT).data
    assert [t.name for t in alone] == ["no noise"]
    assert set(alone[0].y) == {1 / WIDTH}
    both = plot_distinct(RUN, 6, 0, LIGHT).data
    assert [t.name for t in both] == ["no noise", "noise 10⁻¹"]
    assert list(both[1].y) == list(RUN.distinct[:, 6, 0])


def test_curves_are_the_runs() -> None:
    apart, loss = plot_apart(RUN, 2, 0, LIGHT).data, plot_loss(RUN, 2, LIGHT).data
    assert [t.name for t in apart] == [noise_name(n) for n in NOISES[1:]]
    for at, trace in enumerate(apart, start=1):
        np.testing.assert_array_equal(np.array(trace.y), RUN.apart[:, at, 0])
    for at, trace in enumerate(loss):
        np.testing.assert_array_equal(np.array(trace.y), RUN.loss[:, at])
    assert [t.line.width for t in loss].index(3) == 2
    assert list(loss[0].x) == list(range(1, STEPS + 1))


def test_bars_are_the_dead_units() -> None:
    first, last = plot_biased(biased(), DARK).data
    assert list(first.y) == list(biased().first)
    assert list(last.y) == list(biased().last)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_plotly_accepts_every_field(colours: object) -> None:
    for figure in (
        plot_similarity(RUN, 0, 0, colours),
        plot_distinct(RUN, 1, 0, colours),
        plot_apart(RUN, 1, 0, colours),
        plot_loss(RUN, 1, colours),
        plot_biased(biased(), colours),
    ):
        go.Figure(figure.to_dict())
        assert to_csv([("chart", figure)]).count("\n") > 4


def test_no_noise_looks_the_same_in_every_chart_and_the_others_can_be_told_apart() -> None:
    for noise in (0, 2):
        first = plot_distinct(RUN, noise, 0, LIGHT).data[0]
        lines = plot_loss(RUN, noise, LIGHT).data
        assert (lines[0].line.color, lines[0].line.dash) == (first.line.color, first.line.dash)
        assert len({line.line.color for line in lines}) == len(NOISES)


def test_where_all_steps_are_the_same_there_is_no_slider() -> None:
    assert not plot_similarity(RUN, 0, 1, LIGHT).layout.sliders
    assert plot_similarity(RUN, 1, 1, LIGHT).layout.sliders


def test_the_axis_of_steps_ends_with_a_label() -> None:
    axis = plot_loss(RUN, 0, LIGHT).layout.xaxis
    assert axis.range[1] > STEPS
    assert STEPS % axis.dtick == 0
