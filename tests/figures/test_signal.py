"""The variance charts: traces, axes, scales and data."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from initviz import Batch, Network, Signals, probe
from initviz.figures import signal
from initviz.figures.theme import DARK, LIGHT
from initviz.verdict.thresholds import DECADES

ACT, GRAD = signal.QUANTITIES["act"], signal.QUANTITIES["z"]


def plot(signals: Signals, quantity=GRAD, statistic="variance", pins=(), shown=(-4, 4)):
    return signal.plot_signal(signals, pins, quantity, statistic, shown=shown, colours=LIGHT)


@pytest.fixture(scope="module")
def vanishing() -> Signals:
    return probe(Network(depth=50, initializer="glorot_uniform"))


@pytest.mark.parametrize("quantity", signal.QUANTITIES.values())
def test_the_drawn_data_are_the_tables(vanishing: Signals, quantity: signal.Quantity) -> None:
    trace = plot(vanishing, quantity).data[-1]
    assert trace.name == "measured"
    assert list(trace.x) == list(range(1, 51))
    np.testing.assert_allclose(trace.y, vanishing.table[quantity.column])
    np.testing.assert_allclose(
        plot(vanishing, quantity, "std").data[-1].y, np.sqrt(vanishing.table[quantity.column])
    )


def test_axes_say_what_they_are(vanishing: Signals) -> None:
    layout = plot(vanishing).layout
    assert layout.yaxis.type == "log"
    assert layout.yaxis.exponentformat == "power"
    assert layout.yaxis.dtick == int(layout.yaxis.dtick)
    assert layout.xaxis.title.text == "layer"
    assert "Gradient variance" in layout.title.text
    assert "∂ℓ/∂z" in layout.title.text


def test_the_zone_is_the_verdicts(vanishing: Signals) -> None:
    zone = plot(vanishing, shown=(-20, 4)).layout.shapes[0]
    start = vanishing.table["grad_preact_var"].iloc[-1]
    assert math.log10(zone.y1 / zone.y0) == pytest.approx(2 * DECADES)
    assert math.sqrt(zone.y0 * zone.y1) == pytest.approx(start)
    assert not plot(vanishing, signal.QUANTITIES["W"]).layout.shapes


def test_pins_are_ghosts_behind_the_measured_curve(vanishing: Signals) -> None:
    figure = plot(probe(Network()), pins=[("Glorot", vanishing), ("again", vanishing)])
    assert [t.name for t in figure.data] == ["pinned: Glorot", "pinned: again", "measured"]
    assert len({t.line.color for t in figure.data}) == 3
    assert figure.data[0].line.width < figure.data[-1].line.width


def test_lost_layers_are_hollow_and_true() -> None:
    signals = probe(Network(depth=60, activation="sigmoid", initializer="normal", width=32))
    figure = plot(signals, shown=(-200, 4))
    lost = next(t for t in figure.data if t.name == "lost to float32")
    assert lost.marker.symbol == "circle-open"
    assert all(math.sqrt(y) < 1.2e-38 for y in lost.y)
    assert min(figure.data[0].y) > 0


def test_what_no_chart_can_hold_is_said() -> None:
    figure = plot(probe(Network(depth=200, width=16, gain=100.0), Batch(size=8)), ACT)
    notes = [a.text for a in figure.layout.annotations]
    assert any(note.startswith("layers ") and "10⁷" in note for note in notes)
    zeros = plot(probe(Network(initializer="zeros")), ACT)
    assert any("exactly 0" in a.text for a in zeros.layout.annotations)
    assert np.isnan(zeros.data[-1].y).sum() == 20


@given(st.lists(st.floats(-900, 900) | st.just(-math.inf), min_size=1, max_size=9))
def test_the_window_holds_the_data_and_grows_in_steps_of_four(values: list[float]) -> None:
    low, high = signal.window([signal.Curve("", np.array(values))])
    assert low <= -4
    assert high >= 4
    assert low % 4 == high % 4 == 0
    drawable = [v for v in values if abs(v) < 308]
    assert all(low <= v <= high for v in drawable)
    assert signal.window([signal.Curve("", np.array([0.0]))], (low, high)) == (low, high)


def test_one_layer_and_many_layers_both_give_a_chart() -> None:
    assert plot(probe(Network(depth=1))).data[0].mode == "lines+markers"
    assert plot(probe(Network(depth=61, width=8))).data[0].mode == "lines"


def test_both_themes_keep_the_hues_apart() -> None:
    for colours in (LIGHT, DARK):
        assert len({colours.measured, *colours.pins}) == 4


def test_the_text_alternative_tells_the_ends_and_the_verdict(vanishing: Signals) -> None:
    text = signal.describe(vanishing, GRAD)
    assert "layer 50" in text
    assert "vanishing" in text
