"""Work over a budget is refused with the nearest setting that fits, whatever the work is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initviz.runtime.budget import Budget, less, memory, seconds

# Rows and columns, which take a second and a gibibyte each cell.
Table = tuple[int, int]


def fewer_rows(table: Table, excess: float) -> Table | None:
    rows = less(table[0], 1 / excess, 2)
    return None if rows is None else (rows, table[1])


def fewer_columns(table: Table, _: float) -> Table | None:
    columns = less(table[1], 0.5, 1)
    return None if columns is None else (table[0], columns)


BUDGET = Budget[Table](
    lambda t: (seconds(t[0] * t[1], 100), memory(t[0] * t[1] * 2**30, 500 * 2**30)),
    lambda t: {"rows": t[0], "columns": t[1]},
    (fewer_rows, fewer_columns),
    purpose="for one table",
)


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_the_nearest_fits_and_what_fits_stays(rows: int, columns: int) -> None:
    nearest = BUDGET.nearest((rows, columns))
    assert BUDGET.fits(nearest)
    assert (nearest == (rows, columns)) == BUDGET.fits((rows, columns))
    # The first way is gone to its end before the second is taken.
    assert nearest[1] == columns or nearest[0] <= 2


def test_a_refusal_names_what_is_too_much_the_most_and_what_fits() -> None:
    BUDGET.check((10, 10))
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the whole message is compared
        BUDGET.check((20, 10))
    assert str(refused.value) == (
        "rows 20 and columns 10 would take about 200 seconds for one table; "
        "the most is 100 seconds; rows 10 fits"
    )
    with pytest.raises(ValueError, match=r"600 seconds and 600\.0 GiB for one table; the most is "):
        BUDGET.check((30, 20))
