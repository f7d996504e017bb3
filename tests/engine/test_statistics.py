"""Statistics against NumPy's own, on rows that are awkward to count."""

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from initviz import Batch, Network, probe
from initviz.engine.statistics import (
    SAMPLE_SIZE,
    distinct,
    histograms,
    moments,
    outputs,
    sampled,
    share_below,
)

AWKWARD = [0.0, -0.0, 1.0, 1.0000001, -3.5, 1e-30, 1e30, np.nan, np.inf, -np.inf]
ROWS = arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.integers(1, 40)),
    elements=st.sampled_from([float(np.float32(x)) for x in AWKWARD]) | st.floats(-8, 8, width=32),
)


@given(ROWS, st.integers(1, 50), st.sampled_from([np.float32, np.float64]))
def test_histograms_count_what_numpy_counts(x: np.ndarray, bins: int, dtype: type) -> None:
    x = x.astype(dtype)
    counts, edges = histograms(x, bins)
    for row, count, edge in zip(x, counts, edges, strict=True):
        finite = row[np.isfinite(row)].astype(np.float64)
        assert count.sum() == finite.size
        assert np.all(np.diff(edge) > 0)
        expected = np.histogram(finite, bins=bins, range=(edge[0], edge[-1]))[0]
        # A value on an edge may be rounded to either side of it.
        assert np.abs(np.cumsum(count - expected)).max() <= np.count_nonzero(
            np.isclose(finite[:, None], edge, rtol=1e-6, atol=1e-6 * np.ptp(edge)).any(axis=1)
        )
        if finite.size:
            reach = 1e-12 * np.ptp(edge)
            assert edge[0] - reach <= finite.min()
            assert finite.max() <= edge[-1] + reach


@given(ROWS, st.floats(-9, 9), st.floats(0.1, 20))
def test_histograms_leave_out_what_lies_outside_a_span(
    x: np.ndarray, low: float, width: float
) -> None:
    counts, edges = histograms(x, 7, (low, low + width))
    within = (x.astype(np.float64) >= low) & (x.astype(np.float64) <= low + width)
    np.testing.assert_array_equal(counts.sum(axis=1), within.sum(axis=1))
    assert edges.shape == (len(x), 8)


def test_histograms_of_next_to_nothing_stay_within_their_rows() -> None:
    assert histograms(np.array([[0.0, 1.0], [5e-324, -1.0]]), 3, (0.0, 0.0))[0].sum() == 0
    counts, _ = histograms(np.array([[5e-324] * 3, [1.0, 2.0, 3.0]]), 5)
    assert counts.tolist() == [[0, 0, 3, 0, 0], [1, 0, 1, 0, 1]]


LAYERS = arrays(
    st.sampled_from([np.float32, np.float64]),
    st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 9)),
    elements=st.sampled_from([0.0, 1.0, -1.0]) | st.floats(-8, 8, width=32),
)
SCALES = st.sampled_from([1e-30, 1e-12, 1.0, 1e12, 1e30])


@given(LAYERS, SCALES, st.sampled_from([0.0, 1.0, 1e4]))
def test_moments_are_those_of_float64(x: np.ndarray, scale: float, offset: float) -> None:
    x = ((x + offset) * scale).astype(x.dtype)
    exact = x.reshape(len(x), -1).astype(np.float64)
    found = moments(torch.from_numpy(x))
    size = np.sqrt(np.square(exact).mean(axis=1))
    np.testing.assert_array_less(np.abs(found.mean - exact.mean(axis=1)), 1e-6 * size + 1e-300)
    np.testing.assert_allclose(found.square, np.square(exact).mean(axis=1), rtol=1e-5)
    spread = exact.var(axis=1)
    np.testing.assert_allclose(found.variance, spread, rtol=1e-4, atol=1e-26 * size.max() ** 2)


def test_moments_of_a_long_layer_lose_no_digits() -> None:
    x = torch.randn(2, 3000, 700, generator=torch.Generator().manual_seed(0)) + 1
    found = moments(x)
    np.testing.assert_allclose(found.mean, x.double().mean(dim=(1, 2)), rtol=1e-7)
    np.testing.assert_allclose(found.square, x.double().square().mean(dim=(1, 2)), rtol=1e-6)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_what_is_not_finite_shows_in_its_own_layer_alone(wrong: float) -> None:
    x = torch.randn(2, 4, 5)
    x[1, 2, 3] = wrong
    found, seen = moments(x), outputs(x)
    for values in (found.square, found.variance, seen.moments.square, seen.correlation):
        assert np.isfinite(values).tolist() == [True, False]
    assert np.isnan(distinct(x)).tolist() == [False, True]
    x[:, :, 0] = 0
    assert outputs(x).dead_fraction.tolist() == [0.2, 0.2]


def test_inputs_that_agree_have_correlation_one_however_many() -> None:
    assert outputs(torch.ones(1, 20_000, 3)).correlation == pytest.approx([1], abs=1e-6)


def test_inputs_that_agree_have_correlation_one_however_long() -> None:
    assert outputs(torch.full((1, 2, 800_000), 0.1)).correlation == pytest.approx([1], abs=1e-5)


@given(LAYERS, SCALES)
def test_outputs_are_what_their_definitions_say(x: np.ndarray, scale: float) -> None:
    h = np.maximum(x, 0) * x.dtype.type(scale)
    found = outputs(torch.from_numpy(h))
    exact = h.astype(np.float64)
    for layer in range(len(h)):
        assert found.dead_fraction[layer] == np.mean(~exact[layer].any(axis=0))
        lengths = np.linalg.norm(exact[layer], axis=1)
        long = lengths >= np.finfo(h.dtype).tiny
        directions = exact[layer][long] / lengths[long, None]
        pairs = ~np.eye(len(directions), dtype=bool)
        cosine = np.mean((directions @ directions.T)[pairs]) if pairs.any() else np.nan
        assert found.correlation[layer] == pytest.approx(cosine, abs=1e-5, nan_ok=True)


@given(LAYERS.map(np.round), st.integers(0, 8), st.booleans())
def test_copies_of_units_are_counted_once(x: np.ndarray, copied: int, blank: bool) -> None:
    layers, _, units = x.shape
    x = np.concatenate([np.zeros_like(x[:, :1]) if blank else x[:, ::-1], x], axis=1)
    x[:, :, copied % units] = x[:, :, 0]
    found = distinct(torch.from_numpy(x))
    expected = [len(np.unique(x[layer].T, axis=0)) / units for layer in range(layers)]
    np.testing.assert_allclose(found, expected)


def test_copies_are_found_where_one_input_says_nothing() -> None:
    z = torch.randn(1, 9, 2).repeat(1, 1, 4)
    z[:, 0] = 0
    assert distinct(z) == pytest.approx([2 / 8])


def test_units_that_differ_for_one_input_alone_are_different() -> None:
    z = torch.ones(1, 9, 6)
    z[0, 4, 2] = 2
    assert distinct(z) == pytest.approx([2 / 6])


@given(LAYERS, st.floats(0, 4))
def test_the_share_below_counts_magnitudes(x: np.ndarray, threshold: float) -> None:
    expected = (np.abs(x) < x.dtype.type(threshold)).mean(axis=(1, 2))
    np.testing.assert_allclose(share_below(torch.from_numpy(x), threshold), expected)


@given(st.integers(1, 300), st.integers(1, 300))
@example(177, 28)
def test_samples_are_evenly_many_values_of_all_units(batch: int, units: int) -> None:
    place = torch.arange(batch * units, dtype=torch.float32).reshape(1, batch, units)
    chosen = sampled(place)[0].astype(int)
    assert len(set(chosen)) == len(chosen) == min(SAMPLE_SIZE, batch * units)
    times = np.bincount(chosen % units, minlength=units)
    assert times.max() <= 16 + 3 * len(chosen) / units
    # None of as many stretches as there are blocks is left out.
    assert np.diff(np.sort(chosen), append=batch * units).max() <= max(1, 2 * batch * units / 128)


def test_an_input_too_long_for_float32_does_not_make_units_dead() -> None:
    h = torch.tensor([[[1e25, 0.0, 1e25], [1e25, 0.0, 3e25]]])
    assert outputs(h).dead_fraction == pytest.approx([1 / 3])


def test_an_input_too_short_for_float32_does_not_make_units_dead() -> None:
    h = torch.tensor([[[1e-25, 0.0, 1e-25], [0.0, 0.0, 0.0]]])
    assert outputs(h).dead_fraction == pytest.approx([1 / 3])


def test_a_quantity_is_counted_anew_for_other_bins() -> None:
    signals = probe(Network(depth=3, width=8, gain=3.0), Batch(size=4))
    for bins in (7, 41, 7):
        for quantity, drawn in signals.samples.items():
            found = signals.histogram(quantity, bins)
            counts, edges = histograms(drawn.mantissa, bins)
            np.testing.assert_array_equal(found.counts, counts)
            np.testing.assert_array_equal(found.edges, np.ldexp(edges, drawn.exponents[:, None]))
