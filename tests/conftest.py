"""What all tests share."""

import pytest
import torch
from hypothesis import settings

# Test processes run side by side, one for each core; more threads would only get in the way.
torch.set_num_threads(1)

settings.register_profile("initviz", deadline=None)
settings.load_profile("initviz")


@pytest.fixture(autouse=True)
def _seed() -> None:
    """Let modules that draw their own weights draw the same ones at every run."""
    torch.manual_seed(0)
