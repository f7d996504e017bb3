"""Probes shared by everyone on the server, and no more of them at once than cores."""

import os
import threading

import streamlit as st

from initviz import Batch, Network, Signals, probe, work

_TURNS = threading.BoundedSemaphore(os.cpu_count() or 1)

work.one_core_each()


@st.cache_resource(max_entries=64, show_spinner=False)
def signals_of(network: Network, batch: Batch) -> Signals:
    """Probe a network once for all sessions; the result is never changed."""
    with _TURNS:
        return probe(network, batch)


@st.cache_resource(max_entries=1024, show_spinner="Looking for a repair", show_time=True)
def fix_of(network: Network, batch: Batch) -> Network | None:
    """Look once for the repair of a network."""
    diagnosis = signals_of(network, batch).diagnosis
    with _TURNS:
        return diagnosis.fix
