"""The logic of the Symmetry page, run without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]


def opened(**params: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.run()
    app.query_params.update(params)
    app.switch_page("pages/learn/symmetry.py")
    app.run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    return " ".join(m.value.replace("\\", "") for m in app.markdown)


@pytest.mark.parametrize(
    ("params", "answer"),
    [
        ({}, "All 16 units of a layer begin as copies; after 100 steps they still are."),
        ({"noise": "1e-06"}, "Noise of 10⁻⁶ makes all units different, and still nearly copies."),
        ({"noise": "0.1", "activation": "tanh"}, "Noise of 10⁻¹ breaks the symmetry."),
        ({"noise": "0.001", "start": "zeros"}, "weights this small pass nothing on."),
    ],
)
def test_the_answer_is_about_what_was_chosen(params: dict[str, str], answer: str) -> None:
    app = opened(**params)
    assert answer in told(app)
    assert not app.warning
    assert len(app.get("plotly_chart")) == 6


def test_what_rounding_alone_does_is_told_as_it_was_found_here() -> None:
    assert "With SGD all units stay copies" in told(opened())


def test_the_question_about_biases_is_answered() -> None:
    app = opened()
    assert "A small one changes nothing that shows: after training " in told(app)
    captions = " ".join(c.value for c in app.caption)
    assert "Means of 5 draws, 800 units for each bias." in captions
    assert "The learning rate is 0.1" in captions


def test_what_copies_and_zeros_look_like_is_said() -> None:
    captions = " ".join(c.value for c in opened(start="zeros").caption)
    assert "if all are copies, 1/16." in captions
    assert "Without noise every step looks like this. Weights that are all 0 have no" in captions
    captions = " ".join(c.value for c in opened(noise="0.1").caption)
    assert "Drag the slider" in captions
    assert "Without noise every step" not in captions


def test_the_address_holds_the_choices() -> None:
    app = opened()
    app.select_slider[0].set_value("0.1").run()
    assert "breaks the symmetry" in told(app)
    assert app.query_params["noise"] == "0.1"
    app.select_slider[0].set_value("0").run()
    assert "noise" not in app.query_params


def test_a_bad_value_is_named_until_something_is_changed() -> None:
    app = opened(noise="7", layer="9")
    warned = app.warning[0].value.replace("\\", "")
    assert "noise must be one of 0, 1e-06" in warned
    assert "layer must be one of 2, 1, 3; got '9'; using 2." in warned
    app.select_slider[0].set_value("0.1").run()
    assert not app.warning
