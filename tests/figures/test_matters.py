"""The pictures of where the start matters show the fits."""

import numpy as np
import plotly.graph_objects as go
import pytest

from initviz.experiments.classical import CLASSICAL, LINE, STARTS, Fits
from initviz.experiments.starts import DEPTHS, INITIALIZERS
from initviz.figures.export import to_csv
from initviz.figures.matters import (
    plot_accuracy_by_depth,
    plot_lines,
    plot_outcomes,
    plot_spread_by_depth,
)
from initviz.figures.theme import DARK, LIGHT

RNG = np.random.default_rng(0)


def made() -> Fits:
    line = RNG.random(len(LINE))
    return Fits(RNG.random(STARTS), 0.5, 0.1, line, line + 1)


MODELS = {name: made() for name in CLASSICAL}
NETS = {(name, depth): made() for name in INITIALIZERS for depth in DEPTHS}


def test_every_fit_is_a_mark() -> None:
    traces = plot_outcomes(MODELS, NETS, LIGHT).data
    assert [t.name for t in traces[: len(MODELS)]] == list(MODELS)
    for trace, fits in zip(traces, MODELS.values(), strict=False):
        assert list(trace.y) == list(fits.accuracy)
    assert [t.name for t in traces[-3:]] == [
        "network, 1 layer", "network, 4 layers", "network, 16 layers",
    ]  # fmt: skip


def test_lines_are_those_of_the_fits() -> None:
    named = {t.name: t for t in plot_lines(MODELS, NETS, LIGHT).data}
    logistic = MODELS["Logistic regression"]
    assert list(named["logistic regression"].y) == list(logistic.line)
    assert list(named["between its starting points"].y) == list(logistic.chord)
    assert list(named["network, 16 layers"].y) == list(NETS["he_normal", 16].line)


def test_curves_by_depth_are_median_band_and_range() -> None:
    named = {t.name: t for t in plot_accuracy_by_depth(NETS, LIGHT).data}
    found = [NETS["he_normal", depth].accuracy for depth in DEPTHS]
    assert list(named["He normal (Kaiming)"].y) == [np.median(a) for a in found]
    band = list(named["worst and best, He normal (Kaiming)"].y)
    assert band == [a.min() for a in found] + [a.max() for a in found[::-1]]
    spread = {t.name: t for t in plot_spread_by_depth(NETS, LIGHT).data}
    assert list(spread["He normal (Kaiming)"].y) == [np.ptp(a) for a in found]


def test_a_line_at_the_end_of_an_axis_is_seen_whole() -> None:
    low, high = plot_spread_by_depth(NETS, LIGHT).layout.yaxis.range
    assert low < 0
    assert high > max(np.ptp(fits.accuracy) for fits in NETS.values())
    assert plot_lines(MODELS, NETS, LIGHT).layout.xaxis.range[1] > 1
    assert plot_accuracy_by_depth(NETS, LIGHT).layout.yaxis.range[1] > 1


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("nets", [{}, dict([*NETS.items()][:2]), NETS], ids=len)
@pytest.mark.parametrize("models", [{}, MODELS], ids=len)
def test_plotly_accepts_every_field(models: dict, nets: dict, colours: object) -> None:
    for figure in (
        plot_outcomes(models, nets, colours),
        plot_lines(models, nets, colours),
        plot_accuracy_by_depth(nets, colours),
        plot_spread_by_depth(nets, colours),
    ):
        go.Figure(figure.to_dict())
        to_csv([("chart", figure)])
