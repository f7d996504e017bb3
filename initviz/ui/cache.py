"""Probes shared by everyone on the server; while one takes long, the page says why."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from initviz import Batch, Network, Signals, probe, work
from initviz.memory import kept
from initviz.turns import TURNS, stoppable

# About 500 probes of 20 layers.
CACHE_BYTES = 128 * 2**20
# Networks, the answers of a search, are nothing beside the probes they are answers for.
_FIXES = 4096


def signals_of(network: Network, batch: Batch) -> Signals:
    """Probe a network once for all sessions; the result is never changed."""
    with _explained("Measuring"):
        return _signals(network, batch)


def fix_of(network: Network, batch: Batch) -> Network | None:
    """Look once for the repair of a network."""
    with _explained("Looking for a repair"):
        return _fix(network, batch)


@kept(CACHE_BYTES, lambda signals: signals.nbytes)
def _signals(network: Network, batch: Batch) -> Signals:
    return probe(network, batch)


@kept(_FIXES, lambda _: 1)
def _fix(network: Network, batch: Batch) -> Network | None:
    return _signals(network, batch).diagnosis.fix


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Work until done or until this run is superseded; say so where it takes long."""
    queue = TURNS.waiting
    # OpenMP keeps this number for each thread, and every run of a page is a new thread.
    work.one_core_each()
    text = f"{what}, in a queue of {queue + 1}: others are at work" if queue else what
    # Streamlit ends a run that a newer one replaces, or whose tab is closed, wherever the run
    # looks at its state.
    with st.spinner(text, show_time=True), stoppable(lambda: "pins" in st.session_state):
        yield
