"""The runs of a session: one training and one sweep of the learning rate, one going on at a time.

A run goes on only while its page is looked at: each look asks for the next slice of it.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st

from initviz.training.job import Job
from initviz.training.live import Live
from initviz.training.rates import Rates
from initviz.ui.training.state import Setting, hues

J = TypeVar("J", bound=Job)


@dataclass(frozen=True)
class Shown(Generic[J]):
    """A job that is on the page: of which setting, in which hues, the how manieth."""

    job: J
    setting: Setting
    hues: tuple[int, ...]
    number: int


def trained() -> Shown[Live] | None:
    """Return the training that is on the page, if any."""
    shown: Shown[Live] | None = st.session_state.get("training_run")
    return shown


def swept() -> Shown[Rates] | None:
    """Return the sweep of the learning rate that is on the page, if any."""
    shown: Shown[Rates] | None = st.session_state.get("training_rates")
    return shown


def going() -> Shown[Live] | Shown[Rates] | None:
    """Return what goes on, if anything does."""
    return next((s for s in (trained(), swept()) if s is not None and s.job.going), None)


def stop() -> None:
    """Stop what goes on, and keep what there is of it."""
    shown = going()
    if shown is not None:
        shown.job.stop()


def stop_unless(setting: Setting) -> None:
    """Stop what goes on if it belongs to another setting."""
    shown = going()
    if shown is not None and shown.setting != setting:
        shown.job.stop()


def train(setting: Setting) -> None:
    """Begin a training in place of the one before; the sweep stays where it is of this setting."""
    stop()
    sweep = swept()
    if sweep is not None and sweep.setting != setting:
        del st.session_state["training_rates"]
    _put("training_run", Live(setting.networks, setting.training), setting)


def try_rates(setting: Setting) -> None:
    """Begin a sweep of the learning rate in place of the one before.

    Raises:
        ValueError: if that is over budget.
    """
    stop()
    _put("training_rates", Rates(setting.networks, setting.training), setting)


def _put(key: str, job: Job, setting: Setting) -> None:
    before = st.session_state.get(key)
    st.session_state[key] = Shown(
        job, setting, places(setting), 1 if before is None else before.number + 1
    )


def places(setting: Setting) -> tuple[int, ...]:
    """Return the place in the palette of each of a setting's networks."""
    names = tuple(network.initializer for network in setting.networks)
    kept = hues(names)
    return tuple(kept[name] for name in names)
