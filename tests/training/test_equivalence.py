"""Networks trained as one are what each is alone, and what PyTorch's own loop makes of it."""

import numpy as np
import pytest

from initviz import ACTIVATIONS, Network
from initviz.training import History, Training, train
from tests.training.bare import bare

EXACT = Training(steps=15, dtype="float64", batch_size=100, seed=3)
SMALL = Network(depth=4, width=20, activation="tanh", initializer="glorot_uniform")


def record(networks: list[Network], training: Training) -> History:
    return History.of(networks, training, train(networks, training))


def assert_equal(network: Network, training: Training) -> None:
    expected = bare(network, training)
    steps = list(train([network], training, statistics=True))
    measured = {
        "loss": [s.loss[0] for s in steps],
        "accuracy": [s.accuracy[0] for s in steps],
        "act_var": [s.layers.act_var[0] for s in steps],
        "grad_preact_var": [s.layers.grad_preact_var[0] for s in steps],
        "update_ratio": [s.layers.update_ratio[0] for s in steps],
    }
    for name, values in measured.items():
        np.testing.assert_allclose(values, getattr(expected, name), rtol=1e-7, err_msg=name)
    assert steps[-1].test_accuracy[0] == pytest.approx(expected.test_accuracy)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_trains_as_in_pytorchs_own_loop(activation: str) -> None:
    assert_equal(SMALL.replace(activation=activation), EXACT)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("normalization", ["none", "batch", "layer", "rms"])
def test_every_normalization_and_optimizer_too(normalization: str, optimizer: str) -> None:
    network = SMALL.replace(normalization=normalization, bias_std=0.3, gain=1.3)
    assert_equal(network, EXACT.replace(optimizer=optimizer))


def test_many_steps_stay_together() -> None:
    assert_equal(Network(depth=2, width=16), EXACT.replace(steps=120, learning_rate=0.003))


def test_float32_trains_as_in_pytorchs_own_loop() -> None:
    network, training = Network(depth=5), Training(steps=40)
    expected = bare(network, training)
    found = record([network], training)
    np.testing.assert_allclose(found.loss[:, 0], expected.loss, rtol=1e-3)


@pytest.mark.parametrize("normalization", ["none", "batch"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_several_at_once_are_each_alone(normalization: str, optimizer: str) -> None:
    shape = SMALL.replace(normalization=normalization)
    networks = [
        shape,
        shape.replace(initializer="orthogonal", gain=1.2),
        shape.replace(initializer="normal", scale=0.2, bias_std=0.1),
        shape.replace(initializer="zeros"),
        shape.replace(initializer="constant"),
    ]
    training = EXACT.replace(optimizer=optimizer)
    together = record(networks, training)
    for place, network in enumerate(networks):
        alone = record([network], training)
        np.testing.assert_allclose(together.loss[:, place], alone.loss[:, 0], rtol=1e-10)
        assert together.test_accuracy[place] == alone.test_accuracy[0]


@pytest.mark.parametrize("data", ["breast_cancer", "moons"])
def test_the_other_data_are_learned(data: str) -> None:
    training = Training(data=data, steps=100, learning_rate=0.05)
    found = record([Network(depth=3, width=32)], training)
    assert found.test_accuracy[0] > 0.9
