"""The measured singular values against autograd, exact arithmetic and invariants."""

import math

import numpy as np
import pytest
import torch

from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network
from initviz.experiments import jacobian
from initviz.runtime.turns import stoppable
from initviz.setting.data import draw_inputs
from initviz.setting.network import build
from tests.experiments import spectra

DOUBLE = Batch(dtype="float64", seed=3)


def output(network: Network, batch: Batch = DOUBLE) -> np.ndarray:
    return spectra.output(network, batch)


@pytest.fixture
def small_inputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inputs of standard deviation 0.1."""

    def draw(batch: Batch, features: int) -> tuple[torch.Tensor, torch.Tensor]:
        inputs, labels = draw_inputs(batch, features)
        return 0.1 * inputs, labels

    monkeypatch.setattr(jacobian, "draw_inputs", draw)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("inputs", ["normal", "digits"])
@pytest.mark.parametrize("initializer", ["orthogonal", "glorot_uniform"])
def test_every_value_is_autograds(activation: str, inputs: str, initializer: str) -> None:
    network = Network(
        depth=3, width=48, activation=activation, initializer=initializer, gain=1.3, bias_std=0.2
    )
    batch = DOUBLE.replace(inputs=inputs)
    module = build(network, batch)
    x = draw_inputs(batch, module.linear_1.in_features)[0][:1].double()
    whole = torch.autograd.functional.jacobian(module, x)[0, :, 0]
    expected = torch.linalg.svdvals(whole).numpy()
    found = output(network, batch)
    assert len(found) == 48
    np.testing.assert_allclose(10**found, expected, rtol=1e-9, atol=1e-14 * expected[0])


def test_the_smallest_are_the_inverses_largest() -> None:
    network = Network(depth=12, width=96, activation="tanh", initializer="glorot_normal")
    h, inverse = draw_inputs(DOUBLE, 96)[0][0].double(), torch.eye(96, dtype=torch.float64)
    for layer in build(network, DOUBLE):
        if isinstance(layer, torch.nn.Linear):
            inverse = torch.linalg.solve(layer.weight.detach().T, inverse.T).T
        h = layer(h).detach()
        if not isinstance(layer, torch.nn.Linear):
            inverse = inverse / (1 - h**2)
    largest = torch.linalg.svdvals(inverse).log10().numpy()
    found = output(network)
    assert found[0] - found[-1] > 15
    exact = largest > largest[0] - 6
    assert exact.sum() >= 3
    np.testing.assert_allclose(found[::-1][exact], -largest[exact], atol=1e-8)


@pytest.mark.parametrize("depth", [20, 200])
def test_together_they_are_the_determinant(depth: int) -> None:
    network = Network(depth=depth, width=96, activation="linear", initializer="lecun_normal")
    module = build(network, DOUBLE)
    volume = sum(
        torch.linalg.slogdet(layer.weight.detach())[1].item() / math.log(10)
        for layer in module
        if isinstance(layer, torch.nn.Linear)
    )
    assert output(network).sum() == pytest.approx(volume, rel=1e-12)


@pytest.mark.parametrize("gain", [0.01, 100.0])
@pytest.mark.parametrize("activation", ["linear", "relu"])
def test_sizes_beyond_float64_are_carried(gain: float, activation: str) -> None:
    network = Network(depth=200, width=32, activation=activation)
    np.testing.assert_allclose(
        output(network.replace(gain=gain)),
        output(network) + 200 * math.log10(gain),
        rtol=1e-9,
    )


def test_biases_in_a_huge_signal_stay_where_they_are() -> None:
    network = Network(depth=200, width=8, activation="elu", gain=100.0, bias_std=1.0)
    assert np.isfinite(output(network)[0])
    assert output(network)[0] > 308


@pytest.mark.parametrize(
    ("changes", "rank"),
    [
        ({"initializer": "zeros"}, 0),
        ({"gain": 0.0}, 0),
        ({"initializer": "constant", "activation": "tanh", "width": 33}, 1),
        ({"initializer": "orthogonal", "activation": "linear"}, 32),
        ({"width": 1, "activation": "sigmoid"}, 1),
    ],
)
def test_what_is_lost_is_exactly_0(changes: dict[str, object], rank: int) -> None:
    found = output(Network(**{"depth": 12, "width": 32} | changes))
    assert np.isfinite(found).sum() == rank
    assert (found[rank:] == -math.inf).all()


def test_relu_loses_the_directions_of_the_units_that_are_off() -> None:
    network = Network(depth=6, width=64)
    h, fewest = draw_inputs(DOUBLE, 64)[0][0].double(), 64
    for layer in build(network, DOUBLE):
        h = layer(h)
        fewest = min(fewest, int((h != 0).sum()))
    assert np.isfinite(output(network)).sum() == fewest


@pytest.mark.usefixtures("small_inputs")
def test_small_inputs_through_tanh() -> None:
    network = Network(depth=20, width=256, activation="tanh", initializer="orthogonal")
    found = 10 ** output(network)
    assert 0.5 < found[-1] < 0.7
    assert found[0] == pytest.approx(0.92, abs=0.02)
    gaussian = output(jacobian.twin(network))
    assert 10 ** gaussian[0] == pytest.approx(5.3, abs=0.5)
    assert gaussian[-1] < -25


def test_depths_are_spread_from_the_first_to_the_last() -> None:
    def depths(**changes: int) -> list[int]:
        return jacobian.measure(Network(width=4, **changes), Batch()).depths.tolist()

    assert depths(depth=1) == [1]
    assert depths(depth=24) == list(range(1, 25))
    assert (depths(depth=200)[0], depths(depth=200)[-1], len(depths(depth=200))) == (1, 200, 24)


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_a_twin_has_weights_of_the_same_mean_square(initializer: str) -> None:
    network = Network(depth=1, width=64, initializer=initializer, gain=1.5)
    other = jacobian.twin(network)
    if initializer == "zeros":
        assert other is None
        return
    weights = [build(n, DOUBLE).linear_1.weight.detach() for n in (network, other)]
    squares = [float(w.square().mean()) for w in weights]
    assert squares[0] == pytest.approx(squares[1], rel=0.1)
    assert (initializer == "orthogonal") != (other.initializer == "orthogonal")
    assert jacobian.twin(network.replace(gain=100.0, width=2048, initializer="he_normal")) is None


def test_a_normalization_is_refused() -> None:
    with pytest.raises(ValueError, match=r"normalization must be 'none'.*got 'batch'"):
        jacobian.measure(Network(normalization="batch"), Batch())


def test_work_over_budget_is_refused_with_what_fits() -> None:
    with pytest.raises(ValueError, match=r"depth 20 and width 2048.*width 512 fits"):
        jacobian.measure(Network(width=2048), Batch())


def test_it_can_be_stopped() -> None:
    def refuse() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError), stoppable(refuse):
        jacobian.measure(Network(), Batch())
