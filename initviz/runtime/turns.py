"""Who works when: no more work at once than cores, first come first served, and stoppable."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_CHECK: ContextVar[Callable[[], object] | None] = ContextVar("check", default=None)
# How often, in seconds, those who wait ask whether they are still wanted.
_PATIENCE = 0.1
# Of Linux's control groups: microseconds of processor time in so many microseconds, or "max".
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


@contextmanager
def stoppable(check: Callable[[], object]) -> Iterator[None]:
    """Call `check` again and again while work waits or runs inside; what it raises ends it."""
    token = _CHECK.set(check)
    try:
        yield
    finally:
        _CHECK.reset(token)


def checkpoint() -> None:
    """Give whoever asked for this work the chance to stop it."""
    check = _CHECK.get()
    if check is not None:
        check()


class Turns:
    """A fixed number of places; who finds none free waits, and the first to come is next."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @property
    def waiting(self) -> int:
        """How many are waiting for a place."""
        return len(self._queue)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a place and hold it; not to be taken twice by one thread."""
        self._take()
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()

    def _take(self) -> None:
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
        try:
            while not self._called(ticket):
                checkpoint()
        except BaseException:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()
            raise

    def _called(self, ticket: object) -> bool:
        """Wait a moment; say whether the ticket's turn came, and take the place if so."""
        with self._changed:
            called = self._changed.wait_for(
                lambda: self._free > 0 and self._queue[0] is ticket, _PATIENCE
            )
            if called:
                self._queue.popleft()
                self._free -= 1
                self._changed.notify_all()
            return called


def _cores() -> int:
    """Return how many cores this process may use, which in a container are fewer."""
    cores = os.cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    try:
        quota, period = map(int, _QUOTA.read_text().split())
    except (OSError, ValueError):
        return cores
    return max(1, min(cores, quota // period))


TURNS = Turns(_cores())
