"""Statistics against NumPy's own, on rows that are awkward to count."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from initviz import Batch, Network, probe
from initviz.statistics import histograms, outputs

AWKWARD = [0.0, -0.0, 1.0, 1.0000001, -3.5, 1e-30, 1e30, np.nan, np.inf, -np.inf]
ROWS = arrays(
    np.float32,
    st.tuples(st.integers(1, 4), st.integers(1, 40)),
    elements=st.sampled_from([float(np.float32(x)) for x in AWKWARD]) | st.floats(-8, 8, width=32),
)


@given(ROWS, st.integers(1, 50))
def test_histograms_count_what_numpy_counts(x: np.ndarray, bins: int) -> None:
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


def test_an_input_too_long_for_float32_does_not_make_units_dead() -> None:
    h = torch.tensor([[[1e25, 0.0, 1e25], [1e25, 0.0, 3e25]]])
    assert outputs(h).dead_fraction == pytest.approx([1 / 3])


def test_an_input_too_short_for_float32_does_not_make_units_dead() -> None:
    h = torch.tensor([[[1e-25, 0.0, 1e-25], [0.0, 0.0, 0.0]]])
    assert outputs(h).dead_fraction == pytest.approx([1 / 3])


def test_quantities_counted_at_once_are_counted_as_each_is() -> None:
    signals = probe(Network(depth=3, width=8, gain=3.0), Batch(size=4))
    for bins in (7, 41, 7):
        for quantity, drawn in signals.samples.items():
            found = signals.histogram(quantity, bins)
            counts, edges = histograms(drawn.mantissa, bins)
            np.testing.assert_array_equal(found.counts, counts)
            np.testing.assert_array_equal(found.edges, np.ldexp(edges, drawn.exponents[:, None]))
