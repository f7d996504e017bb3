"""The figures of a file of weights say what its layers are."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest
import torch
from safetensors.torch import save

from initviz.checkpoints.example import NAME, example
from initviz.checkpoints.weights import RULES, weights_in
from initviz.figures.checkpoints import plot_singular, plot_sizes
from initviz.figures.export import to_csv
from initviz.figures.theme import DARK, LIGHT, Figure

EXAMPLE = weights_in(example(), NAME)
ODD = weights_in(
    save({
        "a<b>x</b>.weight": torch.full((20, 20), math.nan), "b.weight": torch.zeros(20, 20),
        "c.weight": torch.randn(20, 30) * 1e-9, "d.weight": torch.randn(1, 40),
        "e.weight": torch.randn(50, 2).double() * 1e200,
    }),
    "odd",
)  # fmt: skip


def valid(figure: Figure) -> go.Figure:
    return go.Figure(data=figure.to_dict()["data"], layout=figure.to_dict()["layout"])


@pytest.mark.parametrize("colours", [LIGHT, DARK])
@pytest.mark.parametrize("weights", [EXAMPLE, ODD], ids=["example", "odd"])
def test_every_figure_is_one_that_plotly_knows(weights, colours) -> None:
    assert valid(plot_sizes(weights, colours)).layout.yaxis.type == "log"
    for at, layer in enumerate(weights.layers, start=1):
        assert f"layer {at}" in valid(plot_singular(layer, at, colours)).layout.title.text


def test_rules_are_level_and_the_file_is_measured() -> None:
    lines = {trace.name: np.array(trace.y) for trace in plot_sizes(EXAMPLE, LIGHT).data}
    assert set(lines) == {*RULES, "this file"}
    for rule, level in (("He", 2), ("LeCun", 1), ("PyTorch", 1 / 3)):
        np.testing.assert_allclose(lines[rule], level)
    np.testing.assert_allclose(lines["Glorot"][[0, 5, -1]], [2 * 64 / 192, 1, 2 * 128 / 138])
    np.testing.assert_allclose(lines["this file"], 1 / 3, rtol=0.1)


def test_what_has_no_logarithm_is_a_gap() -> None:
    drawn = plot_sizes(ODD, LIGHT).data[-1].y
    assert [bool(np.isfinite(y)) for y in drawn] == [False, False, True, True, False]
    low, high = plot_sizes(ODD, LIGHT).layout.yaxis.range
    assert low <= math.log10(drawn[2])
    assert high >= 2


def test_all_singular_values_are_in_the_bars_and_under_the_curve() -> None:
    bars, curve = plot_singular(EXAMPLE.layers[3], 4, LIGHT).data
    assert bars.y.sum() == pytest.approx(1)
    step = bars.x[1] - bars.x[0]
    assert np.trapezoid(curve.y, curve.x) / step == pytest.approx(1, abs=0.02)


def test_no_name_of_the_file_is_in_a_figure_or_its_data() -> None:
    figures = {"sizes": plot_sizes(ODD, LIGHT), "one": plot_singular(ODD.layers[0], 1, LIGHT)}
    assert "weight" not in "".join(str(f.to_dict()["data"]) for f in figures.values()).replace(
        "independent weights of this variance", ""
    )
    assert "a<b>" not in to_csv(figures.items())
