"""What the browser gets: plain JSON, the same whatever a held slider changes."""

import base64
import json

import numpy as np
import pytest

from initviz import INITIALIZERS, Batch, Network
from initviz.setting.data import input_lengths
from initviz.theory.forecast import forecast
from initviz.theory.portable import portable
from initviz.theory.tables import table

RESTING = Network(depth=1, activation="tanh")


def numbers(packed: str, dtype: type) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed), dtype)


def test_the_tables_travel_bit_by_bit() -> None:
    found = json.loads(json.dumps(portable(RESTING, Batch(), (64, 128))))
    rows = table("tanh").rows
    for column, name in enumerate(("square", "slope", "ratio")):
        np.testing.assert_array_equal(numbers(found[name], np.float64), rows[:, column])


@pytest.mark.parametrize("inputs", ["normal", "digits"])
def test_shares_keep_the_average_length(inputs: str) -> None:
    batch = Batch(inputs=inputs)
    there = portable(RESTING, batch, (128,))["widths"]["128"]
    shares = numbers(there["shares"], np.float32).astype(float)
    grid = np.linspace(there["low"], there["high"], len(shares))
    assert shares.sum() == pytest.approx(1, abs=1e-6)
    expected = input_lengths(batch, there["first"]).mean()
    assert shares @ np.exp(grid) == pytest.approx(expected, rel=2e-3)


def test_variances_are_those_of_a_gain_and_scale_of_one() -> None:
    found = portable(RESTING.replace(initializer="normal"), Batch(inputs="digits"), (32,))
    assert found["scaled"]
    assert found["unit"] == 0.01
    assert found["widths"]["32"]["first"] == 64
    assert found["widths"]["32"]["variances"] == [1, 1, 1]
    glorot = portable(RESTING.replace(initializer="glorot_normal"), Batch(inputs="digits"), (32,))
    assert glorot["widths"]["32"]["variances"] == pytest.approx([2 / 96, 2 / 64, 2 / 42])


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_there_is_something_to_send_where_theory_predicts(initializer: str) -> None:
    network = RESTING.replace(initializer=initializer)
    predicted = bool(forecast(network, Batch()).log10)
    assert (portable(network, Batch(), (128,)) is not None) == predicted


def test_a_shift_that_needs_a_table_a_layer_is_left_to_the_server() -> None:
    assert portable(RESTING.replace(normalization="rms", bias_mean=1), Batch(), (128,)) is None
    assert portable(RESTING.replace(bias_mean=1e6), Batch(), (128,)) is None
    assert "luck" not in portable(RESTING.replace(bias_mean=1), Batch(), (128,))
