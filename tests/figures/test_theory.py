"""The theory's curve and band on the charts."""

import numpy as np
import plotly.graph_objects as go
import pytest

from initviz import Batch, Network, predict, probe
from initviz.figures.signal import QUANTITIES, plot_signal
from initviz.figures.theme import LIGHT
from initviz.figures.theory import plot_theory
from initviz.theory.band import luck
from initviz.theory.forecast import forecast


def traces(network: Network, column: str, share: float = 1.0) -> dict[str, dict]:
    batch = Batch()
    drawn = plot_theory(forecast(network, batch), luck(network, batch), column, share, LIGHT)
    return {trace["name"]: trace for trace in drawn}


@pytest.mark.parametrize("quantity", QUANTITIES.values())
def test_the_dashed_curve_is_the_prediction(quantity) -> None:
    network = Network(depth=12, activation="tanh")
    line = traces(network, quantity.column)["theory"]
    np.testing.assert_allclose(line["y"], predict(network, Batch())[quantity.column])
    assert line["line"]["dash"] == "dash"
    assert line["line"]["color"] == LIGHT.measured


def test_the_band_surrounds_the_typical_draw() -> None:
    outline = traces(Network(depth=12), "act_var")["95 % of draws"]
    low, high = outline["y"][:12], outline["y"][12:][::-1]
    assert np.all(low < high)
    measured = probe(Network(depth=12)).table["act_var"]
    assert np.mean((measured > low) & (measured < high)) > 0.8
    root = traces(Network(depth=12), "act_var", 0.5)["95 % of draws"]
    np.testing.assert_allclose(root["y"], np.sqrt(outline["y"]))


@pytest.mark.parametrize(
    ("network", "names"),
    [
        (Network(initializer="zeros"), []),
        (Network(normalization="layer"), ["theory"]),
        (Network(), ["95 % of draws", "theory"]),
    ],
)
def test_only_what_theory_knows_is_drawn(network: Network, names: list[str]) -> None:
    assert list(traces(network, "grad_preact_var")) == names


@pytest.mark.parametrize("gain", [0.01, 1.0, 100.0])
def test_plotly_accepts_the_traces_and_axes_hold_them(gain: float) -> None:
    network, batch = Network(depth=200, width=16, gain=gain), Batch(size=8)
    quantity = QUANTITIES["act"]
    theory = plot_theory(forecast(network, batch), luck(network, batch), quantity.column, 1, LIGHT)
    figure = plot_signal(
        probe(network, batch), [], quantity, "variance", shown=(-8, 8), colours=LIGHT, theory=theory
    )
    go.Figure(figure.to_dict())
    assert all(np.isfinite(trace["y"]).all() for trace in theory)
