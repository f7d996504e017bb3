"""Compiled loops where nothing that was compiled can be kept."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from initviz import kernels


def test_loops_run_where_there_is_no_place_for_a_cache(tmp_path: Path) -> None:
    shutil.copy(kernels.__file__, tmp_path)
    # A file is where the folders of what is compiled would be.
    (tmp_path / "__pycache__").touch()
    nowhere = str(tmp_path / "__pycache__")
    code = "import kernels, numpy; print(kernels.moments(numpy.array([[1.0, 3.0]])).tolist())"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True,
        env=os.environ | {"HOME": nowhere, "XDG_CACHE_HOME": nowhere, "NUMBA_CACHE_DIR": ""},
    )  # fmt: skip
    assert done.stdout.strip() == "[[2.0], [5.0], [1.0]]"
