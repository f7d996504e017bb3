"""The plan of the house: rooms in one order, and every import points down it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = [ROOT / "app.py", *ROOT.glob("pages/**/*.py"), *ROOT.glob("initviz/**/*.py")]
# Lowest first. A file may import from its own room and from those above it in this list.
ROOMS = (
    "initviz/runtime/",
    "initviz/catalog/",
    "initviz/setting/",
    "initviz/engine/",
    "initviz/recipes/",
    "initviz/verdict/",
    "initviz/theory/",
    "initviz/checkpoints/",
    "initviz/sketch.py",
    "initviz/signals.py",
    "initviz/probe.py",
    "initviz/training/",
    "initviz/architectures/",
    "initviz/experiments/",
    "initviz/export/",
    "initviz/__init__.py",
    "initviz/figures/",
    "initviz/cli/",
    "initviz/__main__.py",
    "initviz/ui/",
    "pages/",
    "app.py",
)
# Where a library may be imported: everything else may not know it exists.
HOMES = {
    "streamlit": ("app.py", "pages/", "initviz/ui/"),
    "plotly": ("initviz/figures/",),
}
NO_TORCH = ("app.py", "pages/", "initviz/ui/", "initviz/figures/")


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> set[str]:
    """Return what a file imports anywhere in it, functions included: dotted names."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{place(path)} imports relatively"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def file_of(name: str) -> str | None:
    """Return the file of the project that a dotted name stands in, if it is one."""
    parts = name.split(".")
    for end in (len(parts), len(parts) - 1):
        path = ROOT.joinpath(*parts[:end])
        if path.with_suffix(".py").is_file():
            return place(path.with_suffix(".py"))
        if (path / "__init__.py").is_file():
            return place(path / "__init__.py")
    return None


def uses(path: Path) -> set[str]:
    return {file for name in imports(path) if (file := file_of(name)) and file != place(path)}


def floor(file: str) -> int:
    return next(i for i, room in enumerate(ROOMS) if file.startswith(room))


@pytest.mark.parametrize("path", FILES, ids=place)
def test_imports_point_downward(path: Path) -> None:
    for file in uses(path):
        assert floor(file) <= floor(place(path)), f"{place(path)} imports {file}, which is above it"


@pytest.mark.parametrize("path", FILES, ids=place)
def test_libraries_stay_in_their_homes(path: Path) -> None:
    for name in imports(path):
        library = name.partition(".")[0]
        if library in HOMES:
            assert place(path).startswith(HOMES[library]), f"{place(path)} imports {name}"
        if library == "torch":
            assert not place(path).startswith(NO_TORCH), f"{place(path)} imports {name}"


def test_no_files_import_each_other_in_a_circle() -> None:
    left = {place(path): uses(path) for path in FILES}
    while free := [file for file, used in left.items() if not used & left.keys()]:
        for file in free:
            del left[file]
    assert not left, f"in a circle, or above one: {sorted(left)}"


def test_the_top_shows_rooms() -> None:
    found = [path for path in (ROOT / "initviz").iterdir() if path.name != "__pycache__"]
    assert len([path for path in found if path.is_file()]) <= 6
    for room in (path for path in found if path.is_dir()):
        assert ast.get_docstring(ast.parse((room / "__init__.py").read_text())), room


def test_pages_are_short() -> None:
    for path in ROOT.glob("pages/**/*.py"):
        assert len(path.read_text().splitlines()) <= 60


TABLES = ("initviz/catalog/activations.py", "initviz/catalog/initializers.py")
FOLDERS = ("initviz", "pages", "tests", "benchmarks", "deploy", "docs")
SOURCES = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]


@pytest.mark.parametrize("path", [ROOT / "app.py", *SOURCES], ids=place)
def test_files_and_functions_are_read_in_one_sitting(path: Path) -> None:
    text = path.read_text()
    assert place(path) in TABLES or len(text.splitlines()) <= 350
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= 60, f"{node.name} in {place(path)} has {length} lines"


@pytest.mark.parametrize("path", sorted((ROOT / "initviz").rglob("*.js")), ids=place)
def test_scripts_are_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300
