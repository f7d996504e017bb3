"""The edge of chaos page, without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from initviz import ACTIVATIONS

ROOT = Path(__file__).parents[2]


def opened(**params: str) -> AppTest:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    app.query_params.update(params)
    app.run()
    return app.switch_page(str(ROOT / "pages" / "lab" / "chaos.py")).run()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_has_a_plane_and_a_reading(activation: str) -> None:
    app = opened(activation=activation)
    assert not app.exception
    # Without a length that settles there is a sentence in place of the fourth.
    settled = not any("How two inputs" in c.value for c in app.caption)
    assert len(app.get("plotly_chart")) == 3 + settled
    assert any("Theory lets" in m.value or "steady" in m.value for m in app.markdown)


def test_the_reading_is_the_theorys() -> None:
    app = opened(activation="tanh", initializer="normal", scale="0.125", bias_std="0.2236068")
    # σ_w² = 128 · 0.125² = 2, σ_b² = 0.05: χ₁ = 1.0477, 6 ξ_c = 151.3.
    text = " ".join(m.value for m in app.markdown)
    assert "Chaotic" in text
    assert "1.05 a layer" in text
    assert "about 150 layers" in text


def test_on_the_edge_nothing_is_said_to_change() -> None:
    text = " ".join(m.value for m in opened().markdown)
    assert "On the edge of chaos**: gradients keep their size all the way. Theory lets" in text


@pytest.mark.parametrize(
    ("place", "said"),
    [
        # tanh, σ_b² = 0.05: c* = 1 at σ_w² = 1.3, and 0.165065 at 4.
        ({"scale": "0.10077822"}, "Two inputs at cosine 0.6 are at 0.97 after 20 layers"),
        ({"scale": "0.10077822", "depth": "60"}, "Two inputs at cosine 0.6 are at 1 − "),
        ({"scale": "0.1767767", "depth": "60"}, "alike or not, drifts towards 0.17."),
        ({"scale": "0.05", "bias_std": "0"}, "it shrinks to 0 or grows without end"),
        ({"scale": "1", "activation": "relu"}, "it shrinks to 0 or grows without end"),
        ({"scale": "0.1", "depth": "1"}, "after 1 layer,"),
        (
            {"activation": "linear", "initializer": "lecun_normal", "bias_std": "0"},
            "as alike as they were",
        ),
    ],
)
def test_two_inputs_are_followed_in_words(place: dict[str, str], said: str) -> None:
    base = {"activation": "tanh", "initializer": "normal", "bias_std": "0.2236068"}
    app = opened(**(base | place))
    assert not app.exception
    assert said in " ".join(c.value for c in app.caption)


@pytest.mark.parametrize(
    ("activation", "side", "factor"),
    [
        ("tanh", "1.667, without biases chaotic", "a factor of 1.21 a layer"),
        ("relu", "1.414, without biases on the edge of chaos", "keep their size"),
    ],
)
def test_pytorchs_own_gain_is_judged(activation: str, side: str, factor: str) -> None:
    # For tanh, q* = 1.178480 and χ₁ = 1.209831 at gain 5/3.
    captions = " ".join(c.value for c in opened(activation=activation).caption)
    assert side in captions
    assert factor in captions


@pytest.mark.parametrize("extreme", [{"gain": "0"}, {"gain": "100"}, {"bias_std": "1e150"}])
def test_the_ends_of_the_plane_and_beyond_are_survived(extreme: dict[str, str]) -> None:
    assert not opened(activation="tanh", **extreme).exception


def test_a_network_beyond_the_plane_is_said_to_be_there() -> None:
    def beyond(**params: str) -> list[str]:
        captions = [c.value for c in opened(activation="tanh", **params).caption]
        return [caption for caption in captions if "beyond the plane" in caption]

    assert beyond() == []
    (said,) = beyond(initializer="glorot_uniform", gain="7", bias_std="0.5")
    assert "σ_w = 7.00 and σ_b = 0.500" in said
    assert len(beyond(bias_std="3")) == 1
