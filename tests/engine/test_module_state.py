"""Modules as people write them: left as they were, whatever happens in a pass."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from initviz import probe
from tests.engine.modules import Between, Lambda, X


class Changing(nn.Module):
    """Renormalizes a table, writes an expanded buffer, keeps a state, and registers a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(20, 6, max_norm=0.1)
        self.layer = nn.Linear(6, 6)
        self.register_buffer("wide", torch.zeros(1).expand(4))
        self.register_buffer("seen", torch.zeros(()))
        self.state, self.calls = None, 0

    def forward(self, x: Tensor) -> Tensor:
        self.seen += 1
        self.calls += 1
        self.state = self.layer(self.table(x)) + (0 if self.state is None else self.state)
        self.register_buffer("late", torch.ones(2))
        return self.state


def test_tables_buffers_and_attributes_stay_as_they_were() -> None:
    module = Changing()
    before = {k: v.clone() for k, v in module.state_dict().items()}
    ids = torch.arange(20).reshape(4, 5)
    first, second = probe(module, ids), probe(module, ids)
    assert first.table.equals(second.table)
    assert module.state is None
    assert module.calls == 0
    after = module.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(v, before[k]) for k, v in after.items())


def test_hooks_are_gone_after_a_nested_forward_raises() -> None:
    class Failing(Between):
        def forward(self, x: Tensor) -> Tensor:
            return self.second(self.first(x)[:, :3])

    module = Failing()
    with pytest.raises(ValueError, match="Failing does not run"):
        probe(module, X)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in module.modules())
    assert "apply" not in vars(torch.utils.checkpoint.CheckpointFunction)


@pytest.mark.parametrize("extra", [{"lock": threading.Lock()}, {"eye": torch.eye(6)}])
def test_what_cannot_be_repeated_in_float64_keeps_its_own(extra: dict[str, object]) -> None:
    module = Lambda(lambda m, x: m.second(m.first(x)) @ vars(m).get("eye", torch.eye(6)))
    vars(module).update(extra)
    nn.init.zeros_(module.second.weight)
    nn.init.zeros_(module.second.bias)
    assert probe(module, X).table["preact_var"][1] == 0


def test_probes_of_random_modules_beside_each_other_are_as_alone() -> None:
    modules = [nn.Sequential(nn.Linear(6, 64), nn.Dropout(), nn.Linear(64, 6)) for _ in range(8)]
    alone = [probe(m, X).table["preact_var"] for m in modules]
    before = torch.get_rng_state()
    with ThreadPoolExecutor(4) as pool:
        beside = list(pool.map(lambda m: probe(m, X).table["preact_var"], modules))
    assert all(map(np.array_equal, alone, beside))
    assert torch.equal(torch.get_rng_state(), before)
