"""The Architectures page, without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from initviz.architectures import ARCHITECTURES
from initviz.recipes.table import RECIPES

ROOT = Path(__file__).parents[2]


def opened(**params: str) -> AppTest:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    app.run()
    app.query_params.clear()
    app.query_params.update(params)
    app.switch_page(str(ROOT / "pages" / "lab" / "architectures.py")).run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    return " ".join(m.value for m in (*app.markdown, *app.caption))


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_every_recipe_is_drawn_or_lacks_a_role(name: str, recipe: str) -> None:
    app = opened(architecture=name, recipe=recipe)
    if app.error:
        assert "has no rule for the role" in app.error[0].value
        return
    assert len(app.get("plotly_chart")) == 2
    assert ARCHITECTURES[name].lesson in told(app)


def test_the_address_says_what_is_shown_and_a_control_changes_it() -> None:
    app = opened(architecture="recurrent", steps="30", recipe="pytorch")
    assert "of the one at step 30" in told(app)
    app.slider(key="study.recurrent.steps").set_value(40).run()
    assert "of the one at step 40" in told(app)
    assert app.query_params["steps"] == "40"


def test_a_repair_is_one_click() -> None:
    app = opened(architecture="residual", depth="30")
    assert "exploding" in told(app).casefold() or "times the one" in told(app)
    app.button(key="fix").click().run()
    assert "the signal keeps its size both ways" in told(app)
    assert app.query_params["normalization"] == "batch"


def test_another_architecture_keeps_what_the_first_was_set_to() -> None:
    app = opened(architecture="residual", depth="7")
    app.get("button_group")[0].set_value("transformer").run()
    assert "depth" not in app.query_params
    app.get("button_group")[0].set_value("residual").run()
    assert app.query_params["depth"] == "7"


def test_fields_that_mean_nothing_are_off() -> None:
    app = opened(architecture="recurrent", cell="gru")
    assert app.select_slider(key="study.recurrent.forget_bias").disabled
    app.selectbox(key="study.recurrent.cell").set_value("lstm").run()
    assert not app.select_slider(key="study.recurrent.forget_bias").disabled


def test_an_edited_role_comes_from_the_address_and_goes_with_another_recipe() -> None:
    app = opened(**{"conv.weight": "orthogonal"})
    frame = app.dataframe[0].value
    assert set(frame[frame.role == "conv.weight"].initializer) == {"orthogonal"}
    app.selectbox(key="study.recipe").set_value("keras").run()
    assert "conv.weight" not in app.query_params


def test_nonsense_is_named_and_the_page_stays_usable() -> None:
    app = opened(architecture="soup", depth="many", nose="1", bias="soup")
    text = app.warning[0].value
    assert all(
        word in text for word in ("architecture must be", "depth must be", "nose", "bias must")
    )
    assert len(app.get("plotly_chart")) == 2
    app.slider(key="study.cnn.depth").set_value(5).run()
    assert not app.warning


def test_too_much_work_is_named_and_what_fits_is_shown() -> None:
    app = opened(depth="100", channels="256")
    assert "billion operations" in app.warning[0].value
    assert len(app.get("plotly_chart")) == 2
