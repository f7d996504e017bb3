"""Whatever is exported is Python that a linter has nothing against."""

import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from initviz import Batch, Network
from initviz.architectures import ARCHITECTURES
from initviz.catalog.initializers import INITIALIZERS
from initviz.export import FRAMEWORKS, source
from initviz.export import network as dense
from initviz.recipes.roles import ROLES
from initviz.recipes.rules import Recipe, Rule
from initviz.recipes.table import RECIPES
from initviz.setting.network import NORMALIZATIONS
from tests.export.cases import FLAGS, NETWORKS, own, ruled

RULES = st.builds(
    Rule,
    initializer=st.sampled_from(sorted(INITIALIZERS)),
    scale=st.none() | st.floats(0, 10),
    per_gate=st.lists(st.sampled_from(["LSTM", "GRU", "RNN", "attention"]), unique=True).map(tuple),
    hidden=st.booleans(),
    forget=st.none() | st.floats(-10, 10),
    matched=st.booleans(),
    centred=st.booleans(),
)
RECIPES_OF_ONES_OWN = st.builds(
    Recipe,
    name=st.text(),
    label=st.text(),
    reference=st.text(),
    rules=st.fixed_dictionaries(dict.fromkeys(ROLES, RULES)),
)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_nothing_is_undefined_or_unused(framework: str, tmp_path: Path) -> None:
    recipes = [*RECIPES.values(), *(own(i, **flags) for i in INITIALIZERS for flags in FLAGS)]
    for place, network in enumerate(NETWORKS):
        architecture, spec = network.values
        for number, recipe in enumerate(recipes):
            if ruled(architecture, spec, recipe):
                text = source(architecture, spec, recipe, framework)
                (tmp_path / f"case_{place}_{number}.py").write_text(text)
    if framework != "pytorch":
        for number, (initializer, normalization) in enumerate(
            product(INITIALIZERS, NORMALIZATIONS)
        ):
            network = Network(initializer=initializer, normalization=normalization, gain=1.5)
            text = getattr(dense, framework)(network, Batch())
            (tmp_path / f"dense_{number}.py").write_text(text)
    ruff = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--select",
        "F,E4,E7,E9,W,I",
        str(tmp_path),
    ]
    done = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("framework", FRAMEWORKS)
@given(recipe=RECIPES_OF_ONES_OWN, network=st.sampled_from(NETWORKS))
def test_any_recipe_is_python(framework: str, recipe: Recipe, network: object) -> None:
    text = source(*network.values, recipe, framework)
    compile(text, "exported.py", "exec")
    assert "initviz" not in text.replace(recipe.label, "").replace(recipe.reference, "")


def test_an_unknown_framework_is_refused() -> None:
    cnn = ARCHITECTURES["cnn"]
    with pytest.raises(ValueError, match=r"framework must be one of pytorch.*; got 'caffe'"):
        source(cnn, cnn.spec(), RECIPES["pytorch"], "caffe")
