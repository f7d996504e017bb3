"""The map of a comparison, and the curves beside it."""

import json
import math

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.io import to_json

from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network
from initviz.experiments.compare import Cell, compare
from initviz.figures.compare import (
    FULL,
    SIGNS,
    describe,
    pair_at,
    plot_map,
    plot_overlay,
    shared_window,
)
from initviz.figures.theme import DARK, LIGHT, Palette

DEPTH = 7
HERE = ("he_normal", "relu")


@pytest.fixture(scope="module")
def cells() -> list[Cell]:
    return list(compare(Network(depth=DEPTH, width=16), Batch(size=8)))


def test_a_colour_is_the_decades_clipped_where_the_bar_says(cells: list[Cell]) -> None:
    colours = plot_map(cells, HERE, LIGHT).data[0]
    assert (colours.zmin, colours.zmax) == (-FULL, FULL)
    assert list(colours.colorbar.ticktext) == ["≤ −12", "−6", "0", "6", "≥ 12"]
    for cell in cells:
        initializer, activation = cell.pair
        drawn = colours.z[list(INITIALIZERS).index(initializer)][
            list(ACTIVATIONS).index(activation)
        ]
        np.testing.assert_equal(drawn, np.clip(cell.gradient_decades, -FULL, FULL))


def test_the_scale_is_the_same_on_both_sides_of_nothing(cells: list[Cell]) -> None:
    scale = plot_map(cells, HERE, LIGHT).data[0].colorscale
    assert [at for at, _ in scale] == [0, 0.5, 0.5, 1]
    assert [colour.endswith(", 0)") for _, colour in scale] == [False, True, True, False]
    assert len({colour.rsplit(",", 1)[0] for _, colour in scale}) == 2


def test_every_cell_has_its_sign_and_says_why(cells: list[Cell]) -> None:
    _, signs, targets, _ = plot_map(cells, HERE, LIGHT).data
    assert len(set(SIGNS.values())) == len(SIGNS)
    for at, cell in enumerate(cells):
        assert signs.text[at] == SIGNS[cell.verdict]
        assert pair_at(targets.x[at], targets.y[at]) == cell.pair
        told = targets.customdata[at].replace("<br>", " ")
        assert cell.reason in told
        assert f"{ACTIVATIONS[cell.pair[1]].label}: {cell.verdict}" in told
        assert "nan" not in told
        assert "inf " not in told


def test_this_network_is_outlined(cells: list[Cell]) -> None:
    (outline,) = plot_map(cells, HERE, LIGHT).layout.shapes
    assert pair_at((outline.x0 + outline.x1) / 2, (outline.y0 + outline.y1) / 2) == HERE


def test_a_map_fills_from_empty(cells: list[Cell]) -> None:
    for known in ([], cells[:20]):
        colours, signs, targets, nothing = plot_map(known, HERE, LIGHT).data
        drawable = [c for c in known if not math.isnan(c.gradient_decades)]
        assert np.isfinite(colours.z).sum() == len(drawable)
        assert np.isfinite(nothing.z).sum() == len(known) - len(drawable)
        assert len(signs.x) == len(targets.x) == len(known)


@pytest.mark.parametrize("side", ["act", "z"])
def test_curves_are_the_cells_and_can_be_told_apart(cells: list[Cell], side: str) -> None:
    chosen = [c for c in cells if c.verdict == "stable"][:5]
    shown = shared_window(chosen)
    figure = plot_overlay(chosen, side, shown=shown, colours=LIGHT)
    for cell, curve in zip(chosen, figure.data, strict=True):
        log10 = cell.activations if side == "act" else cell.gradient
        over = log10 - log10[-1 if side == "z" else 0]
        np.testing.assert_allclose(np.log10(curve.y), over, atol=1e-9)
        assert shown[0] <= over.min() <= over.max() <= shown[1]
    assert len({c.line.color for c in figure.data}) == len({c.marker.symbol for c in figure.data})
    assert len({c.name for c in figure.data}) == 5
    assert figure.layout.yaxis.type == "log"
    assert [n.text for n in figure.layout.annotations].count("stable") == 1
    assert all(c.name in describe(chosen, side) for c in figure.data)


def test_the_zone_is_everyones_whichever_curve_comes_first(cells: list[Cell]) -> None:
    by_pair = {c.pair: c for c in cells}
    chosen = [by_pair[pair] for pair in (("ones", "sigmoid"), ("glorot_uniform", "tanh"))]
    for order in (chosen, chosen[::-1]):
        shown = shared_window(order)
        figure = plot_overlay(order, "z", shown=shown, colours=LIGHT)
        (zone,) = figure.layout.shapes
        assert (zone.y0, zone.y1) == (1e-3, 1e3)
        for cell, curve in zip(order, figure.data, strict=True):
            assert (np.nanmin(curve.y) < zone.y0) == (cell.verdict != "stable")
        for note in figure.layout.annotations:
            assert shown[0] <= note.y <= shown[1]
            # At the last layer, where all curves are 1, and so on none of them.
            assert note.x == 1


def test_a_thin_zone_is_not_named_since_the_words_would_lie_on_each_other(
    cells: list[Cell],
) -> None:
    for shown, named in (((-90, 4), ["stable", "vanishing"]), ((-200, 4), ["vanishing"])):
        figure = plot_overlay(cells[:2], "z", shown=shown, colours=LIGHT)
        assert [n.text for n in figure.layout.annotations] == named


@pytest.mark.parametrize("depth", [1, 2, 80])
@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_plotly_accepts_every_field(depth: int, colours: Palette) -> None:
    cells = list(compare(Network(depth=depth, width=4), Batch(size=4)))
    figures = [
        plot_map(cells, HERE, colours),
        *(plot_overlay(cells[:5], s, shown=(-4, 4), colours=colours) for s in ("act", "z")),
    ]
    for figure in figures:
        checked = go.Figure(figure.to_dict())
        sent, plotlys = (json.loads(to_json(f, validate=False)) for f in (figure, checked))
        assert sent["data"] == plotlys["data"]
