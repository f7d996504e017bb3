"""The pictures of normalization show the sweep."""

import numpy as np
import plotly.graph_objects as go
import pytest

from initviz.experiments.normalization import GAINS, swept
from initviz.figures.export import to_csv
from initviz.figures.normalization import (
    NAMES,
    plot_drift,
    plot_layers,
    plot_verdicts,
    plot_weight_gradient,
)
from initviz.figures.theme import DARK, LIGHT

FOUND = swept("relu", "glorot_uniform", 10)


def test_curves_are_the_sweeps() -> None:
    drift, by_layer = plot_drift(FOUND, 2, LIGHT).data, plot_layers(FOUND, 2, LIGHT).data
    for row, name in enumerate(NAMES):
        assert drift[row].name == by_layer[row].name == name
        np.testing.assert_allclose(np.log10(drift[row].y), FOUND.drift[row])
        furthest = np.log10(by_layer[row].y)[np.abs(np.log10(by_layer[row].y)).argmax()]
        assert furthest == pytest.approx(FOUND.drift[row, 2])
        assert by_layer[row].y[-1] == 1
    weights = plot_weight_gradient(FOUND, LIGHT).data
    assert weights[1].y[len(GAINS) // 2] == 1


def test_every_verdict_is_a_mark() -> None:
    marks = {t.name: t for t in plot_verdicts(FOUND, LIGHT).data}
    assert sum(len(t.x) for t in marks.values()) == 2 * len(GAINS)
    for verdict, trace in marks.items():
        for gain, row in zip(trace.x, trace.y, strict=True):
            assert FOUND.verdicts[row][int(np.flatnonzero(gain == GAINS)[0])] == verdict


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("activation", ["relu", "sigmoid"])
def test_plotly_accepts_every_field_and_the_window_holds_the_curves(
    activation: str, colours: object
) -> None:
    found = swept(activation, "glorot_uniform", 10)
    for figure in (
        plot_drift(found, 0, colours),
        plot_layers(found, 0, colours),
        plot_verdicts(found, colours),
        plot_weight_gradient(found, colours),
    ):
        go.Figure(figure.to_dict())
        assert to_csv([("chart", figure)]).count("\n") > 10
        low, high = sorted(figure.layout.yaxis.range)
        ends = (low, high) if figure.layout.yaxis.type != "log" else (10.0**low, 10.0**high)
        assert all(ends[0] < min(t.y) and max(t.y) < ends[1] for t in figure.data)
