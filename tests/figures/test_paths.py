"""Charts of an architecture's path."""

import numpy as np
import pytest

from initviz.architectures import ARCHITECTURES
from initviz.architectures.study import Study, study
from initviz.figures import paths
from initviz.figures.theme import LIGHT
from initviz.recipes.table import RECIPES


@pytest.fixture(scope="module", params=ARCHITECTURES)
def found(request: pytest.FixtureRequest) -> Study:
    architecture = ARCHITECTURES[request.param]
    recipe = RECIPES["recommended"]
    return study(architecture, architecture.spec(), recipe)


@pytest.mark.parametrize("side", paths.SIDES)
def test_the_line_is_the_path_and_every_point_is_named(found: Study, side: str) -> None:
    shown = paths.shared_window([found])
    figure = paths.plot_paths({"one": found}, side, shown=shown, colours=LIGHT)
    line = figure.data[-1]
    log10 = found.path.act_log10 if side == "act" else found.path.grad_log10
    np.testing.assert_allclose(np.log10(line.y), log10, atol=1e-6)
    assert all(n in text for n, text in zip(found.path.names, line.customdata, strict=True))
    assert len(figure.data) == 1 + len(found.inside)
    assert figure.layout.xaxis.title.text == found.noun
    assert figure.layout.yaxis.type == "log"
    assert shown[0] <= log10.min() <= log10.max() <= shown[1]


def test_two_recipes_share_the_axes_and_not_the_hue(found: Study) -> None:
    figure = paths.plot_paths({"one": found, "other": found}, "act", shown=(-4, 4), colours=LIGHT)
    lines = [t for t in figure.data if t.name in ("one", "other")]
    assert len({line.line.color for line in lines}) == 2


def test_the_alternative_says_where_it_ends(found: Study) -> None:
    told = paths.describe(found, "grad")
    assert f"at {found.noun} {len(found.path.names)}" in told
    assert found.diagnosis.verdict in told
