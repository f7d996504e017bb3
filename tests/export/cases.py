"""What is exported in the tests: small networks of every architecture, and recipes of one's own."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import ks_2samp

from initviz.architectures import ARCHITECTURES, Architecture
from initviz.recipes.drawing import reinitialize, rules_of
from initviz.recipes.roles import ROLES
from initviz.recipes.rules import Recipe, Rule
from initviz.setting.spec import Spec

FIELDS: dict[str, list[dict[str, Any]]] = {
    "cnn": [
        {"depth": 4, "channels": 6},
        {"depth": 1, "channels": 5, "kernel": 1, "downsampling": "stride"},
        {"depth": 6, "channels": 6, "downsampling": "stride", "normalization": "batch"},
        {"depth": 6, "channels": 6, "kernel": 5, "downsampling": "max", "activation": "erf"},
        {"depth": 7, "channels": 6, "downsampling": "average", "activation": "gelu"},
    ],
    "residual": [
        {"depth": 3, "channels": 6},
        {"depth": 3, "channels": 6, "normalization": "batch", "activation": "tanh"},
        {"depth": 3, "channels": 6, "branch": "fixup", "kernel": 5, "activation": "sin"},
        {"depth": 2, "channels": 6, "branch": "skipinit"},
        {"depth": 2, "channels": 6, "branch": "rezero", "activation": "silu"},
    ],
    "recurrent": [
        {"cell": "rnn", "units": 12, "steps": 5},
        {"cell": "lstm", "units": 12, "steps": 5},
        {"cell": "lstm", "units": 8, "inputs": "digits", "forget_bias": 2.0},
        {"cell": "gru", "units": 12, "steps": 5},
    ],
    "transformer": [
        {"depth": 3, "width": 12, "steps": 7},
        {"depth": 1, "width": 12, "heads": 3, "steps": 7, "norm": "post", "mask": "causal"},
        {"depth": 2, "width": 8, "heads": 1, "steps": 1, "activation": "hardswish"},
    ],
}
NETWORKS = [
    pytest.param(ARCHITECTURES[name], ARCHITECTURES[name].spec(**fields),
                 id=f"{name} {' '.join(f'{v}' for v in fields.values())}")
    for name in ARCHITECTURES for fields in FIELDS[name]
]  # fmt: skip
_ALL = ("LSTM", "GRU", "RNN", "attention")


def own(initializer: str, **flags: Any) -> Recipe:
    """Return a recipe with one rule for every role."""
    return Recipe(
        initializer, 'My "own" \\ recipe', "", dict.fromkeys(ROLES, Rule(initializer, **flags))
    )


FLAGS = [{}, {"per_gate": _ALL, "hidden": True, "forget": -1.5, "matched": True, "centred": True}]


def ruled(architecture: Architecture, spec: Spec, recipe: Recipe) -> bool:
    """Return whether the recipe has a rule for all that the architecture has."""
    try:
        rules_of(
            architecture.build(spec), architecture.recipe(spec, recipe), architecture.roles(spec)
        )
    except ValueError:
        return False
    return True


def run(text: str, name: str = "exported") -> dict[str, Any]:
    """Return the names that an exported script defines."""
    scope: dict[str, Any] = {"__name__": name}
    exec(compile(text, "exported.py", "exec"), scope)  # noqa: S102 - what is tested
    return scope


def ours(
    architecture: Architecture, spec: Spec, recipe: Recipe, draws: int
) -> dict[str, list[np.ndarray]]:
    """Return the parameters that the program draws, by name, in several draws.

    What is scaled on a batch afterwards is in no script.
    """
    module, found = architecture.build(spec), {}
    chosen = replace(architecture.recipe(spec, recipe), unit_variance=False)
    for seed in range(draws):
        reinitialize(module, chosen, seed=seed, roles=architecture.roles(spec))
        for name, parameter in module.named_parameters():
            found.setdefault(name, []).append(parameter.detach().numpy().copy())
    return found


def assert_alike(theirs: list[np.ndarray], mine: list[np.ndarray], name: str) -> None:
    """Compare several draws of one parameter: constants exactly, the rest as distributions.

    Of n values whose fourth moment is k times the squared variance, the logarithm of the sample
    variance has the variance (k − 1) / n; a small sample's own k may be too small.
    """
    expected, found = (
        np.concatenate([v.ravel() for v in draws]).astype(float) for draws in (mine, theirs)
    )
    assert expected.shape == found.shape, name
    if np.ptp(expected) == 0:
        np.testing.assert_allclose(found, expected, rtol=1e-6, err_msg=name)
        return
    n, spread = len(expected), expected.std()
    fourth = np.mean(((expected - expected.mean()) / spread) ** 4)
    tolerance = 5 * math.sqrt(2 * (max(fourth, 3) - 1) / n)
    assert abs(math.log(found.var() / expected.var())) < tolerance, name
    assert found.mean() == pytest.approx(expected.mean(), abs=5 * spread * math.sqrt(2 / n)), name
    assert ks_2samp(expected, found, method="asymp").pvalue > 1e-5, name
