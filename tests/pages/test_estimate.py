"""The band from draws, asked for on the Explore page."""

import pytest

from tests.pages.test_explore import button, opened


@pytest.mark.parametrize("query", ["normalization=layer", "bias_mean=0.5", "gradient=W"])
def test_where_no_law_is_known_the_band_is_estimated_when_asked(query: str) -> None:
    app = opened(f"{query}&width=32")
    assert not any("estimated from" in c.value for c in app.caption)
    button(app, "Estimate the band").click().run()
    assert not app.exception
    assert any("95 % of draws, estimated from 20 draws." in c.value for c in app.caption)
    assert not [b for b in app.button if b.label.startswith("Estimate")]
    app.segmented_control(key="statistic").set_value("std").run()
    assert any("estimated from" in c.value for c in app.caption)
    # Another network has to be asked for again.
    app.slider(key="depth").set_value(9).run()
    assert not any("estimated from" in c.value for c in app.caption)
    button(app, "Estimate the band")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "where 95 % of draws lie"),
        ("activation=gelu&depth=50", "where 95 % of draws lie"),
        ("initializer=zeros", "the same in every draw"),
        ("normalization=layer&width=1024", "too large to estimate the band from draws here"),
    ],
)
def test_the_estimate_is_offered_only_where_it_adds_something(query: str, said: str) -> None:
    app = opened(query)
    assert any(said in c.value for c in app.caption)
    assert not [b for b in app.button if b.label.startswith("Estimate")]
