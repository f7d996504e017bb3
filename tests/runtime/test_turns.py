"""Turns: never more at once than places, first come first served, nothing left behind."""

import threading
from collections.abc import Callable

import pytest
import torch

from initviz import Batch, Network, probe
from initviz.runtime.cache import forget
from initviz.runtime.turns import TURNS, Turns, checkpoint, stoppable


class StopError(Exception):
    """What a check raises to end work."""


def raise_at(call: int) -> Callable[[], None]:
    calls = iter(range(10**9))

    def check() -> None:
        if next(calls) == call:
            raise StopError

    return check


def hold(turns: Turns, gate: threading.Event, log: list[int], number: int) -> threading.Thread:
    """Start a thread that takes a turn, notes its number and stays until the gate opens."""

    def work() -> None:
        with turns.turn():
            log.append(number)
            gate.wait(30)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(3000):
        if condition():
            return
        threading.Event().wait(0.01)
    pytest.fail("it never came")


def test_no_more_at_once_than_places_and_first_come_first_served() -> None:
    turns, gates, log = Turns(2), [threading.Event() for _ in range(6)], []
    threads = []
    for number, gate in enumerate(gates):
        threads.append(hold(turns, gate, log, number))
        wait_until(lambda: len(log) + turns.waiting == len(threads))
    assert sorted(log) == [0, 1]
    for number, gate in enumerate(gates):
        gate.set()
        wait_until(lambda n=number: len(log) >= min(6, n + 3))
        assert log[2:] == list(range(2, min(6, number + 3)))
    for thread in threads:
        thread.join(30)
    assert turns.waiting == 0


def test_who_gives_up_waiting_leaves_the_queue_and_takes_no_place() -> None:
    turns, gate, log = Turns(1), threading.Event(), []
    holder = hold(turns, gate, log, 0)
    wait_until(lambda: log == [0])
    with pytest.raises(StopError), stoppable(raise_at(0)), turns.turn():
        pass
    assert turns.waiting == 0
    gate.set()
    holder.join(30)
    with turns.turn():
        log.append(1)
    assert log == [0, 1]


def test_work_that_raises_gives_its_place_back() -> None:
    turns = Turns(1)
    for _ in range(3):
        with pytest.raises(StopError), turns.turn():
            raise StopError
    with turns.turn():
        pass


@pytest.mark.parametrize("normalization", ["none", "batch"])
@pytest.mark.parametrize("call", [0, 1, 25, 33])
def test_a_probe_can_be_stopped_anywhere_and_repeated(normalization: str, call: int) -> None:
    network = Network(depth=30, width=24, normalization=normalization)
    batch = Batch(size=4, seed=900 + call)
    expected = probe(network, batch).table
    forget()
    state = torch.random.get_rng_state()
    with pytest.raises(StopError), stoppable(raise_at(call)):
        probe(network, batch)
    assert torch.equal(torch.random.get_rng_state(), state)
    checkpoint()
    assert TURNS.waiting == 0
    assert probe(network, batch).table.equals(expected)


def test_the_search_for_a_repair_can_be_stopped() -> None:
    signals = probe(Network(depth=100, width=16, activation="sigmoid"), Batch(size=4))
    with pytest.raises(StopError), stoppable(raise_at(200)):
        _ = signals.diagnosis.fix
    assert signals.diagnosis.verdict == "vanishing"
