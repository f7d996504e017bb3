"""The panels of detail."""

import csv

import numpy as np
import pytest

from initviz import INITIALIZERS, Network, probe
from initviz.engine.statistics import SAMPLE_SIZE
from initviz.figures import distributions, units, weights
from initviz.figures.export import to_csv
from initviz.figures.theme import LIGHT

QUANTITIES = ("pre-activation", "activation", "gradient")
SIGNALS = probe(Network(depth=12))


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_a_heatmap_column_is_a_distribution(quantity: str) -> None:
    heat = distributions.plot_magnitudes(SIGNALS, quantity, LIGHT).data[0]
    np.testing.assert_allclose(np.array(heat.z).sum(axis=0), 1, atol=0.01)
    assert list(heat.x) == list(range(1, 13))


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_histograms_count_every_sampled_value(quantity: str) -> None:
    histogram = SIGNALS.histogram(quantity)
    layers, size = SIGNALS.samples[quantity].mantissa.shape
    assert histogram.counts.sum(axis=1).tolist() == [size] * layers
    assert SAMPLE_SIZE / 2 < size <= SAMPLE_SIZE
    bars = distributions.plot_histograms(SIGNALS, quantity, LIGHT).data
    assert len(bars) == 4


def test_what_names_a_histogram_stands_in_its_middle() -> None:
    layout = distributions.plot_histograms(SIGNALS, "activation", LIGHT).layout
    for place, axis in enumerate((layout.xaxis, layout.xaxis2, layout.xaxis3, layout.xaxis4)):
        for text in layout.annotations[2 * place : 2 * place + 2]:
            # Plotly would anchor a text at the left third of a chart by its left end.
            assert text.xanchor == "center"
            assert text.x == pytest.approx(sum(axis.domain) / 2)


def test_every_point_of_every_chart_is_in_the_csv() -> None:
    charts = {
        "heat": distributions.plot_magnitudes(SIGNALS, "gradient", LIGHT),
        "weights": weights.plot_weights(SIGNALS, LIGHT),
    }
    rows = list(csv.DictReader(to_csv(charts.items()).splitlines()))
    heat, lines = charts["heat"].data[0], charts["weights"].data
    assert len(rows) == np.size(heat.z) + sum(len(t.y) for t in lines)
    assert {r["curve"] for r in rows if r["chart"] == "weights"} == {"drawn", "theory"}
    assert float(rows[-1]["y"]) == lines[-1].y[-1]
    third = [float(r["z"]) for r in rows if r["chart"] == "heat" and r["x"] == "3"]
    assert sum(third) == pytest.approx(1, abs=0.01)


def test_a_sample_has_the_moments_of_the_whole() -> None:
    drawn = SIGNALS.samples["pre-activation"]
    for layer, values in enumerate(np.ldexp(drawn.mantissa, drawn.exponents[:, None])):
        whole = SIGNALS.values["preact_var"][layer]
        # Inputs and units are correlated, so the sample counts for less than its size.
        assert values.var() == pytest.approx(whole, rel=0.25)


@pytest.mark.parametrize(
    "changes",
    [
        {"initializer": "zeros"},
        {"depth": 1},
        {"depth": 200, "gain": 100.0, "width": 4},
        {"depth": 200, "gain": 100.0, "activation": "linear"},
    ],
)
def test_extreme_networks_still_draw(changes: dict[str, object]) -> None:
    signals = probe(Network(**changes))
    for quantity in QUANTITIES:
        distributions.plot_magnitudes(signals, quantity, LIGHT)
        distributions.plot_histograms(signals, quantity, LIGHT)
    units.plot_units(signals, LIGHT)
    units.plot_correlation(signals, LIGHT)
    weights.plot_weights(signals, LIGHT)


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_weights_are_drawn_beside_their_theory(initializer: str) -> None:
    signals = probe(Network(depth=3, width=64, initializer=initializer))
    drawn, theory = weights.plot_weights(signals, LIGHT).data
    np.testing.assert_allclose(drawn.y, theory.y, rtol=0.15, atol=1e-12)


def test_unit_shares_are_the_tables() -> None:
    dead, saturated, distinct = units.plot_units(SIGNALS, LIGHT).data
    np.testing.assert_allclose(dead.y, SIGNALS.table["dead_fraction"], atol=1e-4)
    np.testing.assert_allclose(saturated.y, SIGNALS.table["saturated_fraction"], atol=1e-4)
    np.testing.assert_allclose(distinct.y, SIGNALS.table["distinct_fraction"], atol=1e-4)


@pytest.mark.parametrize("changes", [{"bias_mean": 1e17}, {"bias_mean": 1e-6, "gain": 0.0}])
def test_a_layer_of_equal_values_has_a_histogram_around_them(changes: dict[str, float]) -> None:
    histogram = probe(Network(depth=1, activation="linear", **changes)).histogram("activation")
    value = changes["bias_mean"]
    assert (histogram.edges[:, 0] <= value).all()
    assert (histogram.edges[:, -1] >= value).all()
    assert (histogram.edges[:, -1] <= 2 * value).all()
