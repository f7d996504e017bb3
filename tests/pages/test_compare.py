"""The logic of the Compare page, run without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network
from initviz.experiments.compare import PAIRS, compare, networks, ranked
from initviz.ui.lab import compare as page
from initviz.ui.text import BADGES

ROOT = Path(__file__).parents[2]
SMALL = {"depth": "6", "width": "16", "size": "8"}


def opened(**params: object) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update({**SMALL, **params})
    app.run()
    app.switch_page("pages/lab/compare.py")
    app.run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    return " ".join(m.value for m in (*app.markdown, *app.caption)).replace("\\", "")


def test_the_answer_counts_the_pairs_that_are_stable_and_claims_no_training() -> None:
    cells = list(compare(Network(depth=6, width=16), Batch(size=8)))
    stable = sum(c.verdict == "stable" for c in cells)
    here = [c for c in ranked(cells) if c.pair[1] == "relu" and c.verdict == "stable"]
    app = opened()
    assert (
        f"**With ReLU {len(here)} of {len(INITIALIZERS)} initializers are stable before the first "
        "step: He normal, " in told(app)
    )
    assert f"Of all {PAIRS} pairs {stable} are; nothing was trained." in told(app)
    assert len(app.get("plotly_chart")) == 3
    assert not any(b.label == "Stop" for b in app.button)


def test_the_ranking_is_that_of_the_activation() -> None:
    cells = compare(Network(depth=6, width=16), Batch(size=8))
    expected = ranked([c for c in cells if c.network.activation == "tanh"])
    rows = opened(activation="tanh").dataframe[0].value
    labels = [INITIALIZERS[c.network.initializer].label for c in expected]
    assert list(rows["Initializer"]) == labels
    assert list(rows["Why"]) == [c.reason for c in expected]
    verdicts = [BADGES[c.verdict][0] for c in expected]
    assert [v.partition(" ")[2] for v in rows["Verdict"]] == verdicts
    assert set(rows[""][: verdicts.count("Stable")]) == {1}
    assert rows[""][verdicts.count("Stable")] == verdicts.count("Stable") + 1


def test_where_nothing_trains_that_is_said() -> None:
    app = opened(activation="sigmoid", depth="30")
    assert f"With {ACTIVATIONS['sigmoid'].label} none of the initializers is stable" in told(app)


def test_the_curves_are_this_network_the_best_and_the_first_that_fails() -> None:
    network = Network(depth=30, width=16, initializer="glorot_normal")
    column = [c for c in compare(network, Batch(size=8)) if c.network.activation == "relu"]
    others = [c for c in ranked(column) if c.network != network]
    failing = next(c for c in others[3:] if c.verdict != "stable")
    (itself,) = (c for c in column if c.network == network)
    bullets = told(opened(initializer="glorot_normal", depth="30")).partition("- **Glorot")[2]
    places = [bullets.index(c.reason) for c in (itself, *others[:3], failing)]
    assert places == sorted(places)


def test_curves_are_chosen_and_kept_in_the_address() -> None:
    app = opened(curve=["orthogonal.tanh", "zeros.sigmoid"])
    text = told(app)
    assert "- **Orthogonal, tanh**" in text
    assert "- **Zeros, Sigmoid**" in text
    assert "- **He normal, ReLU**" not in text
    app.multiselect[0].select("he_uniform.elu").run()
    assert app.query_params["curve"] == ["orthogonal.tanh", "zeros.sigmoid", "he_uniform.elu"]
    assert "- **He uniform, ELU**" in told(app)
    app.switch_page("pages/lab/explore.py").run()
    assert not app.exception
    app.switch_page("pages/lab/compare.py").run()
    assert "- **He uniform, ELU**" in told(app)


@pytest.mark.parametrize(
    ("curves", "complaint"),
    [
        (["he_normal"], "as he_normal.relu; got 'he_normal'"),
        (["he.relu", "zeros.relu"], "leaving it out"),
        ([f"zeros.{a}" for a in list(ACTIVATIONS)[:7]], "curve may be given 5 times; got 7"),
    ],
)
def test_a_bad_curve_is_named(curves: list[str], complaint: str) -> None:
    app = opened(curve=curves)
    assert any(complaint in w.value.replace("\\", "") for w in app.warning)


def test_too_much_work_is_refused_and_what_fits_is_one_click_away() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update({"depth": "200", "width": "128"})
    app.run()
    app.switch_page("pages/lab/compare.py").run()
    assert not app.exception
    assert not app.get("plotly_chart")
    (refused,) = app.warning
    assert "seconds for 289 pairs; the most is 60" in refused.value.replace("\\", "")
    assert any(b.label == "Use what fits" for b in app.button)


def test_a_comparison_stops_where_it_is_told_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    # However fast a probe is, a slice is not the whole comparison.
    monkeypatch.setattr(page, "_AT_ONCE", 0.0)
    monkeypatch.setattr(page, "_SLICE", 0.0)
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params.update({**SMALL, "seed": "77"})
    app.run()
    # As if Stop had been pressed while the first pair was measured.
    monkeypatch.setattr(page.st, "rerun", page.st.stop)
    app.switch_page("pages/lab/compare.py").run()
    stop = next(b for b in app.button if b.label == "Stop")
    stop.click().run()
    assert not app.exception
    assert "Stopped: " in told(app)
    measured = app.session_state["compared"].cells
    assert 0 < len(measured) < PAIRS
    assert len(app.get("plotly_chart")) == 3
    monkeypatch.undo()
    next(b for b in app.button if b.label == "Go on").click().run()
    assert f"Of all {PAIRS} pairs" in told(app)


def test_the_time_left_is_said_once_enough_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page.time, "monotonic", lambda: 110.0)
    cells = dict.fromkeys(networks(Network())[:29])
    assert page._time_left(page._Found((), cells, since=(100.0, 19))) == ""
    told = page._time_left(page._Found((), cells, since=(100.0, 9)))
    # 260 of them, at half a second each.
    assert told == ", about 130 seconds left"


def test_half_precision_and_normalization_have_a_map_too() -> None:
    assert "nothing was trained" in told(opened(dtype="float16", depth="2", width="4", size="4"))
    assert "nothing was trained" in told(
        opened(normalization="layer", depth="2", width="4", size="4")
    )
    single = told(opened(depth="1", width="1", size="2"))
    assert "nothing was trained. With a single layer nothing can drift." in single
