"""A real server, spoken to as browsers speak to it."""

from collections.abc import Iterator

import pytest

from benchmarks import servers
from benchmarks.servers import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with servers.ours() as server:
        yield server
