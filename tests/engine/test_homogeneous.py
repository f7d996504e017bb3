"""What a gain is said to do, against a pass that was run at that gain."""

import numpy as np
import pytest

from initviz import ACTIVATIONS, Batch, Network
from initviz.engine import dense, homogeneous
from initviz.engine.columns import Columns

HOMOGENEOUS = [name for name, activation in ACTIVATIONS.items() if activation.homogeneous]


def _logs(measured: Columns) -> dict[str, np.ndarray]:
    doubling = {c: 1 if c.endswith("mean") else 2 for c in measured.exponents}
    with np.errstate(divide="ignore"):
        return {
            c: np.log10(np.abs(measured.values[c])) + np.log10(2) * doubling[c] * e
            for c, e in measured.exponents.items()
        }


@pytest.mark.parametrize("initializer", ["he_normal", "orthogonal", "normal", "glorot_uniform"])
@pytest.mark.parametrize("gain", [1e-3, 0.7, 1.5, 100.0])
@pytest.mark.parametrize("activation", HOMOGENEOUS)
def test_a_rescaled_pass_is_the_pass_at_that_gain(
    activation: str, gain: float, initializer: str
) -> None:
    network = Network(depth=40, width=24, activation=activation, initializer=initializer, gain=gain)
    batch = Batch(size=16, dtype="float64")
    quick, run = homogeneous.measure(network, batch), dense.measure(network, batch)
    there, here = _logs(run), _logs(quick)
    for column, expected in there.items():
        np.testing.assert_allclose(here[column], expected, atol=1e-6, err_msg=column)
    for column in run.values.keys() - run.exponents.keys():
        np.testing.assert_allclose(
            quick.values[column], run.values[column], rtol=1e-9, atol=1e-12, err_msg=column
        )
    for quantity, expected in run.samples.items():
        found = quick.samples[quantity]
        shift = (found.exponents - expected.exponents)[:, None]
        np.testing.assert_allclose(
            np.ldexp(found.mantissa.astype(float), shift), expected.mantissa, rtol=1e-5
        )


@pytest.mark.parametrize(
    ("changed", "loss"),
    [
        ({"activation": "tanh"}, "gaussian"),
        ({"bias_std": 0.1}, "gaussian"),
        ({"bias_mean": 0.1}, "gaussian"),
        ({"gain": 0.0}, "gaussian"),
        ({}, "cross_entropy"),
    ],
)
def test_where_a_gain_does_more_than_multiply_the_pass_is_run(
    changed: dict[str, object], loss: str
) -> None:
    network = Network(depth=8, width=24, gain=1.7).replace(**changed)
    batch = Batch(size=16, loss=loss)
    quick, run = homogeneous.measure(network, batch), dense.measure(network, batch)
    for column, expected in run.values.items():
        np.testing.assert_array_equal(quick.values[column], expected, err_msg=column)
