"""Imports point downward only."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = [ROOT / "app.py", *ROOT.glob("pages/**/*.py"), *ROOT.glob("initviz/**/*.py")]
# Where a library may be imported: everything else may not know it exists.
HOMES = {
    "streamlit": ("app.py", "pages/", "initviz/ui/"),
    "plotly": ("initviz/figures/",),
}
NO_TORCH = ("app.py", "pages/", "initviz/ui/", "initviz/figures/")
LEVELS = ("initviz/", "initviz/figures/", "initviz/ui/", "pages/", "app.py")


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {str(node.module), *(f"{node.module}.{a.name}" for a in node.names)}
    return found


def level(place: str) -> int:
    return max(i for i, prefix in enumerate(LEVELS) if place.startswith(prefix))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_point_downward(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    for name in imports(path):
        library = name.partition(".")[0]
        if library in HOMES:
            assert place.startswith(HOMES[library]), f"{place} imports {name}"
        if library == "torch":
            assert not place.startswith(NO_TORCH), f"{place} imports {name}"
        if library == "initviz":
            assert level(name.replace(".", "/") + "/") <= level(place), f"{place} imports {name}"


def test_pages_are_short() -> None:
    for path in ROOT.glob("pages/**/*.py"):
        assert len(path.read_text().splitlines()) <= 60
