"""The logic of the page about where the start matters, run without a browser."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from initviz.experiments.classical import CLASSICAL
from initviz.experiments.starts import DEPTHS, INITIALIZERS, networks

ROOT = Path(__file__).parents[2]


def opened() -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.run()
    app.switch_page("pages/learn/matters.py")
    app.run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    return " ".join(m.value.replace("\\", "") for m in app.markdown)


def button(app: AppTest, label: str):
    return next(b for b in app.button if b.label == label)


def test_models_are_fitted_at_once_and_networks_when_asked() -> None:
    app = opened()
    assert "**Convex models forget where they began.**" in told(app)
    assert len(app.dataframe[0].value) == len(CLASSICAL)
    assert len(app.get("plotly_chart")) == 2
    assert button(app, "Train 300 networks")
    assert "20 ReLU networks each by 3 initializers at 5 depths, 1 to 16 layers" in told(app)


def test_one_word_means_one_thing_and_trees_are_not_said_to_have_a_start() -> None:
    app = opened()
    assert "Distance" in app.dataframe[0].value.columns
    captions = " ".join(c.value for c in app.caption)
    assert "Distance: how far apart" in captions
    assert "the start did not matter" not in captions
    assert "Where *Best minus worst* falls back to 0" in told(app).replace("\n", " ")


def test_what_was_stopped_goes_on_to_the_end_and_stays() -> None:
    app = opened()
    places = [(name, depth) for name in INITIALIZERS for depth in DEPTHS]
    shallow, deep = networks("he_normal", 1), networks("he_normal", 16)
    app.session_state["matters.done"] |= dict.fromkeys(places[:-2], shallow)
    app.session_state["matters.done"][("he_normal", 16)] = deep
    app.run()
    assert len(app.get("plotly_chart")) == 4
    button(app, "Go on").click().run()
    assert not app.exception
    assert "**Convex models forget where they began; deep networks do not.**" in told(app)
    assert f"those of 16 layers between {deep.accuracy.min():.0%} and" in told(app)
    assert len(app.dataframe[0].value) == len(CLASSICAL) + len(places)
    assert not [b for b in app.button if b.label in ("Stop", "Go on")]
    assert "All 300 networks are trained." in told(app)
    app.switch_page("pages/learn/reference.py").run()
    app.switch_page("pages/learn/matters.py").run()
    assert len(app.get("plotly_chart")) == 4
