"""What a notebook shows of a probe."""

import math
import re
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from torch import nn

from initviz import Batch, Network, Signals, probe
from initviz.sketch import sketch


def parsed(signals: Signals) -> ET.Element:
    return ET.fromstring(f"<div>{signals._repr_html_()}</div>")  # noqa: S314 - our own text


@pytest.mark.parametrize(
    "network",
    [
        Network(),
        Network(depth=1),
        Network(initializer="zeros"),
        Network(depth=200, initializer="glorot_uniform"),
        Network(depth=200, gain=100),
    ],
)
def test_it_says_the_verdict_and_draws_both_curves(network: Network) -> None:
    signals = probe(network)
    found = parsed(signals)
    text = " ".join(found.itertext())
    assert signals.diagnosis.verdict.capitalize() in text
    assert "Activation variance" in text
    assert "Gradient variance" in text
    assert len(found.findall(".//path")) == 2
    assert "nan" not in signals._repr_html_()


def test_a_point_lies_where_its_value_is() -> None:
    log10 = np.array([0.0, -2.0, math.nan, 4.0])
    drawn = sketch({"one": log10})
    points = re.findall(r"([ML])([\d.]+) ([\d.]+)", drawn)
    assert [p[0] for p in points] == ["M", "L", "M"]
    heights = [float(p[2]) for p in points]
    # Four decades up from 0 is twice as far as two down, the other way.
    assert heights[1] - heights[0] == pytest.approx((heights[0] - heights[2]) / 2, abs=0.1)


def test_a_module_of_ones_own_has_one_too() -> None:
    signals = probe(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 4)), Batch())
    assert len(parsed(signals).findall(".//svg")) == 2
