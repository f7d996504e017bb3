"""Results kept for the next time, up to a number of bytes, and shared between threads."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, ParamSpec, TypeVar

import torch
from cachetools import LRUCache
from torch import Tensor

from initviz.runtime.turns import checkpoint

Given = ParamSpec("Given")
Made = TypeVar("Made")

# What keeping anything at all takes: the key, the objects around the numbers.
_ENTRY = 1024
# How often, in seconds, those who wait for another's result ask whether they are still wanted.
_PATIENCE = 0.1
# The most that is kept of rooms to work in: one for each of a few threads.
_ROOMS, _ROOM_BYTES = 4, 64 * 2**20
_FREE: deque[Tensor] = deque(maxlen=_ROOMS)
_ALL: list[Any] = [_FREE]


def kept(
    limit: int, size: Callable[[Any], int] = lambda _: 0
) -> Callable[[Callable[Given, Made]], Callable[Given, Made]]:
    """Keep a function's most recent results while they take `limit` bytes at most.

    `size` is what a result takes beyond the kilobyte that every one takes. Threads that ask for
    the same thing at the same time wait for one of them to make it; if that one fails, another
    of them tries. Arguments have to be hashable.
    """

    def decorate(function: Callable[Given, Made]) -> Callable[Given, Made]:
        shared = _Kept(function, limit, size)
        _ALL.append(shared)
        return shared

    return decorate


@contextmanager
def room(numbers: int, dtype: torch.dtype) -> Iterator[Tensor]:
    """Lend a flat tensor of so many numbers, uninitialized, which the next pass may get too.

    Memory that is new from the system costs a page fault every 4 KB: a tenth of a small pass.
    """
    size = numbers * dtype.itemsize
    try:
        free = _FREE.pop()
    except IndexError:
        free = torch.empty(0, dtype=torch.uint8)
    if free.nbytes < size:
        free = torch.empty(size, dtype=torch.uint8)
    yield free[:size].view(dtype)
    if free.nbytes <= _ROOM_BYTES:
        _FREE.append(free)


def forget() -> None:
    """Let go of every result and room that is kept, when memory has run out."""
    for shared in _ALL:
        shared.clear()


class _Kept(Generic[Given, Made]):
    def __init__(
        self, function: Callable[Given, Made], limit: int, size: Callable[[Made], int]
    ) -> None:
        self._function = function
        self._results: Any = LRUCache(limit, getsizeof=lambda made: _ENTRY + size(made))
        self._pending: set[Any] = set()
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)

    def __call__(self, *args: Given.args, **kwargs: Given.kwargs) -> Made:
        key = (args, tuple(sorted(kwargs.items())))
        with self._lock:
            # Whoever made it is done: nobody has to be waited for, nor told.
            try:
                found: Made = self._results[key]
            except KeyError:
                pass
            else:
                return found
        while not self._claim(key):
            checkpoint()
        try:
            return self._find_or_make(key, *args, **kwargs)
        finally:
            with self._changed:
                self._pending.remove(key)
                self._changed.notify_all()

    def _claim(self, key: Any) -> bool:
        """Wait a moment for whoever is making the result; say whether nobody is any more."""
        with self._changed:
            free = self._changed.wait_for(lambda: key not in self._pending, _PATIENCE)
            if free:
                self._pending.add(key)
            return free

    def _find_or_make(self, key: Any, *args: Given.args, **kwargs: Given.kwargs) -> Made:
        with self._changed:
            if key in self._results:
                found: Made = self._results[key]
                return found
        made = self._function(*args, **kwargs)
        with self._changed:
            if self._results.getsizeof(made) <= self._results.maxsize:
                self._results[key] = made
        return made

    def clear(self) -> None:
        with self._changed:
            self._results.clear()
