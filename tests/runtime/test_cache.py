"""What is kept: made once for all, within its bytes, and again after a failure."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from initviz.runtime.cache import forget, kept, room
from initviz.runtime.turns import stoppable


def test_threads_that_ask_at_once_cost_one() -> None:
    made, together = [], threading.Barrier(8)

    @kept(10_000)
    def make(key: str) -> str:
        made.append(key)
        return key.upper()

    def ask(_: int) -> str:
        together.wait(30)
        return make("a")

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {"A"}
    assert made == ["a"]


def test_after_a_failure_another_one_tries() -> None:
    calls, together = [], threading.Barrier(4)

    @kept(10_000)
    def make(key: str) -> str:
        calls.append(key)
        if len(calls) == 1:
            raise OSError
        return key

    def ask(_: int) -> str:
        together.wait(30)
        try:
            return make("a")
        except OSError:
            return "failed"

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(ask, range(4))) == ["a", "a", "a", "failed"]
    assert len(calls) == 2


def test_the_oldest_goes_when_the_bytes_are_used_up() -> None:
    made = []

    @kept(3 * 1024 + 1000, lambda array: array.nbytes)
    def make(size: int, name: str) -> np.ndarray:
        made.append(name)
        return np.zeros(size, np.uint8)

    for name in "abc":
        make(400, name)
    make(400, "c")
    make(400, "b")
    assert made == ["a", "b", "c"]
    make(400, "a")
    assert made == ["a", "b", "c", "a"]


@pytest.mark.parametrize("size", [1001, 10_000])
def test_what_is_larger_than_the_limit_is_made_but_not_kept(size: int) -> None:
    made = []

    @kept(1024 + 1000, lambda array: array.nbytes)
    def make(size: int) -> np.ndarray:
        made.append(size)
        return np.zeros(size, np.uint8)

    assert make(size).nbytes == make(size).nbytes == size
    assert made == [size, size]


def test_many_small_things_are_bounded_too() -> None:
    made = []

    @kept(100 * 1024)
    def make(number: int) -> int:
        made.append(number)
        return number

    for number in range(200):
        make(number)
    make(199)
    make(0)
    assert made == [*range(200), 0]


def test_who_waits_for_anothers_result_can_be_stopped() -> None:
    gate, started = threading.Event(), threading.Event()

    @kept(10_000)
    def make(key: str) -> str:
        started.set()
        gate.wait(30)
        return key

    def stop() -> None:
        raise KeyboardInterrupt

    with ThreadPoolExecutor(1) as pool:
        maker = pool.submit(make, "a")
        started.wait(30)
        with pytest.raises(KeyboardInterrupt), stoppable(stop):
            make("a")
        gate.set()
        assert maker.result(30) == "a"
    assert make("a") == "a"


def test_forgetting_empties_everything() -> None:
    made = []

    @kept(10_000)
    def make(key: str) -> str:
        made.append(key)
        return key

    make("a")
    forget()
    make("a")
    assert made == ["a", "a"]


def test_a_room_that_is_free_again_is_lent_to_the_next() -> None:
    forget()
    with room(1000, torch.float32) as first, room(10, torch.float32) as second:
        assert first.shape == (1000,)
        assert first.data_ptr() != second.data_ptr()
        place = first.data_ptr()
    with room(500, torch.float64) as again:
        assert again.dtype == torch.float64
        assert again.data_ptr() == place
    forget()


def test_a_room_larger_than_the_limit_is_lent_but_not_kept() -> None:
    forget()
    with room(2**26 + 1, torch.uint8):
        pass
    with room(10, torch.uint8) as fresh:
        assert fresh.untyped_storage().nbytes() == 10
    forget()


def test_rooms_are_given_up_when_memory_has_run_out() -> None:
    with room(1000, torch.float32):
        pass
    forget()
    with room(10, torch.float32) as fresh:
        assert fresh.untyped_storage().nbytes() == 40
