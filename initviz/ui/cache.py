"""Probes shared by everyone on the server; while one takes long, the page says why."""

import logging
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, NoReturn, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import StopException

from initviz import Batch, Network, Signals, probe
from initviz.architectures.cost import flops as architecture_flops
from initviz.architectures.repair import Repair, find_repair
from initviz.architectures.setting import Setting
from initviz.architectures.study import BATCH_SIZE, Study, study
from initviz.checkpoints.weights import Weights, weights_in
from initviz.engine.statistics import Floats
from initviz.experiments.compare import Cell, examine
from initviz.experiments.ensemble import DRAWS, ensemble
from initviz.experiments.jacobian import SingularValues, flops, measure
from initviz.experiments.sweep import sweep
from initviz.runtime.cache import forget, kept
from initviz.runtime.turns import TURNS, stoppable
from initviz.setting import cost
from initviz.theory.band import Band, luck
from initviz.theory.cobweb import Cobweb, cobweb
from initviz.theory.forecast import Forecast, forecast
from initviz.theory.isometry import Law, law
from initviz.theory.plane import Plane, plane
from initviz.theory.portable import portable
from initviz.training.job import Job
from initviz.ui.state import give_way, look
from initviz.ui.text import plain

# About 500 probes of 20 layers.
CACHE_BYTES = 128 * 2**20
FIXES_BYTES = 4 * 2**20
THEORY_BYTES = 32 * 2**20
SWEEPS_BYTES = 32 * 2**20
# About 20 comparisons of 20 layers.
CELLS_BYTES = 16 * 2**20
# Operations that take about a third of a second, and how often a search may take them.
_LONG = 2e10
_CANDIDATES = 10
# The cosine at which two inputs start, for whoever wants to see what becomes of it.
COBWEB_START = 0.6
# Others ahead in the queue that are not worth a word.
_FEW = 3
# Seconds that a newer run of a page waits for a step of training.
_PATIENCE = 0.6
# Characters of a failure's own words on the page.
_LONGEST = 200
# What the law of a spectrum takes at most, in bytes.
_LAW_BYTES = 16 * 2**10
# What the objects around a cell's numbers take, in bytes.
_CELL_BYTES = 2 * 2**10
Result = TypeVar("Result")
_LOG = logging.getLogger(__name__)


def signals_of(network: Network, batch: Batch) -> Signals:
    """Probe a network once for all sessions; the result is never changed."""
    long = cost.flops(network, batch) > _LONG
    return _explained("Measuring", lambda: _signals(network, batch), long=long)


def fix_of(network: Network, batch: Batch) -> Network | None:
    """Look once for the repair of a network."""
    long = cost.flops(network, batch) > _LONG / _CANDIDATES
    return _explained("Looking for a repair", lambda: _fix(network, batch), long=long)


def theory_of(network: Network, batch: Batch) -> tuple[Forecast, Band]:
    """Predict a probe, and how far draws stray from that, once for all sessions."""
    return _explained("Predicting", lambda: _theory(network, batch), long=False)


def ensemble_of(network: Network, batch: Batch) -> Band:
    """Estimate how far draws stray from a few of them, once for all sessions."""
    what = f"Estimating the band from {DRAWS} draws"
    return _explained(what, lambda: _ensemble(network, batch), long=True)


def portable_of(network: Network, batch: Batch, widths: tuple[int, ...]) -> dict[str, Any] | None:
    """Return what a browser predicts from, the same for all that a held slider changes."""
    resting = network.replace(depth=1, gain=1.0, scale=None, bias_std=0.0)
    everywhere = tuple(sorted({*widths, network.width}))
    return _explained("Predicting", lambda: _portable(resting, batch, everywhere), long=False)


def sweep_of(network: Network, batch: Batch) -> Floats:
    """Probe a network once at every gain of its range, whichever gain it has."""
    gainless = network.replace(gain=1.0)
    return _explained("Sweeping the gain", lambda: _sweep(gainless, batch), long=True)


def plane_of(activation: str) -> Plane:
    """Return an activation's plane, which its own module keeps."""
    return _explained("Drawing the plane", lambda: _in_turn(plane, activation), long=False)


def cobweb_of(activation: str, weight_var: float, bias_var: float, steps: int) -> Cobweb | None:
    """Return how two inputs that start at the page's cosine grow alike or apart."""
    point = (activation, weight_var, bias_var, steps)
    return _explained("Following two inputs", lambda: _cobweb(*point), long=False)


def weights_of(data: bytes, file: str) -> Weights:
    """Look at a file of weights, which belongs to one session; nothing of it is shared.

    Raises:
        ValueError: naming the file and what is wrong with it.
    """
    return _explained("Looking at the weights", lambda: _in_turn(weights_in, data, file), long=True)


def advance(job: Job, seconds: float) -> None:
    """Let a job of one session go on for a while.

    Who supersedes it waits a little for what is better whole than broken off.
    """
    patient = time.monotonic() + _PATIENCE
    _explained(
        "Training",
        lambda: job.advance(seconds),
        long=False,
        check=lambda: look() if time.monotonic() >= patient else None,
    )


@kept(THEORY_BYTES)
def _cobweb(activation: str, weight_var: float, bias_var: float, steps: int) -> Cobweb | None:
    return _in_turn(cobweb, activation, weight_var, bias_var, start=COBWEB_START, steps=steps)


def _in_turn(job: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    with TURNS.turn():
        return job(*args, **kwargs)


def cells_of(networks: Iterable[Network], batch: Batch, seconds: float) -> list[Cell]:
    """Examine networks one after the other, one at least, until so many seconds have passed."""
    return _explained("Comparing", lambda: _cells(networks, batch, seconds), long=False)


def _cells(networks: Iterable[Network], batch: Batch, seconds: float) -> list[Cell]:
    found, end = [], time.monotonic() + seconds
    for network in networks:
        found.append(_cell(network, batch))
        if time.monotonic() > end:
            break
    return found


@kept(CELLS_BYTES, lambda cell: cell.nbytes + _CELL_BYTES)
def _cell(network: Network, batch: Batch) -> Cell:
    return examine(network, batch)


@kept(SWEEPS_BYTES, lambda curves: curves.nbytes)
def _sweep(network: Network, batch: Batch) -> Floats:
    return sweep(network, batch)


def isometry_of(network: Network, batch: Batch) -> tuple[SingularValues, Law]:
    """Measure a network's Jacobian once, and say what theory expects of it.

    Raises:
        ValueError: where there is no measurement, or it is too much work.
    """
    long = flops(network) > _LONG
    return _explained("Measuring the Jacobian", lambda: _isometry(network, batch), long=long)


def study_of(setting: Setting) -> Study:
    """Measure an architecture once for all sessions.

    Raises:
        ValueError: if the recipe lacks a role that the architecture has.
    """
    # What it is compared with changes nothing of it.
    alone = replace(setting, against=None)
    long = architecture_flops(setting.record, setting.spec, BATCH_SIZE) > _LONG
    return _explained("Measuring", lambda: _study(alone), long=long)


@kept(CACHE_BYTES, lambda study: study.nbytes)
def _study(setting: Setting) -> Study:
    return study(setting.record, setting.spec, setting.drawn_by, seed=setting.seed)


def architecture_repair_of(setting: Setting) -> Repair | None:
    """Look once for the repair of an architecture."""
    alone = replace(setting, against=None)
    return _explained("Looking for a repair", lambda: _architecture_repair(alone), long=True)


@kept(FIXES_BYTES)
def _architecture_repair(setting: Setting) -> Repair | None:
    return find_repair(setting.record, setting.spec, setting.drawn_by, seed=setting.seed)


@kept(THEORY_BYTES, lambda found: found[0].nbytes + _LAW_BYTES)
def _isometry(network: Network, batch: Batch) -> tuple[SingularValues, Law]:
    values = measure(network, batch)
    with TURNS.turn():
        return values, law(network, batch)


@kept(THEORY_BYTES, lambda _: 28 * 2**10)
def _portable(network: Network, batch: Batch, widths: tuple[int, ...]) -> dict[str, Any] | None:
    with TURNS.turn():
        return portable(network, batch, widths)


@kept(CACHE_BYTES, lambda signals: signals.nbytes)
def _signals(network: Network, batch: Batch) -> Signals:
    return probe(network, batch)


@kept(THEORY_BYTES, lambda theory: theory[0].nbytes + theory[1].nbytes)
def _theory(network: Network, batch: Batch) -> tuple[Forecast, Band]:
    with TURNS.turn():
        return forecast(network, batch), luck(network, batch)


@kept(THEORY_BYTES, lambda luck: luck.nbytes)
def _ensemble(network: Network, batch: Batch) -> Band:
    return ensemble(network, batch)


@kept(FIXES_BYTES)
def _fix(network: Network, batch: Batch) -> Network | None:
    return _signals(network, batch).diagnosis.fix


def _explained(
    what: str,
    job: Callable[[], Result],
    *,
    long: bool,
    check: Callable[[], object] = give_way,
) -> Result:
    """Work until done or until this run is superseded; say so if it takes long or fails."""
    # OpenMP keeps this number for each thread, and every run of a page is a new thread.
    cost.one_core_each()
    queue = TURNS.waiting
    text = f"{what}, in a queue of {queue + 1}: others are at work" if queue else what
    # A spinner waits in a thread of its own, which costs more than a short job.
    said = st.spinner(text, show_time=True) if long or queue > _FEW else nullcontext()
    try:
        with said, stoppable(check):
            return job()
    except (MemoryError, RuntimeError) as error:
        _LOG.exception("%s failed", what)
        words = (str(error).splitlines() or ["out of memory"])[0][:_LONGEST]
    # Outside the handler, so that the tensors of what failed can go at once.
    if "memory" in words:
        forget()
    return _give_up(f"{what} did not work here: {plain(words)}")


def _give_up(message: str) -> NoReturn:
    st.error(message)
    # `st.stop` would drop a move that has come meanwhile.
    raise StopException
