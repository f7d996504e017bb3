"""The script expects of every layer what the server does, in the same words."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from initviz import ACTIVATIONS, Batch, Network
from initviz.runtime.words import from_log10
from initviz.theory.band import luck
from initviz.theory.forecast import forecast
from initviz.theory.portable import portable

pytestmark = pytest.mark.xdist_group("browser")

COLUMNS = ("act_var", "grad_preact_var", "grad_act_var", "grad_weight_var")

# At some length χ_q exceeds 1, or nearly does so.
UNSTABLE = ("gelu", "silu", "mish", "hardswish", "softplus")

settings_ = st.fixed_dictionaries(
    {
        "depth": st.integers(1, 200),
        "width": st.sampled_from([2**i for i in range(1, 12)]),
        "initializer": st.sampled_from(
            ["he_normal", "glorot_uniform", "lecun_normal", "orthogonal", "torch_default", "normal"]
        ),
        "gain": st.floats(0.3, 3),
        "bias_std": st.one_of(st.just(0.0), st.floats(0, 1)),
        "normalization": st.sampled_from(["none", "none", "none", "batch", "layer", "rms"]),
    }
)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    fields=settings_,
    inputs=st.sampled_from(["normal", "digits"]),
    loss=st.sampled_from(["gaussian", "cross_entropy"]),
)
def test_the_browser_predicts_what_python_does(
    engine: Page, activation: str, fields: dict, inputs: str, loss: str
) -> None:
    network, batch = Network(activation=activation, **fields), Batch(inputs=inputs, loss=loss)
    resting = network.replace(depth=1, gain=1.0, bias_std=0.0)
    tables = json.loads(json.dumps(portable(resting, batch, (network.width,))))
    found = engine.evaluate(
        "([tables, setting]) => new hand.Theory(tables).predict(setting)",
        [tables, network.model_dump()],
    )
    expected = forecast(network, batch).log10
    # Lengths that no layer draws back (those of GELU and its kin) carry every difference along:
    # there the browser may be as far off as half a percent of gain takes them.
    nudged = forecast(network.replace(gain=1.005 * network.gain), batch).log10
    for column in expected.keys() & set(COLUMNS):
        carried = np.nanmax(np.abs(nudged[column] - expected[column]), initial=0)
        slack = carried if activation in UNSTABLE else 0
        np.testing.assert_allclose(
            found[column], expected[column], atol=0.02 + slack, err_msg=column
        )


def test_the_tolerance_sees_a_wrong_recursion(engine: Page) -> None:
    batch, network = Batch(), Network(depth=20, activation="tanh")
    tables = portable(network.replace(depth=1), batch, (128,))
    found = engine.evaluate(
        "([tables, setting]) => new hand.Theory(tables).predict(setting)",
        [tables, network.replace(gain=1.01).model_dump()],
    )
    off = np.abs(
        np.array(found["grad_preact_var"]) - forecast(network, batch).log10["grad_preact_var"]
    )
    assert off.max() > 0.02


def test_the_browsers_band_is_the_servers(engine: Page) -> None:
    for network in (
        Network(depth=50, gain=0.8),
        Network(activation="tanh", initializer="glorot_uniform", depth=30),
        Network(activation="tanh", initializer="orthogonal", gain=1.3, bias_std=0.2, width=64),
        Network(activation="sigmoid", initializer="glorot_uniform"),
        Network(activation="softplus", width=64, depth=10),
        Network(activation="selu", initializer="lecun_normal", width=64),
    ):
        tables = portable(
            network.replace(depth=1, gain=1.0, bias_std=0.0), Batch(), (network.width,)
        )
        ends = engine.evaluate(
            """([tables, setting]) => {
                const theory = new hand.Theory(tables).predict(setting);
                return new hand.Luck(tables).ends(setting, theory);
            }""",
            [tables, network.model_dump()],
        )
        for column, expected in luck(network, Batch()).ends.items():
            if column not in ends:
                continue
            reach = np.subtract(*expected[::-1]).max()
            outline = np.concatenate((expected[0], expected[1][::-1]))
            np.testing.assert_allclose(ends[column], outline, atol=0.12 * reach)


@pytest.mark.parametrize("log10", [-308.2, -15.0, -3.004, -0.3, 0, 1.5, 2.999, 3.9999, 17.2])
def test_numbers_are_worded_as_everywhere(engine: Page, log10: float) -> None:
    assert engine.evaluate("(x) => hand.words(x)", log10) == from_log10(log10)
