"""The logic of the Training page, without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from initviz.figures.steps import MEASURES

ROOT = Path(__file__).parents[2]
TINY = {"depth": "3", "width": "16", "steps": "10"}


def opened(**params: str) -> AppTest:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    app.query_params.update({n: v for n, v in params.items() if n in SHARED})
    app.run()
    app.query_params.update(params)
    app.switch_page(str(ROOT / "pages" / "lab" / "training.py")).run()
    assert not app.exception
    return app


SHARED = ("depth", "width", "activation", "initializer", "gain", "scale", "seed", "dtype")


def told(app: AppTest) -> str:
    return " ".join(e.value for e in (*app.markdown, *app.caption)).replace("\\", "")


def ended(app: AppTest) -> AppTest:
    """Look again and again, as the page itself does, until nothing goes on."""
    for _ in range(200):
        assert not app.exception
        if not [b for b in app.button if b.key == "stop"]:
            return app
        app.run()
    pytest.fail("the run does not end")


def pressed(app: AppTest, key: str) -> AppTest:
    return app.button(key=key).click().run()


def test_a_tiny_run_ends_with_a_reading_of_each_network() -> None:
    app = ended(pressed(opened(**TINY), "train"))
    assert "He normal (Kaiming)" in told(app)
    assert "Glorot uniform (Xavier)" in told(app)
    assert "after 10 steps: too few to tell" in told(app)
    assert len(app.get("plotly_chart")) == 4
    links = [link.proto for link in app.get("page_link")]
    assert [link.query_string for link in links] == [
        "depth=3&width=16",
        "depth=3&width=16&initializer=glorot_uniform",
    ]
    assert all(link.label.startswith("Explore: ") for link in links)


def test_every_measure_of_the_layers_can_be_looked_at() -> None:
    app = ended(pressed(opened(**TINY), "train"))
    for column, measure in MEASURES.items():
        app.selectbox(key="training_measure").set_value(column).run()
        assert not app.exception
        alts = [chart.proto.alt for chart in app.get("plotly_chart")]
        told_of = f"Heatmap: {measure.title.lower()} by layer and step, He normal (Kaiming)"
        assert told_of in alts


def test_what_explore_finds_is_said_before_anything_is_trained() -> None:
    text = told(opened(depth="30", width="32", initializers="he_normal,glorot_uniform,zeros"))
    found = "He normal (Kaiming) stable, Glorot uniform (Xavier) vanishing and Zeros symmetric"
    assert f"Before the first step, Explore finds {found}." in text


def test_the_address_holds_the_setting() -> None:
    params = {
        **TINY,
        "initializers": "orthogonal,zeros",
        "data": "moons",
        "optimizer": "adam",
        "learning_rate": "0.02",
        "batch_size": "50",
    }
    app = opened(**params)
    assert app.multiselect[0].value == ["orthogonal", "zeros"]
    assert app.selectbox(key="training.data").value == "moons"
    assert app.select_slider(key="training.learning_rate").value == 0.02
    assert {n: app.query_params[n] for n in params} == params
    app.select_slider(key="training.steps").set_value(20).run()
    assert app.query_params["steps"] == "20"
    app.slider(key="depth").set_value(4).run()
    assert app.query_params["depth"] == "4"
    assert app.query_params["initializers"] == "orthogonal,zeros"


def test_what_explore_shows_is_compared_with_another() -> None:
    assert opened(initializer="lecun_normal").multiselect[0].value == ["lecun_normal", "he_normal"]


@pytest.mark.parametrize(
    ("params", "named"),
    [
        ({"learning_rate": "0"}, "learning_rate must be"),
        ({"data": "mnist"}, "data must be one of digits, breast_cancer, moons"),
        ({"steps": "5000"}, "steps must be a whole number from 1 to 2000; got '5000'; using 2000"),
        ({"initializers": "he_normal,soup"}, "initializer must be"),
    ],
)
def test_a_bad_address_is_one_message_and_the_page_works(params, named) -> None:
    app = opened(**{**TINY, **params})
    assert len(app.warning) == 1
    assert named in app.warning[0].value.replace("\\", "")
    assert not app.button(key="train").disabled
    app.slider(key="depth").set_value(4).run()
    assert not app.warning


def test_work_over_the_budget_is_refused_with_what_fits() -> None:
    app = opened(depth="100", width="512", steps="2000")
    [warning] = app.warning
    assert "the most is 60 seconds" in warning.value
    assert app.button(key="train").disabled
    assert app.button(key="try_rates").disabled
    assert "Press **Train**" not in told(app)
    [fits] = [button for button in app.button if button.label == "Use what fits"]
    fits.click().run()
    assert not app.warning
    assert not app.button(key="train").disabled


def test_without_an_initializer_there_is_nothing_to_train() -> None:
    app = opened(**TINY)
    app.multiselect[0].set_value([]).run()
    assert not app.exception
    assert [w.value for w in app.warning] == ["Choose at least one initializer."]
    assert "initializers" not in app.query_params
    assert app.button(key="train").disabled


def test_divergence_is_a_result() -> None:
    app = ended(pressed(opened(**{**TINY, "depth": "22", "gain": "100"}), "train"))
    assert "diverged: from step 1 on its loss is not a number" in told(app)
    assert not app.error


def test_a_stopped_run_keeps_what_there_is() -> None:
    app = pressed(opened(**{**TINY, "steps": "2000"}), "train")
    app = pressed(app, "stop")
    assert "Stopped after step" in told(app)
    assert "He normal (Kaiming)" in told(app)
    assert not [b for b in app.button if b.key == "stop"]


def test_a_change_while_it_goes_on_stops_it_and_says_whose_the_curves_are() -> None:
    app = pressed(opened(**{**TINY, "steps": "2000"}), "train")
    app.slider(key="depth").set_value(4).run()
    assert not [b for b in app.button if b.key == "stop"]
    assert "Stopped after step" in told(app)
    assert "These curves belong to the setting before the last change" in told(app)
    app.select_slider(key="training.steps").set_value(10).run()
    app = ended(pressed(app, "train"))
    assert "These curves belong" not in told(app)
    assert "Stopped" not in told(app)


def test_a_hue_stays_with_its_initializer() -> None:
    app = opened(**TINY, initializers="zeros,he_normal,orthogonal")
    before = dict(app.session_state["training_hues"])
    app.multiselect[0].set_value(["he_normal", "lecun_normal", "orthogonal"]).run()
    after = app.session_state["training_hues"]
    assert after == {
        "he_normal": before["he_normal"],
        "orthogonal": before["orthogonal"],
        "lecun_normal": before["zeros"],
    }


def test_learning_rates_are_tried_and_judged() -> None:
    app = ended(pressed(opened(**TINY), "try_rates"))
    assert "He normal (Kaiming)" in told(app)
    assert "after 10 steps" in told(app)
    assert len(app.get("plotly_chart")) == 1


def test_half_precision_is_trained_in_another_format_and_said() -> None:
    app = opened(**TINY, dtype="bfloat16")
    assert "using float32" in app.warning[0].value
    ended(pressed(app, "train"))


def test_the_command_and_the_data_are_shared() -> None:
    app = ended(pressed(opened(**TINY), "train"))
    app.session_state["sharing"] = True
    app.run()
    shown = [c.value for c in app.code]
    assert "python -m initviz train --initializer he_normal" in " ".join(shown)
    offered = [button.proto.label for button in app.get("download_button")]
    assert offered == ["History (CSV)", "Layers (CSV)", "These charts (CSV)"]


def test_the_setting_is_there_again_after_another_page() -> None:
    app = opened(**TINY, data="moons")
    app.switch_page(str(ROOT / "pages" / "lab" / "explore.py")).run()
    assert not app.warning
    assert app.slider(key="depth").value == 3
    app.switch_page(str(ROOT / "pages" / "lab" / "training.py")).run()
    assert app.selectbox(key="training.data").value == "moons"
    assert app.query_params["data"] == "moons"


def test_what_is_seldom_changed_is_one_fold_away() -> None:
    app = opened(**TINY, batch_size="50")
    app.session_state["more_training"] = True
    app.run()
    assert app.select_slider(key="training.batch_size").value == 50
    app.number_input(key="seed").set_value(7).run()
    assert not app.exception
    assert app.query_params["seed"] == "7"
