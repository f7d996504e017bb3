"""The theory of the Jacobian's spectrum against known laws and simulated networks."""

import math

import numpy as np
import pytest
import torch

from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network
from initviz.experiments import jacobian
from initviz.setting.data import draw_inputs
from initviz.theory import isometry
from initviz.theory.isometry import law
from initviz.theory.meanfield import edge
from initviz.theory.spectrum import Density
from tests.experiments.spectra import output

BATCH = Batch()


def squares(network: Network, seeds: int = 3) -> np.ndarray:
    """Return the squared singular values of a few draws."""
    return np.array([10 ** (2 * output(network, Batch(seed=s))) for s in range(seeds)])


def spread(values: np.ndarray) -> float:
    return float(np.mean(values.var(axis=1) / values.mean(axis=1) ** 2))


def density(**changes: object) -> Density:
    found = law(Network(**changes), BATCH).density
    assert found is not None
    return found


def orthogonal(activation: str, gain: float = 1.0) -> dict[str, object]:
    return {"activation": activation, "initializer": "orthogonal", "gain": gain}


def gaussian(activation: str, gain: float = 1.0) -> dict[str, object]:
    return {"activation": activation, "initializer": "lecun_normal", "gain": gain}


@pytest.mark.parametrize(
    ("changes", "depth", "expected"),
    [
        (gaussian("linear"), 8, 8.0),
        (orthogonal("linear"), 8, 0.0),
        (gaussian("relu", 2**0.5), 4, 8.0),
        (orthogonal("relu", 2**0.5), 4, 4.0),
    ],
)
def test_the_variance_of_squared_values(
    changes: dict[str, object], depth: int, expected: float
) -> None:
    network = Network(depth=depth, width=256, **changes)
    assert law(network, BATCH).variance[-1] == pytest.approx(expected, abs=1e-9)
    values = squares(network)
    assert spread(values) == pytest.approx(expected, rel=0.1, abs=1e-9)
    assert values.mean() == pytest.approx(1, rel=0.1)


def test_tanh_at_a_critical_point(monkeypatch: pytest.MonkeyPatch) -> None:
    weight_var, bias_var = edge("tanh", 0.02)
    shrunk = math.sqrt((0.02 - bias_var) / weight_var)

    def draw(batch: Batch, features: int) -> tuple[torch.Tensor, torch.Tensor]:
        inputs, labels = draw_inputs(batch, features)
        return shrunk * inputs, labels

    monkeypatch.setattr(jacobian, "draw_inputs", draw)
    monkeypatch.setattr(isometry, "input_lengths", lambda *_: np.array([shrunk**2]))
    network = Network(
        depth=32, width=256, bias_std=math.sqrt(bias_var),
        **orthogonal("tanh", math.sqrt(weight_var)),
    )  # fmt: skip
    isometry.law.cache_clear()
    found = law(network, BATCH)
    isometry.law.cache_clear()
    assert found.variance[-1] == pytest.approx(0.0853, abs=1e-4)
    assert found.log10_mean[-1] == pytest.approx(0, abs=1e-5)
    assert spread(squares(network)) == pytest.approx(0.0870, rel=0.1)


@pytest.mark.parametrize(
    "network",
    [
        Network(depth=8, width=256, **gaussian("linear")),
        Network(depth=4, width=384),
        Network(depth=2, width=384, **orthogonal("relu", 2**0.5)),
        Network(depth=5, width=384, **orthogonal("relu", 2**0.5)),
        Network(depth=4, width=384, **orthogonal("hardtanh", 1.1)),
        Network(depth=5, width=384, bias_std=0.2, **gaussian("hardtanh")),
    ],
    ids=lambda n: f"{n.activation}-{n.initializer}-{n.depth}",
)
def test_simulated_spectra_follow_the_curve(network: Network) -> None:
    known = law(network, BATCH).density
    assert known is not None
    found = np.array([output(network, Batch(seed=s)) for s in range(4)])
    highest = known.edge - 1e-5 if known.top else math.inf
    lost, top = np.mean(~np.isfinite(found)), np.mean(found > highest)
    # A layer's share of units that are off has a standard deviation of 0.02 over draws.
    assert lost == pytest.approx(known.lost, abs=0.05)
    assert top == pytest.approx(known.top, abs=0.05)
    steps = np.diff(known.log10) * (known.share[1:] + known.share[:-1]) / 2
    below = known.lost + np.concatenate(([0], np.cumsum(steps)))
    values = np.sort(found[np.isfinite(found) & (found <= highest)])
    places = np.linspace(lost, 1 - top, values.size)
    assert np.abs(np.interp(values, known.log10, below) - places).max() < 0.04


@pytest.mark.parametrize("depth", [1, 2, 3, 20, 200])
@pytest.mark.parametrize("activation", ["linear", "relu", "hardtanh"])
@pytest.mark.parametrize("kind", [gaussian, orthogonal])
def test_a_density_holds_every_direction_and_the_mean(depth: int, activation: str, kind) -> None:
    network = Network(depth=depth, **kind(activation, 1.2))
    found = law(network, BATCH)
    known = found.density
    assert known is not None
    assert (np.diff(known.log10) > 0).all()
    whole = known.top + known.lost + np.trapezoid(known.share, known.log10)
    assert whole == pytest.approx(1, abs=0.01)
    shift = found.log10_mean[-1]
    relative = 10 ** (2 * known.log10 - shift)
    mean = np.trapezoid(known.share * relative, known.log10)
    mean += known.top * 10 ** (2 * known.edge - shift)
    assert mean == pytest.approx(1, abs=0.01)


def test_the_quarter_circle_is_the_law_of_one_gaussian_layer() -> None:
    known = density(depth=1, **gaussian("linear"))
    value = 10**known.log10
    circle = np.sqrt(4 - value**2) / math.pi * value * math.log(10)
    np.testing.assert_allclose(known.share, circle, atol=1e-9)


def test_the_largest_value_of_a_gaussian_product() -> None:
    # (L + 1)^(L + 1) / L^L, the edge of the Fuss-Catalan law of λ.
    known = density(depth=6, **gaussian("linear"))
    assert 10 ** (2 * known.log10[-1]) == pytest.approx(7**7 / 6**6, rel=1e-3)


def test_two_orthogonal_relu_layers_follow_the_arcsine_law() -> None:
    known = density(depth=2, **orthogonal("relu"))
    square = 10 ** (2 * known.log10)
    arcsine = np.sqrt(square / (1 - square)) / math.pi * math.log(10)
    np.testing.assert_allclose(known.share, arcsine, rtol=1e-5)
    assert (known.top, known.lost) == (0, 0.5)


def test_orthogonal_linear_layers_are_an_isometry() -> None:
    known = density(depth=50, **orthogonal("linear", 1.1))
    assert (known.log10.size, known.top, known.lost) == (0, 1, 0)
    assert known.edge == pytest.approx(50 * math.log10(1.1))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("initializer", INITIALIZERS)
@pytest.mark.parametrize("extreme", [{}, {"gain": 100.0}, {"bias_mean": -900.0}, {"gain": 1e-9}])
def test_every_network_has_a_law_or_a_reason(
    activation: str, initializer: str, extreme: dict[str, float]
) -> None:
    network = Network(depth=3, activation=activation, initializer=initializer, **extreme)
    found = law(network, BATCH)
    assert (found.density is None) == (found.reason is not None)
    assert not np.isnan(found.log10_mean).any()
    assert not np.isnan(found.variance).any()
    if found.density is not None:
        assert np.isfinite(found.density.share).all()


@pytest.mark.parametrize(
    ("network", "batch", "reason"),
    [
        (Network(initializer="identity"), Batch(), "same in every draw"),
        (Network(initializer="ones"), Batch(), "same in every draw"),
        (Network(), Batch(inputs="digits"), "as many inputs as units"),
        (Network(normalization="layer"), Batch(), "without normalization"),
        (Network(activation="gelu"), Batch(), "each slope is 0 or 1"),
    ],
)
def test_where_theory_is_silent_it_says_why(network: Network, batch: Batch, reason: str) -> None:
    found = law(network, batch).reason
    assert found is not None
    assert reason in found
