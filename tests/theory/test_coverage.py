"""Whether 95 % of draws lie where the band says: act_var and grad_preact_var, all activations."""

import numpy as np
import pytest

from benchmarks.coverage import COLUMNS, shares
from initviz import ACTIVATIONS, Batch

USUAL = ("he_normal", "glorot_uniform", "lecun_normal")


@pytest.mark.parametrize(("width", "depth", "draws"), [(24, 12, 100), (128, 12, 60)])
def test_most_draws_lie_in_the_band_and_not_all(width: int, depth: int, draws: int) -> None:
    found = shares(width, depth, draws, USUAL, Batch(size=32))
    assert len(found) == len(ACTIVATIONS) * len(USUAL) * len(COLUMNS)
    values = np.array(list(found.values()))
    # A share over the layers of so many draws strays by about two and three hundredths.
    assert values.min() >= 0.85, min(found, key=found.__getitem__)
    assert np.mean((values >= 0.9) & (values <= 0.99)) >= 0.95
    assert 0.93 <= values.mean() <= 0.975


def test_orthogonal_networks_stray_so_little_that_the_next_order_shows() -> None:
    found = shares(48, 12, 40, ("orthogonal",), Batch(size=32))
    assert min(found.values()) >= 0.8, min(found, key=found.__getitem__)
