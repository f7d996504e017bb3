"""Modules as people write them: what they take, what they return, and what is refused."""

from collections import OrderedDict
from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from initviz import probe
from tests.engine.modules import Between, X, gradient


class Keywords(Between):
    def forward(self, x: Tensor, *, mask: Tensor, factor: float = 1.0) -> dict[str, object]:
        hidden = F.relu(input=F.linear(input=x, weight=self.first.weight, bias=self.first.bias))
        return {"name": "logits", "logits": factor * self.second(hidden) * mask}


class Several(Between):
    def forward(self, x: Tensor, pair: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        return self.second(F.relu(self.first(x + pair[0]))), pair[1]


class Scoring(Between):
    def forward(self, x: Tensor) -> OrderedDict[str, Tensor]:
        logits = super().forward(x)
        return OrderedDict(loss=logits.square().mean(), logits=logits)


def test_keyword_arguments_and_a_mapping_of_results() -> None:
    module = Keywords()
    table = probe(module, {"x": X, "mask": torch.ones(16, 1), "factor": 2.0}).table
    assert list(table["name"]) == ["first", "second"]
    plain = Between()
    plain.load_state_dict(module.state_dict())
    assert table["act_var"][0] == pytest.approx(
        F.relu(plain.first(X)).var(correction=0).item(), rel=1e-5
    )
    assert table["grad_weight_var"][0] == pytest.approx(
        4 * gradient(plain, X, "first.weight"), rel=1e-4
    )


def test_positional_arguments_with_tensors_inside() -> None:
    table = probe(Several(), (X, (X, X))).table
    assert list(table["name"]) == ["first", "second"]


def test_whole_numbers_are_inputs_too() -> None:
    module = nn.Sequential(nn.Embedding(20, 8), nn.Linear(8, 4))
    signals = probe(module, torch.randint(20, (4, 5)))
    assert list(signals.table["kind"]) == ["embedding", "linear"]
    assert signals.dtype == "float32"


def test_a_loss_of_ones_own() -> None:
    module = Between()
    table = probe(module, X, loss=lambda output: output.square().mean()).table
    (expected,) = torch.autograd.grad(module(X).square().mean(), module.first.weight)
    assert table["grad_weight_var"][0] == pytest.approx(expected.var(correction=0).item(), rel=1e-4)


def test_a_scalar_that_a_module_returns_first_is_its_loss() -> None:
    module = Scoring()
    own = probe(module, X).table["grad_weight_var"]
    np.testing.assert_allclose(
        own, probe(module, X, loss=lambda o: o["loss"]).table["grad_weight_var"]
    )


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda output: output, "one number; got shape"),
        (lambda _: 3.0, "one number; got float"),
        (lambda output: output["nothing"], "does not run"),
    ],
)
def test_a_loss_that_is_none_is_refused(loss: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        probe(Between(), X, loss=loss)  # type: ignore[arg-type]


def test_a_module_that_returns_no_tensor_is_refused() -> None:
    class Counting(Between):
        def forward(self, x: Tensor) -> Mapping[str, int]:
            return {"seen": len(super().forward(x))}

    with pytest.raises(ValueError, match="must return a floating-point tensor"):
        probe(Counting(), X)


@pytest.mark.parametrize("batch", [(), {}, (3, "x"), {"x": torch.ones(1, 6)}, [X]])
def test_a_batch_without_two_inputs_is_refused(batch: object) -> None:
    with pytest.raises(ValueError, match="batch must"):
        probe(Between(), batch)  # type: ignore[call-overload]


def test_whatever_a_forward_raises_is_told_in_one_line() -> None:
    layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)
    with pytest.raises(ValueError, match="TransformerEncoderLayer does not run"):
        probe(layer, torch.randn(4, 5, 20))


def test_inputs_have_to_be_finite() -> None:
    with pytest.raises(ValueError, match="batch must hold finite numbers"):
        probe(nn.Linear(6, 6), torch.full((4, 6), torch.nan))
