"""Exported source is run, and its weights are compared."""

import contextlib
import io
import math
from collections.abc import Callable

import pytest
import torch
from torch import nn

from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network
from initviz.catalog.initializers import NORMAL
from initviz.export.network import command, flax, keras, pytorch
from initviz.setting.network import NORMALIZATIONS, build


def execute(source: str, *, as_script: bool) -> tuple[dict[str, object], str]:
    scope: dict[str, object] = {"__name__": "__main__" if as_script else "exported"}
    printed = io.StringIO()
    with torch.random.fork_rng(), contextlib.redirect_stdout(printed):
        torch.manual_seed(0)
        exec(compile(source, "exported.py", "exec"), scope)  # noqa: S102 - what is tested
        scope["model"] = scope["build"]()
    return scope, printed.getvalue()


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_exported_weights_have_the_same_statistics(initializer: str) -> None:
    record = INITIALIZERS[initializer]
    network = Network(depth=4, width=96, initializer=initializer, gain=1.5, bias_mean=0.2)
    scope, _ = execute(pytorch(network, Batch(inputs="digits")), as_script=False)
    exported = [m for m in scope["model"] if isinstance(m, nn.Linear)]
    ours = [m for m in build(network, Batch(inputs="digits")) if isinstance(m, nn.Linear)]
    for theirs, mine in zip(exported, ours, strict=True):
        assert theirs.weight.shape == mine.weight.shape
        expected = record.variance(mine.in_features, mine.out_features, gain=1.5)
        tolerance = 5 * math.sqrt(2 / theirs.weight.numel())
        assert theirs.weight.var().item() == pytest.approx(expected, rel=tolerance, abs=1e-12)
        assert theirs.weight.mean().item() == pytest.approx(
            mine.weight.mean().item(), abs=1e-6 + 8 * math.sqrt(expected / mine.weight.numel())
        )
        assert torch.allclose(theirs.bias, mine.bias)


@pytest.mark.parametrize(
    ("export", "named"),
    [
        (keras, ("RandomNormal(", '"untruncated_normal"')),
        (flax, ("initializers.normal(", '"normal"')),
    ],
)
@pytest.mark.parametrize("initializer", [n for n, i in INITIALIZERS.items() if i.noise is NORMAL])
def test_a_normal_law_keeps_its_tails_in_keras_and_flax(
    initializer: str, export: Callable[[Network, Batch], str], named: tuple[str, str]
) -> None:
    # Their own HeNormal, GlorotNormal and LecunNormal cut the tails at two standard deviations.
    source = export(Network(depth=2, width=8, initializer=initializer), Batch())
    assert any(name in source for name in named)


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_an_exported_script_builds_the_same_layers_and_runs(
    activation: str, normalization: str
) -> None:
    network = Network(depth=3, width=16, activation=activation, normalization=normalization,
                      bias_std=0.1)  # fmt: skip
    scope, printed = execute(pytorch(network, Batch(size=8)), as_script=True)
    x = torch.randn(8, 16)
    ours = build(network, Batch(size=8))
    ours.load_state_dict(
        dict(zip(ours.state_dict(), scope["model"].state_dict().values(), strict=True))
    )
    assert torch.allclose(scope["model"](x), ours(x))
    assert len(printed.splitlines()) == 4


def test_the_command_names_what_differs_from_the_defaults() -> None:
    network = Network(depth=3, bias_std=0.5)
    assert command(network, Batch(seed=2)) == (
        "python -m initviz probe --depth 3 --bias-std 0.5 --seed 2"
    )
