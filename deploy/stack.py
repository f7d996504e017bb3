"""Two replicas and the proxy on this machine's own addresses, for as long as a block lasts."""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait up to 30 seconds."""
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    raise TimeoutError(f"30 seconds have passed without this: {what}")


def healthy(port: int) -> bool:
    """Say whether a server answers."""
    try:
        return ask(port, "/_stcore/health")[0] == 200
    except OSError:
        return False


def ask(port: int, path: str, method: str = "GET") -> tuple[int, HTTPMessage]:
    """Send a path as it is, dots and all, and return status and headers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers


@contextmanager
def running(command: list[str], **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program for as long as the block lasts."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)


def replica(port: int) -> list[str]:
    """Return the command that serves the page, as in the Dockerfile."""
    options = ("--server.headless=true", "--server.address=127.0.0.1", f"--server.port={port}")
    return [sys.executable, "-m", "deploy.serve", *options]


@contextmanager
def proxy(site: str, replicas: list[int]) -> Iterator[None]:
    """Run Caddy with the project's own file, on this machine's addresses."""
    addresses = " ".join(f"127.0.0.1:{port}" for port in replicas)
    with tempfile.TemporaryDirectory() as place:
        environment = {"INITVIZ_SITE": site, "INITVIZ_REPLICAS": addresses, "XDG_DATA_HOME": place}
        adapted = subprocess.run(
            ["caddy", "adapt", "--config", "deploy/Caddyfile"],
            cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, check=True,
        )  # fmt: skip
        config = json.loads(adapted.stdout)
        # Where HTTPS is served, this port redirects to it; 80 may be taken or forbidden here.
        config["apps"]["http"]["http_port"] = free_port()
        path = Path(place) / "caddy.json"
        path.write_text(json.dumps(config))
        with running(["caddy", "run", "--config", str(path)], **environment):
            yield
