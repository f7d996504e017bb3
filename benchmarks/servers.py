"""Streamlit servers to measure, and what the kernel knows about their processes."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_FLOOR = Path(__file__).with_name("floor.py")
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A Streamlit server that runs in a process of its own."""

    address: str
    pid: int
    log: Path

    @property
    def memory(self) -> int:
        """The resident memory, in bytes."""
        return 1024 * int(self._status("VmRSS").split()[0])

    @property
    def threads(self) -> int:
        """The number of threads."""
        return int(self._status("Threads"))

    @property
    def open_files(self) -> int:
        """The number of open files, sockets included."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    @property
    def cpu_seconds(self) -> float:
        """The processor time used since the start, in all threads."""
        after_name = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / _TICK

    @property
    def tracebacks(self) -> int:
        """The number of tracebacks in the log."""
        return self.log.read_text().count("Traceback (most recent call last)")

    def _status(self, field: str) -> str:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(line for line in lines if line.startswith(f"{field}:")).partition(":")[2]


@contextmanager
def serve(script: Path, folder: Path) -> Iterator[Server]:
    """Serve a script from a folder until the block ends."""
    port = _free_port()
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(script), "--server.headless", "true",
             "--server.port", str(port), "--server.address", "127.0.0.1"],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=log,
        )  # fmt: skip
        server = Server(f"http://127.0.0.1:{port}", process.pid, Path(log.name))
        try:
            _await_health(server, process)
            yield server
        finally:
            code = process.poll()
            process.kill()
            process.wait()
            if code is not None:
                raise RuntimeError(f"the server ended with code {code}:\n{server.log.read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_health(server: Server, process: subprocess.Popen[bytes], patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while not _healthy(server.address):
        if process.poll() is not None or time.monotonic() > deadline:
            raise TimeoutError(f"{server.address} does not answer")
        time.sleep(0.1)


def _healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@contextmanager
def ours() -> Iterator[Server]:
    """Serve this app, with its own configuration."""
    with serve(ROOT / "app.py", ROOT) as server:
        yield server


@contextmanager
def floor() -> Iterator[Server]:
    """Serve the floor app from an empty folder, so with Streamlit's own defaults."""
    with tempfile.TemporaryDirectory() as folder, serve(_FLOOR, Path(folder)) as server:
        yield server


@contextmanager
def tuned_floor() -> Iterator[Server]:
    """Serve the floor app from this repository, so with this app's configuration."""
    with serve(_FLOOR, ROOT) as server:
        yield server


Serve = Callable[[], AbstractContextManager[Server]]
FLOORS: dict[str, Serve] = {"floor": floor, "tuned floor": tuned_floor}
