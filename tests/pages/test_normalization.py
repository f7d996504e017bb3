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


@pytest.mark.parametrize(
    ("params", "answer"),
    [
        ({}, "Of 17 gains 3 are stable without it, all with it."),
        ({"initializer": "normal"}, "Of 17 gains none is stable without it, all with it."),
        (
            {"initializer": "he_normal", "depth": "20"},
            "1 is stable without it, none with it: normalization's own factor, 1.48 a layer",
        ),
        (
            {"activation": "sigmoid", "initializer": "normal"},
            "15 with it: at the smallest gains ε outweighs the variance",
        ),
    ],
)
def test_the_answer_counts_stable_gains_and_tells_of_the_others(
    params: dict[str, str], answer: str
) -> None:
    app = opened(**params)
    assert answer in told(app)
    assert len(app.get("plotly_chart")) == 4
    assert not app.warning


def test_the_answer_tells_what_the_gain_decides() -> None:
    assert (
        "changes by a factor of 2 × 10⁻²¹ to 2 × 10¹⁵, as the gain decides; with batch "
        "normalization by 22" in told(opened())
    )


def test_the_gain_moves_and_the_address_holds_it() -> None:
    app = opened(activation="tanh")
    app.select_slider[0].set_value("10").run()
    assert any("at gain 10. Where" in c.proto.alt for c in app.get("plotly_chart"))
    assert app.query_params["gain"] == "10"
    assert app.query_params["activation"] == "tanh"
    assert "depth" not in app.query_params


def test_a_bad_value_is_named() -> None:
    app = opened(depth="12", activation="gelu")
    warned = app.warning[0].value.replace("\\", "")
    assert "depth must be one of 10, 20, 30; got '12'; using 10." in warned
    assert "activation must be one of relu, tanh, sigmoid; got 'gelu'; using relu." in warned


@pytest.mark.parametrize(("initializer", "smallest"), [("glorot_uniform", "100"), ("normal", "57")])
def test_the_weights_gradient_is_told_as_measured(initializer: str, smallest: str) -> None:
    # Weights of std 0.001 give variances that ε outweighs, so the law of the others does not hold.
    app = opened(initializer=initializer)
    [alt] = [c.proto.alt for c in app.get("plotly_chart") if "weight gradient" in c.proto.alt]
    assert f"with normalization {smallest} at gain 0.10, 0.010 at gain 10." in alt
    assert "ε = 10⁻⁵" in told(app)
