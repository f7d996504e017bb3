"""Copies stay copies, noise tells them apart, and the numbers are what NumPy says they are."""

import numpy as np
import pytest
import torch

from initviz import Network
from initviz.experiments.symmetry import (
    ACTIVATIONS,
    BIASED_RATE,
    BIASES,
    DEPTH,
    EVERY,
    NOISES,
    STARTS,
    STEPS,
    WIDTH,
    biased,
    cosines,
    symmetry,
)
from initviz.training import Training, train


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("start", STARTS)
def test_copies_stay_copies_and_any_noise_tells_them_apart(start: str, activation: str) -> None:
    distinct = symmetry(start, activation).distinct
    assert distinct.shape == (STEPS, len(NOISES), DEPTH)
    np.testing.assert_allclose(distinct[:, 0], 1 / WIDTH)
    assert (distinct[:, 1:] > 0.9).all()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_only_large_noise_learns(activation: str) -> None:
    for start in STARTS:
        found = symmetry(start, activation)
        assert found.test_accuracy[:-1].max() < 0.35
        assert found.test_accuracy[-1] > 0.7
        assert np.isfinite(found.loss).all()


def test_the_similarity_of_copies_is_one_and_of_noise_grows_with_it() -> None:
    found = symmetry("constant", "tanh")
    assert found.looked_at.tolist() == list(range(0, STEPS + 1, EVERY))
    assert found.similarity.shape == (len(found.looked_at), len(NOISES), DEPTH, WIDTH, WIDTH)
    np.testing.assert_allclose(found.similarity[:, 0], 1, rtol=1e-6)
    assert (found.apart[:, 0] < 1e-15).all()
    # Independent noise of size s on weights of size v: 1 − cos ≈ (s/v)² while that is small.
    np.testing.assert_allclose(
        found.apart[0, 1:5, 0], (np.array(NOISES[1:5]) / 0.05) ** 2, rtol=0.3
    )
    diagonal = np.diagonal(found.similarity, axis1=3, axis2=4)
    np.testing.assert_allclose(diagonal, 1, rtol=1e-6)


def test_cosines_are_numpys() -> None:
    weight = np.random.default_rng(0).normal(size=(3, 5, 7))
    unit = weight / np.linalg.norm(weight, axis=2, keepdims=True)
    expected = np.einsum("nui,nvi->nuv", unit, unit)
    cosine, apart = cosines(torch.from_numpy(weight))
    np.testing.assert_allclose(cosine, expected, atol=1e-12)
    off = ~np.eye(5, dtype=bool)
    np.testing.assert_allclose(apart, (1 - expected[:, off]).mean(axis=1), rtol=1e-12)


def test_zeros_are_copies_of_zeros_alone() -> None:
    cosine, apart = cosines(torch.tensor([[[0.0, 0.0], [0.0, 0.0], [3.0, 4.0]]]).double())
    np.testing.assert_array_equal(cosine[0], [[1, 1, 0], [1, 1, 0], [0, 0, 1]])
    assert apart[0] == pytest.approx(4 / 6)


@pytest.mark.parametrize(
    ("start", "activation", "named"),
    [("ones", "relu", "start must be one of constant, zeros; got 'ones'"),
     ("zeros", "sin", "activation must be one of relu, tanh; got 'sin'")],
)  # fmt: skip
def test_what_is_not_here_is_refused(start: str, activation: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        symmetry(start, activation)


def test_small_biases_change_little_and_a_large_one_kills() -> None:
    found = biased()
    assert len(found.first) == len(BIASES)
    assert (found.first < 0.1).all()
    assert (found.last[:3] < 0.1).all()
    # Nobody is saved by a small one.
    assert found.last[0] - found.last[1:3].min() < 0.02
    assert found.last[3] > 0.2
    assert found.test_accuracy[0] > found.test_accuracy[3] + 0.2


def test_at_a_tenth_of_the_rate_a_large_bias_does_little_harm() -> None:
    networks = [Network(depth=5, width=32, bias_mean=bias) for bias in (0.0, 1.0)]
    none, large = [], []
    for seed in range(3):
        training = Training(steps=STEPS, learning_rate=BIASED_RATE / 10, seed=seed)
        *_, last = train(networks, training)
        none.append(last.test_accuracy[0])
        large.append(last.test_accuracy[1])
    assert np.median(large) > np.median(none) - 0.05
