"""Numbers as people write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initviz.runtime.words import from_log10, number, quoted


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"), (1, "1.0"), (0.31, "0.31"), (2e-15, "2 × 10⁻¹⁵"), (1.25e7, "1.2 × 10⁷"),
        (-0.5, "−0.50"), (9.99e-7, "1 × 10⁻⁶"), (1234, "1200"), (99.6, "100"),
        (math.inf, "∞"), (math.nan, "not a number"),
    ],
)  # fmt: skip
def test_number(value: float, text: str) -> None:
    assert number(value) == text


def test_numbers_no_float_can_hold() -> None:
    assert from_log10(-799.8) == "1.6 × 10⁻⁸⁰⁰"
    assert from_log10(-math.inf) == "0"


@given(st.floats(min_value=1e-300, max_value=1e300))
def test_never_scientific_e_notation(value: float) -> None:
    assert "e" not in number(value)


def test_a_long_value_is_shortened() -> None:
    assert len(quoted("x" * 10_000)) < 50
