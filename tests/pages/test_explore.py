"""The logic of the Explore page, run without a browser."""

from pathlib import Path
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from initviz import INITIALIZERS, Batch, Network
from initviz.setting import cost
from initviz.setting.links import from_query, to_query
from initviz.ui.stories import STORIES

ROOT = Path(__file__).parents[2]
HOSTILE = [
    "depth=-1", "depth=99999999999999999999", "depth=NaN", "depth=", "gain=-inf", "gain=1e309",
    "width=0", "width=2048.5", "activation=<script>alert(1)</script>", "activation=%00",
    "initializer=../../etc/passwd", "initializer=None", "scale=5", "initializer=normal&scale=-3",
    "initializer=normal&scale=nan", "bias_mean=1e300", "bias_mean=inf", "bias_std=-1",
    "bias_std=1e200", "normalization=group", "architecture=cnn", "size=1", "size=5000",
    "inputs=digits&size=4000", "inputs=%F0%9F%92%A9", "loss=[]", "dtype=float128", "seed=-5",
    "seed=4294967296", "seed=0.5", "depth=3&depth=4", "unknown=1", "pin=depth%3D999", "pin=%26%26",
    "pin=a&pin=b&pin=c&pin=d", "panel=secret", "gradient=q", "statistic=mean", "of=nothing",
    "depth=200&width=2048&size=4096", "constructor=1", "__proto__=1", "story=x", "window=3",
    "problems=5", "pins=7", "activation=relu%0Atanh", "gain=1_000", "depth=%C2%B2", "embed=true",
    "bias_mean=1e17", "pin=" + "depth%3D1%26" * 300, "initializer=normal&scale=1e-170",
]  # fmt: skip


def opened(query: str = "") -> AppTest:
    app = AppTest.from_file(ROOT / "app.py", default_timeout=60)
    for name, values in parse_qs(query, keep_blank_values=True).items():
        app.query_params[name] = values
    app.run()
    assert not app.exception
    return app


def shown(app: AppTest) -> tuple[Network, Batch]:
    state = app.session_state
    network = Network(**{f: state[f] for f in Network.model_fields})
    said = network.scale != INITIALIZERS[network.initializer].default_scale
    return (
        network if said else network.replace(scale=None),
        Batch(**{f: state[f] for f in Batch.model_fields}),
    )


def address(app: AppTest) -> dict[str, list[str]]:
    held = app.query_params.items()
    return {name: [v] if isinstance(v, str) else list(v) for name, v in held}


def button(app: AppTest, start: str):
    return next(b for b in app.button if b.label.startswith(start))


def test_the_page_opens_with_the_defaults() -> None:
    app = opened()
    assert shown(app) == (Network(), Batch())
    assert address(app) == {}
    assert not app.warning
    assert app.slider(key="depth").label == "Depth"
    assert [s.label for s in app.select_slider][:2] == ["Width", "Gain"]
    assert app.selectbox(key="initializer").label == "Initializer"


@pytest.mark.parametrize(
    "query", ["depth=50&width=200&activation=tanh&initializer=glorot_uniform&gain=1.234", "gain=77"]
)
def test_the_address_is_the_state(query: str) -> None:
    app = opened(query)
    expected = from_query(query)
    assert shown(app) == (expected.network, expected.batch)
    assert address(app) == parse_qs(query)
    assert not app.warning


def test_a_control_changes_the_address_and_the_default_leaves_it() -> None:
    app = opened("depth=7")
    app.selectbox(key="activation").set_value("tanh").run()
    assert address(app) == {"depth": ["7"], "activation": ["tanh"]}
    app.slider(key="depth").set_value(20).run()
    assert address(app) == {"activation": ["tanh"]}


@pytest.mark.parametrize("query", HOSTILE)
def test_hostile_addresses_are_named_and_nothing_else_is_lost(
    query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is cut down to the budget fills it, which takes as long as the budget is large.
    monkeypatch.setattr(cost, "MAX_FLOPS", cost.MAX_FLOPS / 20)
    app = opened(f"{query}&normalization=layer" if "normalization" not in query else query)
    network, batch = shown(app)
    assert isinstance(network, Network)
    assert isinstance(batch, Batch)
    if "normalization" not in query:
        assert network.normalization == "layer"
    app.selectbox(key="activation").set_value("gelu").run()
    assert not app.exception
    assert shown(app)[0].activation == "gelu"


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_one_click(name: str) -> None:
    app = opened("gain=3")
    app.button_group(key="story").set_value(name).run()
    assert not app.exception
    assert shown(app)[0] == STORIES[name]
    assert app.session_state["story"] == name


def test_moving_away_from_a_story_unlights_it() -> None:
    app = opened("depth=22&initializer=glorot_uniform")
    assert app.session_state["story"] == "ReLU + Glorot"
    app.slider(key="depth").set_value(23).run()
    assert app.session_state["story"] is None


def test_the_repair_is_applied_and_the_verdict_turns_stable() -> None:
    app = opened("depth=50&initializer=glorot_uniform&size=64")
    assert any("halves it" in m.value for m in app.markdown)
    button(app, "Use He normal").click().run()
    assert shown(app) == (Network(depth=50), Batch(size=64))
    assert not [b for b in app.button if "stable" in b.label]


def test_pins_go_to_the_address_three_at_most_and_come_back() -> None:
    app = opened()
    for depth in (5, 6, 7, 8):
        app.slider(key="depth").set_value(depth).run()
        button(app, "Pin").click().run()
    pins = [to_query(Network(depth=d), Batch()) for d in (6, 7, 8)]
    assert address(app)["pin"] == pins
    again = opened("depth=8&pin=depth%3D6&pin=depth%3D7&pin=depth%3D8")
    assert again.session_state["pins"] == pins
    button(again, "Unpin").click().run()
    assert "pin" not in address(again)


def test_a_new_draw_is_the_next_seed() -> None:
    app = opened("seed=4294967295")
    button(app, "New draw").click().run()
    assert shown(app)[1].seed == 0


def test_scale_is_offered_only_where_it_means_something_and_forgotten_with_it() -> None:
    app = opened("initializer=normal&scale=0.3")
    assert app.select_slider(key="scale").value == 0.3
    app.selectbox(key="initializer").set_value("he_normal").run()
    assert not app.exception
    assert shown(app)[0].scale is None
    assert "scale" not in [s.key for s in app.select_slider]


def test_digits_with_a_large_batch_says_so_and_goes_on() -> None:
    app = opened("size=4096")
    app.session_state["more_settings"] = True
    app.run()
    app.selectbox(key="inputs").set_value("digits").run()
    assert not app.exception
    assert "1797" in app.warning[0].value
    assert address(app)["size"] == ["1797"]


@pytest.mark.parametrize("panel", ["distributions", "units", "weights", "table"])
def test_every_panel_opens(panel: str) -> None:
    app = opened(f"panel={panel}")
    assert app.session_state["panel"] == panel
    assert address(app) == ({} if panel == "distributions" else {"panel": [panel]})


def test_the_reference_page_names_everything() -> None:
    app = AppTest.from_file(ROOT / "pages/learn/reference.py", default_timeout=60).run()
    assert not app.exception
    text = " ".join(m.value for m in app.markdown)
    assert all(f"`{name}`" in text for name in ("softsign", "orthogonal", "he_normal"))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "**keeps** the variance of z, and **keeps**"),
        ("activation=tanh&gain=2", "multiplies by **3.15**"),
        ("initializer=constant", "this rule does not describe them"),
        ("initializer=zeros", "multiplies by **0**"),
    ],
)
def test_the_initializer_is_derived_with_the_networks_numbers(query: str, said: str) -> None:
    app = opened(query)
    app.session_state["why"] = True
    app.run()
    assert not app.exception
    assert any(said in m.value for m in app.markdown)
