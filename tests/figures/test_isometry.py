"""The pictures of singular values show what was measured."""

import numpy as np
import pytest

from initviz import Batch, Network
from initviz.experiments.jacobian import measure, twin
from initviz.figures.isometry import Measured, plot_bundle, plot_spectrum
from initviz.figures.theme import DARK, LIGHT
from initviz.theory.isometry import law


def both(network: Network) -> list[Measured]:
    batch = Batch(size=16)
    pair = [network] if twin(network) is None else [network, twin(network)]
    return [Measured(f"n{i}", measure(n, batch), law(n, batch).density) for i, n in enumerate(pair)]


def test_every_direction_is_in_one_bar() -> None:
    networks = both(Network(depth=6, width=32, activation="tanh", initializer="glorot_normal"))
    bars = [t for t in plot_spectrum(networks, LIGHT).data if t.type == "bar"]
    assert [sum(bar.y) for bar in bars] == pytest.approx([1, 1])
    assert [bar.name for bar in bars] == ["n0", "n1"]


def test_theory_covers_what_it_predicts() -> None:
    networks = both(Network(depth=4, width=128))
    figure = plot_spectrum(networks, DARK)
    named = {trace.name: trace for trace in figure.data}
    expected = named["theory: n0"]
    assert expected.line.dash == "dash"
    x, y = (np.array(getattr(expected, axis), float) for axis in "xy")
    inside = np.isfinite(x)
    measured = np.interp(x[inside], named["n0"].x, named["n0"].y)
    assert np.abs(measured - y[inside]).mean() < 0.03


def test_the_bundle_is_largest_median_and_smallest() -> None:
    networks = both(Network(depth=9, width=16, activation="erf", initializer="lecun_normal"))
    log10 = networks[0].values.log10
    figure = plot_bundle(networks, LIGHT)
    named = {trace.name: np.array(trace.y, float) for trace in figure.data}
    np.testing.assert_allclose(named["largest, n0"], log10.max(axis=1))
    np.testing.assert_allclose(named["n0"], np.median(log10, axis=1))
    np.testing.assert_allclose(named["smallest, n0"], log10.min(axis=1))


@pytest.mark.parametrize(
    "network",
    [
        Network(depth=1, width=1),
        Network(depth=3, width=8, initializer="zeros"),
        Network(depth=3, width=8, gain=0.0),
        Network(depth=200, width=8, gain=0.01),
    ],
)
def test_the_smallest_and_the_lost_still_give_pictures(network: Network) -> None:
    networks = both(network)
    for figure in (plot_spectrum(networks, LIGHT), plot_bundle(networks, LIGHT)):
        for axis in (figure.layout.xaxis, figure.layout.yaxis):
            if axis.range is not None:
                assert np.isfinite(axis.range).all()
