"""Rounding alone: gradient descent keeps copies, Adam may make a few groups of them."""

import numpy as np

from initviz.experiments.rounding import RATES, STEPS, WIDTHS, torn


def test_gradient_descent_keeps_copies_and_groups_are_worth_little() -> None:
    found = torn()
    assert found.groups.shape == (len(RATES), len(WIDTHS), STEPS)
    np.testing.assert_allclose(found.groups[0], 1)
    # As many as the processor rounds differently: never many, and few enough to learn little.
    assert found.groups[1].min() >= 1 - 1e-9
    assert found.groups[1].max() <= 16
    assert found.test_accuracy.max() < 0.5
