"""What is done once for a process that serves many."""

import gc
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from initviz.ui import server

LINUX = Path("/proc/self/fd").is_dir()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def nodelay(end: socket.socket) -> bool:
    return bool(end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_accepted_connections_send_at_once_and_no_file_stays_open(
    family: socket.AddressFamily, tmp_path: Path
) -> None:
    with socket.socket(family) as listening, (tmp_path / "a").open("w"):
        listening.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        listening.listen()
        before = open_files()
        server.send_at_once()
        assert open_files() == before
        with socket.create_connection(listening.getsockname()[:2]) as client:
            accepted, _ = listening.accept()
            with accepted:
                assert nodelay(accepted) == LINUX
                client.sendall(b"a")
                assert accepted.recv(1) == b"a"


def test_it_is_done_once_however_many_ask_at_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: server.prepare(), range(8)))
    frozen = gc.get_freeze_count()
    assert frozen > 10_000
    server.prepare()
    assert gc.get_freeze_count() == frozen
    gc.unfreeze()


def test_the_first_visitor_waits_for_no_compiler() -> None:
    code = """
from initviz import Batch, Network, probe
from initviz.engine import kernels
from initviz.figures import distributions
from initviz.figures.theme import LIGHT
from initviz.ui import server

def compiled():
    loops = {n: v for n, v in vars(kernels).items() if isinstance(v, kernels._Loop)}
    return {name: len(loop._run.signatures) for name, loop in loops.items()}

server.compile_ahead()
before = compiled()
assert min(before.values()) > 0, before
for dtype in ("float32", "float64"):
    signals = probe(Network(), Batch(dtype=dtype))
    distributions.plot_magnitudes(signals, "gradient", LIGHT)
    distributions.plot_histograms(signals, "gradient", LIGHT)
assert compiled() == before, compiled()
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
