"""The pages of lessons open with what they ask, run without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("page", "name"),
    [
        ("lab/compare", "Compare"),
        ("lab/training", "Training"),
        ("learn/symmetry", "Symmetry"),
        ("learn/matters", "Where it matters"),
        ("learn/normalization", "Normalization"),
    ],
)
def test_a_page_says_first_what_it_is_and_asks(page: str, name: str) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params.update({"depth": "2", "width": "4", "size": "4"})
    app.run()
    app.query_params.clear()
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception
    opening = next(m.value for m in app.markdown if not m.value.lstrip().startswith("<"))
    assert opening.startswith(f"#### {name}: ")
    assert opening.endswith("?")
