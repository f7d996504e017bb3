"""Results kept for the next time, up to a number of bytes, and shared between threads."""

import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from cachetools import LRUCache, cached

Given = ParamSpec("Given")
Made = TypeVar("Made")
_FORGET: list[Callable[[], None]] = []


def kept(
    limit: int, size: Callable[[Any], int]
) -> Callable[[Callable[Given, Made]], Callable[Given, Made]]:
    """Keep a function's most recent results while their sizes add up to `limit` bytes at most.

    Threads that ask for the same thing at the same time wait for one of them to make it; if
    that one fails, another of them tries. Arguments have to be hashable.
    """

    def decorate(function: Callable[Given, Made]) -> Callable[Given, Made]:
        cache: Any = LRUCache(limit, getsizeof=size)
        made: Any = cached(cache, condition=threading.Condition())(function)
        _FORGET.append(made.cache_clear)
        wrapped: Callable[Given, Made] = made
        return wrapped

    return decorate


def forget() -> None:
    """Let go of everything that is kept, when memory has run out."""
    for clear in _FORGET:
        clear()
