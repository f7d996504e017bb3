"""Every figure passes the check of every field that `theme.Figure` leaves to this test."""

import json

import plotly.graph_objects as go
import pytest
from plotly.io import to_json

from initviz import Batch, Network, probe
from initviz.figures import distributions, signal, units, weights
from initviz.figures.theme import DARK, LIGHT, Palette
from initviz.signals import Signals

NETWORKS = {
    "default": Network(),
    "single": Network(depth=1, width=1),
    "zeros": Network(initializer="zeros"),
    "lost": Network(depth=200, width=8, gain=0.05),
    "infinite": Network(depth=200, width=8, gain=100.0),
}


def figures(signals: Signals, colours: Palette) -> list[go.Figure]:
    pins = [("a", probe(Network(depth=3))), ("b", signals)]
    return [
        *(
            signal.plot_signal(signals, pins, q, "variance", shown=(-8, 8), colours=colours)
            for q in signal.QUANTITIES.values()
        ),
        distributions.plot_magnitudes(signals, "activation", colours),
        distributions.plot_histograms(signals, "gradient", colours),
        units.plot_units(signals, colours),
        units.plot_correlation(signals, colours),
        weights.plot_weights(signals, colours),
    ]


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_plotly_accepts_every_field(name: str, colours: Palette) -> None:
    for figure in figures(probe(NETWORKS[name], Batch(size=8)), colours):
        checked = go.Figure(figure.to_dict())
        sent, plotlys = (json.loads(to_json(f, validate=False)) for f in (figure, checked))
        assert sent["data"] == plotlys["data"]


def test_the_check_can_fail() -> None:
    with pytest.raises(ValueError, match="Invalid property"):
        go.Figure({"data": [{"type": "scatter", "colour": "red"}]})
