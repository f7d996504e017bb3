"""What all tests share."""

import os
from pathlib import Path

import pytest

# Test processes run side by side, one for each core; more threads would only get in the way.
# NumPy's and SciPy's own read this when they are loaded, and so do the processes a test starts.
os.environ["OMP_NUM_THREADS"] = "1"

import torch
from hypothesis import settings

HERE = Path(__file__).parent
# A folder each, and a marker.
LANES = ("browser", "server")

settings.register_profile("initviz", deadline=None)
settings.load_profile("initviz")


@pytest.fixture(autouse=True)
def _seed() -> None:
    """Let modules that draw their own weights draw the same ones at every run."""
    torch.manual_seed(0)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a Chromium or a server, so that everything else can be run alone."""
    for item in items:
        for lane in LANES:
            if item.path.is_relative_to(HERE / lane):
                item.add_marker(lane)
