"""The parts of the Training page: what to press, and what is shown while a run goes on."""

from collections.abc import Callable

import streamlit as st

from initviz.runtime.words import capitalized, counted
from initviz.training import check, cost
from initviz.training.job import Job
from initviz.training.live import Live
from initviz.training.rates import Rates
from initviz.ui import parts
from initviz.ui.cache import advance
from initviz.ui.training import charts, runs
from initviz.ui.training.answer import answer, invite, share, told
from initviz.ui.training.live import redraw
from initviz.ui.training.state import Setting, use

# Seconds of a slice of training, and between two looks at it.
_SLICE = _TICK = 0.3


def show(setting: Setting, problems: tuple[str, ...]) -> None:
    """Say what could not be used, offer to train, and show the runs that there are."""
    runs.stop_unless(setting)
    # Streamlit replaces a chart whose place among its neighbours changes: what comes and goes
    # has a container of its own.
    with st.container():
        refusal = _refusal(setting)
        with st.container(horizontal=True, vertical_alignment="center", key="training_buttons"):
            problem = _buttons(setting, refused=bool(refusal))
        parts.complaints((*problems, *filter(None, (refusal, problem))))
    going = runs.going() is not None
    st.fragment(_look, run_every=_TICK if going else None)(
        setting, refused=bool(refusal), ticking=going
    )


def _refusal(setting: Setting) -> str:
    """Say why the setting cannot be trained, if it cannot."""
    if not setting.networks:
        return "Choose at least one initializer."
    return _tried(lambda: check(setting.networks, setting.training))


def _tried(action: Callable[[], object]) -> str:
    """Return why an action was refused, as a sentence, or nothing."""
    try:
        action()
    except ValueError as error:
        return f"{capitalized(str(error))}."
    return ""


def _buttons(setting: Setting, *, refused: bool) -> str:
    """Show the buttons and what they will take; return why one could not do its work."""
    problem = ""
    if st.button(
        "Train", type="primary", icon=":material/model_training:", key="train", disabled=refused
    ):
        runs.train(setting)
    if st.button(
        "Try learning rates",
        icon=":material/linear_scale:",
        key="try_rates",
        disabled=refused,
        help="Train each initializer at up to seven learning rates, a factor of about 3 apart, "
        "with fewer steps: so that none is blamed for a step size that does not suit it.",
    ):
        problem = _tried(lambda: runs.try_rates(setting))
    if refused and setting.networks:
        fitting = cost.nearest(setting.networks, setting.training)
        st.button("Use what fits", icon=":material/build:", on_click=use, args=fitting)
    if runs.going() is not None:
        st.button("Stop", icon=":material/stop:", key="stop", on_click=runs.stop)
    elif not refused:
        st.caption(_cost(setting), width="content")
    return problem


def _cost(setting: Setting) -> str:
    networks, training = setting.networks, setting.training
    told = f"Training takes about {_duration(cost.seconds(networks, training))}"
    try:
        sweep = Rates(networks, training)
    except ValueError:
        return f"{told}."
    steps = counted(sweep.training.steps, "step")
    brief = f"{counted(len(sweep.rates), 'learning rate')} of {steps} each"
    return f"{told}, {brief} about {_duration(sweep.seconds_left)}."


def _duration(amount: float) -> str:
    return counted(max(1, round(amount)), "second")


def _look(setting: Setting, *, refused: bool, ticking: bool) -> None:
    """Show how far things are, and go on for a moment."""
    shown = runs.going()
    if ticking and shown is None:
        st.rerun()
    run, sweep = runs.trained(), runs.swept()
    ended = run is not None and not run.job.going
    with st.container(key="training_status"):
        if shown is not None:
            _progress(shown.job)
        elif run is not None and ended:
            st.caption(told(run, former=run.setting != setting))
        elif sweep is None and not refused:
            invite(setting)
    # What was asked for comes first.
    figures = charts.curves(setting, run) if run is not None or sweep is None else {}
    with st.container(gap="xsmall", key="readings"):
        if run is not None and ended:
            answer(run)
    figures |= charts.details(setting, run, sweep)
    if shown is not None:
        redraw(figures)
        advance(shown.job, _SLICE)
        if not shown.job.going:
            st.rerun()
    else:
        share(setting, run, figures)


def _progress(job: Job) -> None:
    what = "Training" if isinstance(job, Live) else "Trying learning rates"
    left = f"about {_duration(job.seconds_left)} left"
    st.progress(job.made / job.units, f"{what}: step {job.made} of {job.units}, {left}")
