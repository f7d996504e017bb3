"""What all tests share."""

import torch
from hypothesis import settings

# Test processes run side by side, one for each core; more threads would only get in the way.
torch.set_num_threads(1)

settings.register_profile("initviz", deadline=None)
settings.load_profile("initviz")
