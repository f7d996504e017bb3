"""Probes shared by everyone on the server; while one takes long, the page says why."""

import logging
from collections.abc import Callable
from typing import NoReturn, TypeVar

import streamlit as st

from initviz import Batch, Network, Signals, probe, work
from initviz.memory import forget, kept
from initviz.turns import TURNS, stoppable
from initviz.ui.text import plain

# About 500 probes of 20 layers.
CACHE_BYTES = 128 * 2**20
# Networks, the answers of a search, are nothing beside the probes they are answers for.
_FIXES = 4096
# Characters of a failure's own words on the page.
_LONGEST = 200
Result = TypeVar("Result")
_LOG = logging.getLogger(__name__)


def signals_of(network: Network, batch: Batch) -> Signals:
    """Probe a network once for all sessions; the result is never changed."""
    return _explained("Measuring", lambda: _signals(network, batch))


def fix_of(network: Network, batch: Batch) -> Network | None:
    """Look once for the repair of a network."""
    return _explained("Looking for a repair", lambda: _fix(network, batch))


@kept(CACHE_BYTES, lambda signals: signals.nbytes)
def _signals(network: Network, batch: Batch) -> Signals:
    return probe(network, batch)


@kept(_FIXES, lambda _: 1)
def _fix(network: Network, batch: Batch) -> Network | None:
    return _signals(network, batch).diagnosis.fix


def _explained(what: str, job: Callable[[], Result]) -> Result:
    """Work until done or until this run is superseded; say so if it takes long or fails."""
    # OpenMP keeps this number for each thread, and every run of a page is a new thread.
    work.one_core_each()
    queue = TURNS.waiting
    text = f"{what}, in a queue of {queue + 1}: others are at work" if queue else what
    # Streamlit ends a run that a newer one replaces, or whose tab is closed, wherever the run
    # looks at its state.
    try:
        with st.spinner(text, show_time=True), stoppable(lambda: "pins" in st.session_state):
            return job()
    except (MemoryError, RuntimeError) as error:
        _LOG.exception("a probe failed")
        words = (str(error).splitlines() or ["out of memory"])[0][:_LONGEST]
    # Outside the handler, so that the tensors of the failed probe can go at once.
    forget()
    return _give_up(f"This network could not be measured here: {plain(words)}")


def _give_up(message: str) -> NoReturn:
    st.error(message)
    st.stop()
