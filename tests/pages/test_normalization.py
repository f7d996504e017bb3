"""The logic of the Normalization page, run without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


def opened(**params: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.run()
    app.query_params.update(params)
    app.switch_page("pages/learn/normalization.py")
    app.run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    return " ".join(m.value.replace("\\", "") for m in app.markdown)


def test_the_answer_counts_stable_gains() -> None:
    app = opened()
    assert "2 of 17 gains are stable, with batch normalization all." in told(app)
    assert "At gain 0.32 the gradient's variance is multiplied by" in told(app)
    assert len(app.get("plotly_chart")) == 4
    assert not app.warning


def test_the_gain_moves_and_the_address_holds_it() -> None:
    app = opened(activation="tanh")
    app.select_slider[0].set_value("10").run()
    assert "At gain 10 " in told(app)
    assert app.query_params["gain"] == "10"
    assert app.query_params["activation"] == "tanh"
    assert "depth" not in app.query_params


def test_a_bad_value_is_named() -> None:
    app = opened(depth="12", activation="gelu")
    warned = app.warning[0].value.replace("\\", "")
    assert "depth must be one of 10, 20; got '12'; using 10." in warned
    assert "activation must be one of relu, tanh, sigmoid; got 'gelu'; using relu." in warned


@pytest.mark.parametrize(("initializer", "smallest"), [("glorot_uniform", "100"), ("normal", "57")])
def test_the_weights_gradient_is_told_as_measured(initializer: str, smallest: str) -> None:
    # Weights of std 0.001 give variances that ε outweighs, so the law of the others does not hold.
    app = opened(initializer=initializer)
    [alt] = [c.proto.alt for c in app.get("plotly_chart") if "weight gradient" in c.proto.alt]
    assert f"with normalization {smallest} at gain 0.10, 0.010 at gain 10." in alt
    assert "ε = 10⁻⁵" in told(app)
