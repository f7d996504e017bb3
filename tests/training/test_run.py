"""A run as a page uses it: the same every time, stopped anywhere, untouched by its neighbours."""

import math
import threading

import numpy as np
import pytest
import torch

from initviz import Batch, Network
from initviz.runtime.turns import TURNS, Turns, stoppable
from initviz.setting.network import build
from initviz.training import Step, Training, cost, train
from initviz.training.datasets import batches, dataset
from initviz.training.measures import norms
from initviz.training.parameters import drawn
from initviz.training.stack import Stack

SMALL = Network(depth=3, width=16)
EXPLODING = SMALL.replace(initializer="normal", scale=1e20)
BRIEF = Training(steps=8)


class StopError(Exception):
    """What a check raises to end work."""


def losses(networks: list[Network], training: Training = BRIEF) -> np.ndarray:
    return np.array([step.loss for step in train(networks, training)])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("initializer", ["he_normal", "orthogonal", "sparse", "identity"])
def test_it_begins_with_the_weights_that_are_built(initializer: str, dtype: str) -> None:
    network = SMALL.replace(initializer=initializer, gain=1.3, bias_mean=0.1, bias_std=0.2)
    batch = Batch(inputs="digits", loss="cross_entropy", dtype=dtype, seed=7)
    expected = [p.detach() for p in build(network, batch).parameters()]
    made = drawn([SMALL, network], 7, 64, 10, expected[0].dtype)
    assert all(torch.equal(w[1], e) for w, e in zip(made.weights, expected[0::2], strict=True))
    assert all(torch.equal(b[1, 0], e) for b, e in zip(made.biases, expected[1::2], strict=True))


def test_the_same_seed_gives_the_same_bits_and_another_others() -> None:
    assert np.array_equal(losses([SMALL]), losses([SMALL]))
    assert not np.array_equal(losses([SMALL]), losses([SMALL], BRIEF.replace(seed=1)))


def test_what_is_measured_changes_nothing() -> None:
    network = SMALL.replace(activation="gelu")
    measured = [s.loss for s in train([network], BRIEF, distinct=True)]
    assert np.array_equal(losses([network]), np.array(measured))


def test_global_randomness_is_left_alone() -> None:
    torch_state, numpy_state = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    for data in ("digits", "breast_cancer", "moons"):
        losses([SMALL], BRIEF.replace(data=data))
    assert torch.equal(torch.random.get_rng_state(), torch_state)
    assert np.array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002


@pytest.mark.parametrize("normalization", ["none", "batch"])
@pytest.mark.parametrize("distinct", [False, True])
def test_a_network_that_overflows_leaves_the_others_as_they_are(
    normalization: str, distinct: bool
) -> None:
    shape = SMALL.replace(normalization=normalization, activation="linear")
    # More than float32 holds.
    bad = shape.replace(bias_mean=1e39)
    networks = [shape, bad, shape.replace(gain=0.5)]
    mixed = list(train(networks, BRIEF, distinct=distinct))
    good = list(train([networks[0], networks[2]], BRIEF, distinct=distinct))
    for ours, theirs in zip(mixed, good, strict=True):
        assert np.array_equal(ours.loss[[0, 2]], theirs.loss)
        assert np.isnan(ours.loss[1])
        assert np.isnan(ours.accuracy[1])
        if distinct:
            for name, column in vars(ours.layers).items():
                assert np.isnan(column[1]).all(), name
                np.testing.assert_array_equal(column[[0, 2]], getattr(theirs.layers, name))
    assert np.isnan(mixed[-1].test_accuracy).tolist() == [False, True, False]


@pytest.mark.parametrize("size", [1e-30, 1e-3, 1.0, 1e25])
def test_norms_are_numpys_whatever_the_size(size: float) -> None:
    weights = size * torch.randn(2, 3, 50, 40, generator=torch.Generator().manual_seed(0))
    expected = np.linalg.norm(weights.double().numpy(), axis=(2, 3))
    np.testing.assert_allclose(norms(list(weights.unbind(1))), expected, rtol=1e-6)


@pytest.mark.parametrize("lost", [math.nan, math.inf])
def test_what_the_last_step_broke_is_not_tested(lost: float) -> None:
    data = dataset("digits")
    made = drawn([SMALL, SMALL], 0, data.features, data.classes, torch.float32)
    made.weights[1][1, 0, 0] = lost
    found = Stack(SMALL, made).accuracy(data.test_inputs, data.test_labels)
    assert torch.isnan(found).tolist() == [False, True]


def test_a_run_in_which_nothing_is_finite_goes_on_to_its_end() -> None:
    steps = list(train([EXPLODING], BRIEF, distinct=True))
    assert len(steps) == BRIEF.steps
    assert np.isnan([s.loss for s in steps]).all()
    assert np.isnan(steps[-1].layers.act_var).all()


def test_it_works_in_inference_mode_and_leaves_the_mode_alone() -> None:
    with torch.inference_mode():
        run = train([SMALL], BRIEF)
        first = next(run).loss
        assert torch.is_inference_mode_enabled()
    assert next(run).step == 2
    assert torch.is_grad_enabled()
    assert np.array_equal(first, losses([SMALL])[0])


def test_closing_it_keeps_what_was_yielded_and_holds_no_turn() -> None:
    run = train([SMALL], Training(steps=2000))
    kept = [next(run) for _ in range(3)]
    run.close()
    assert [step.step for step in kept] == [1, 2, 3]
    assert next(run, None) is None
    assert kept[-1].test_accuracy is None


def test_no_turn_is_held_between_steps(monkeypatch) -> None:
    single = Turns(1)
    monkeypatch.setattr("initviz.training.run.TURNS", single)
    run = train([SMALL], BRIEF)
    next(run)
    taken = threading.Event()

    def other() -> None:
        with single.turn():
            taken.set()

    threading.Thread(target=other, daemon=True).start()
    assert taken.wait(10)
    next(run)


@pytest.mark.parametrize("call", [0, 1, 4, 30])
@pytest.mark.parametrize("normalization", ["none", "layer"])
def test_it_can_be_stopped_anywhere_from_outside(normalization: str, call: int) -> None:
    calls = iter(range(10**9))

    def check() -> None:
        if next(calls) == call:
            raise StopError

    network = SMALL.replace(normalization=normalization)
    with pytest.raises(StopError), stoppable(check):
        losses([network])
    assert TURNS.waiting == 0
    with TURNS.turn():
        pass


@pytest.mark.parametrize(
    ("networks", "named"),
    [
        ([], "1 to 5; got 0"),
        ([SMALL] * 6, "1 to 5; got 6"),
        ([SMALL, SMALL.replace(depth=4)], "depth must be the same in all networks; got 3 and 4"),
        ([SMALL, SMALL.replace(activation="tanh")], "'relu' and 'tanh'"),
        ([SMALL, SMALL.replace(normalization="rms")], "normalization"),
        ([Network(depth=200, width=2048)], "seconds"),
    ],
)
def test_what_cannot_be_trained_is_refused_at_once(networks: list[Network], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        train(networks, BRIEF)


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("data", "mnist", "digits, breast_cancer, moons"),
        ("optimizer", "lion", "sgd, adam"),
        ("learning_rate", 0, "from 1e-06 to 10"),
        ("learning_rate", float("nan"), "from 1e-06 to 10"),
        ("steps", 0, "1 to 2000"),
        ("batch_size", 1000, "2 to 375"),
        ("dtype", "float16", "float32, float64"),
        ("seed", -1, "0 to 4294967295"),
    ],
)
def test_a_bad_field_is_named_with_what_is_allowed(field: str, value: object, allowed: str) -> None:
    with pytest.raises(ValueError, match=f"{field} must be .*{allowed}"):
        Training(**{field: value})


def test_adam_and_float64_are_known_to_take_longer() -> None:
    networks, training = [Network(depth=4, width=1024)], Training(batch_size=8)
    plain = cost.seconds(networks, training)
    assert cost.seconds(networks, training.replace(optimizer="adam")) > 1.3 * plain
    assert cost.seconds(networks, training.replace(dtype="float64")) > 1.5 * plain


@pytest.mark.parametrize("depth", [200, 60])
@pytest.mark.parametrize("steps", [2000, 300])
def test_a_refusal_names_a_setting_that_fits(depth: int, steps: int) -> None:
    networks, training = [Network(depth=depth, width=1024)] * 5, Training(steps=steps)
    assert not cost.fits(networks, training)
    assert cost.fits(*cost.nearest(networks, training))


@pytest.mark.parametrize(
    ("name", "trained_on", "tested_on", "features", "classes"),
    [("digits", 1500, 297, 64, 10), ("breast_cancer", 455, 114, 30, 2), ("moons", 750, 250, 2, 2)],
)
def test_data_are_standardised_and_split(
    name: str, trained_on: int, tested_on: int, features: int, classes: int
) -> None:
    data = dataset(name)
    assert data.inputs.shape == (trained_on, features)
    assert data.test_inputs.shape == (tested_on, features)
    assert len(set(data.test_labels.tolist())) == data.classes == classes
    every = torch.cat((data.inputs, data.test_inputs))
    varying = every.var(dim=0, correction=0) > 0
    assert varying.sum() >= features - 3
    torch.testing.assert_close(every.mean(dim=0), torch.zeros(features), atol=1e-5, rtol=0)
    torch.testing.assert_close(
        every.var(dim=0, correction=0)[varying], torch.ones(int(varying.sum()))
    )


def test_an_epoch_shows_every_example_once() -> None:
    order = batches(10, 3, seed=0)
    epochs = [torch.cat([next(order) for _ in range(3)]).tolist() for _ in range(2)]
    assert all(len(set(epoch)) == 9 for epoch in epochs)
    assert epochs[0] != epochs[1]


def test_steps_count_from_one_and_the_last_brings_the_test() -> None:
    steps: list[Step] = list(train([SMALL], BRIEF))
    assert [s.step for s in steps] == list(range(1, 9))
    assert [s.test_accuracy is None for s in steps] == [True] * 7 + [False]
    assert all(s.layers is None for s in steps)
