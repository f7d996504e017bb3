"""Compiled loops, and where nothing that was compiled can be kept."""

import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from initviz.engine import kernels

_CALL = "print(kernels.moments(numpy.array([[1.0, 3.0]])).tolist())"
_EXPECTED = "[[2.0], [5.0], [1.0]]"


def run(folder: Path, code: str = _CALL) -> str:
    """Run code in a process that finds the loops in `folder`, and no other place for a cache."""
    home = str(folder / "nowhere")
    Path(home).touch()
    done = subprocess.run(
        [sys.executable, "-c", f"import kernels, numpy; {code}"],
        cwd=folder, capture_output=True, text=True, check=True,
        env=os.environ | {"HOME": home, "XDG_CACHE_HOME": home, "NUMBA_CACHE_DIR": ""},
    )  # fmt: skip
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(kernels.__file__, tmp_path)
    return tmp_path


def kept(folder: Path) -> list[Path]:
    return sorted(folder.glob("__pycache__/*.nb[ic]"))


def test_what_was_compiled_is_kept_and_may_be_damaged(folder: Path) -> None:
    assert run(folder) == _EXPECTED
    assert len(kept(folder)) == 2
    for file in kept(folder):
        file.write_bytes(file.read_bytes()[:20])
    assert run(folder) == _EXPECTED


def test_what_was_kept_gives_the_same_bits(folder: Path) -> None:
    numbers = "numpy.random.default_rng(0).random((3, 9, 700), dtype=numpy.float32)"
    code = f"print(kernels.outputs({numbers}).tobytes().hex())"
    assert run(folder, code) == run(folder, code)


def test_loops_run_where_there_is_no_place_for_a_cache(folder: Path) -> None:
    # A file is where the folder of what is compiled would be.
    (folder / "__pycache__").touch()
    assert run(folder) == _EXPECTED
    assert not kept(folder)


def test_loops_run_where_the_disk_is_full(folder: Path) -> None:
    full = f"import resource; resource.setrlimit({resource.RLIMIT_FSIZE}, (0, 0)); "
    assert run(folder, full + _CALL) == _EXPECTED
