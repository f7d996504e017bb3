"""The logic of the Isometry page, run without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from initviz import ACTIVATIONS, Batch, Network
from initviz.experiments import jacobian
from initviz.experiments.jacobian import measure, twin

ROOT = Path(__file__).parents[2]


def opened(**params: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params.update({"depth": "10", "width": "32", "size": "16", **params})
    app.run()
    app.switch_page("pages/lab/isometry.py")
    app.run()
    assert not app.exception
    return app


def told(app: AppTest) -> str:
    return " ".join(m.value for m in (*app.markdown, *app.caption))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_has_a_spectrum(activation: str) -> None:
    app = opened(activation=activation)
    assert "of the input" in app.markdown[-1].value
    assert len(app.get("plotly_chart")) == 2


def test_an_isometry_is_called_one() -> None:
    app = opened(activation="linear", initializer="orthogonal")
    assert "**All 32 directions of the input arrive equally strongly.**" in told(app)
    assert "a mean of 1.0 (theory 1.0) and a variance of 0 times its square (theory 0)" in told(app)
    assert "The Gaussian twin" in told(app)


def test_the_answer_counts_what_was_measured() -> None:
    network = Network(depth=10, width=32, activation="tanh", initializer="glorot_normal")
    counts = []
    for n in (network, twin(network)):
        output = measure(n, Batch(size=16)).log10[-1]
        counts.append(int((output >= -2).sum()))
    assert counts[0] < counts[1]
    text = told(opened(activation="tanh", initializer="glorot_normal"))
    assert f"**Of 32 directions of the input, {counts[0]} arrive**" in text
    assert f"In its orthogonal twin {counts[1]} arrive." in text


def test_a_twin_that_is_too_much_work_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jacobian, "MAX_FLOPS", jacobian.flops(Network(depth=11, width=32)))
    app = opened(depth="11")
    assert len(app.get("plotly_chart")) == 2
    assert "Its orthogonal twin is too much work" in told(app)


def test_relu_loses_directions() -> None:
    assert "not at all" in told(opened(depth="30", initializer="he_normal"))


def test_zeros_let_nothing_through() -> None:
    text = told(opened(initializer="zeros"))
    assert "**None of 32 directions of the input arrives**" in text
    assert "No gain gives orthogonal weights of this size" in text


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"normalization": "batch"}, "normalization must be"),
        ({"width": "2048", "depth": "30"}, "width 512 fits"),
    ],
)
def test_what_cannot_be_measured_is_said(params: dict[str, str], reason: str) -> None:
    app = opened(**params)
    assert any(reason in w.value.replace("\\", "") for w in app.warning)
    assert not app.get("plotly_chart")
