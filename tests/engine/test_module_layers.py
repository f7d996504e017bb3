"""Modules as people write them: layers that are more, or less, than a matrix."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from initviz import probe
from tests.engine.modules import Lambda, X


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
def test_a_recurrent_layer_is_a_row_of_its_states(kind: type[nn.RNNBase]) -> None:
    layer = kind(6, 5, batch_first=True)
    x = torch.randn(8, 7, 6)
    table = probe(layer, x).table
    assert list(table["kind"]) == [kind.__name__.lower()]
    states = layer(x)[0]
    assert table["act_var"][0] == pytest.approx(states.var(correction=0).item(), rel=1e-4)
    weights = torch.cat([layer.weight_ih_l0.flatten(), layer.weight_hh_l0.flatten()])
    assert table["weight_var"][0] == pytest.approx(weights.var(correction=0).item(), rel=1e-4)
    assert (table["fan_in"][0], table["fan_out"][0]) == (11, 5)


def test_a_recurrent_cell_is_a_row_at_every_step() -> None:
    class Loop(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cell = nn.LSTMCell(6, 5)

        def forward(self, x: Tensor) -> Tensor:
            state = None
            for step in x.unbind(1):
                state = self.cell(step, state)
            return state[0]

    table = probe(Loop(), torch.randn(8, 7, 6)).table
    assert list(table["name"]) == ["cell"] * 7
    assert table["grad_act_var"].is_monotonic_increasing
    assert table["weight_var"].nunique() == 1


def test_the_state_of_a_cell_may_be_a_list() -> None:
    cell = nn.LSTMCell(6, 5)

    def twice(kind: type) -> Lambda:
        def run(m: Lambda, x: Tensor) -> Tensor:
            return m.cell(x, kind(m.cell(x, kind((torch.ones(16, 5), torch.ones(16, 5))))))[0]

        return Lambda(run, cell=cell)

    listed, tupled = (probe(twice(kind), X).table for kind in (list, tuple))
    np.testing.assert_allclose(listed["weight_var"], tupled["weight_var"])
    np.testing.assert_allclose(listed["grad_weight_var"], tupled["grad_weight_var"])


@pytest.mark.parametrize("alone", [True, False])
def test_attention_is_seen_inside(alone: bool) -> None:
    class Attending(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.attention = nn.MultiheadAttention(8, 2, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            other = x if alone else x + 1
            return self.attention(x, other, other)[0]

    module = Attending()
    table = probe(module, torch.randn(4, 5, 8)).table
    inside = ["attention.in_proj"] if alone else ["attention.in_proj"] * 2
    assert list(table["name"]) == [*inside, "attention.out_proj"]
    if alone:
        assert table["weight_var"][0] == pytest.approx(
            module.attention.in_proj_weight.var(correction=0).item(), rel=1e-4
        )
    assert (table["grad_weight_var"] > 0).all()


def test_an_encoder_layer_in_eval_mode_takes_no_short_cut() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    table = probe(layer, torch.randn(4, 5, 8)).table
    assert list(table["name"]) == ["self_attn.in_proj", "self_attn.out_proj", "linear1", "linear2"]


def test_a_bilinear_unit_has_the_product_of_its_inputs_as_fan_in() -> None:
    module = Lambda(lambda m, x: m.both(x, x + 1), both=nn.Bilinear(6, 6, 4))
    table = probe(module, X).table
    assert (table["fan_in"][0], table["fan_out"][0]) == (36, 4)


def test_activations_with_parameters_of_their_own() -> None:
    module = nn.Sequential(nn.Linear(6, 8), nn.PReLU(8), nn.Linear(8, 2))
    assert len(probe(module, X).table) == 2


@pytest.mark.parametrize("batch_first", [True, False])
def test_inputs_that_are_alike_have_a_correlation_of_one(batch_first: bool) -> None:
    passage = torch.randn(1, 5, 16)
    x = passage.repeat(8, 1, 1)
    layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=batch_first, dropout=0.0)
    if batch_first:
        np.testing.assert_allclose(probe(layer, x).table["correlation"], 1, atol=1e-6)
    lstm = nn.LSTM(16, 8, batch_first=batch_first)
    if batch_first:
        np.testing.assert_allclose(probe(lstm, x).table["correlation"], 1, atol=1e-6)


def test_pooling_and_flattening_are_no_drift() -> None:
    torch.manual_seed(0)
    pooled = nn.Sequential(
        nn.Conv2d(3, 16, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)
    )
    signals = probe(pooled, torch.randn(32, 3, 16, 16))
    assert signals.diagnosis.verdict == "stable"
    assert "left out" in signals.diagnosis.reason
    deep = [layer for _ in range(20) for layer in (nn.Conv2d(8, 8, 3, padding=1), nn.ReLU())]
    assert probe(nn.Sequential(*deep), torch.randn(8, 8, 8, 8)).diagnosis.verdict == "vanishing"


def test_equal_channels_are_counted_as_channels() -> None:
    layers = nn.Sequential(nn.Conv2d(3, 32, 3), nn.Tanh(), nn.Conv2d(32, 8, 3))
    for layer in layers[::2]:
        nn.init.constant_(layer.weight, 0.1)
        nn.init.zeros_(layer.bias)
    reason = probe(layers, torch.randn(4, 3, 8, 8)).diagnosis.reason
    assert "All 32 units of layer 1 (0) compute the same thing" in reason
