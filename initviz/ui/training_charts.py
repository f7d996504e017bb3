"""The charts of the Training page: they keep their places and sizes while a run goes on."""

from typing import Any

import numpy as np
import streamlit as st

from initviz.figures.replay import plot_replay
from initviz.figures.training import Curves, plot_accuracy, plot_gradients, plot_loss, plot_rates
from initviz.network import Network
from initviz.training.datasets import dataset
from initviz.training.live import Live
from initviz.training.rates import Rates, told
from initviz.training.reading import name
from initviz.ui import explore
from initviz.ui.text import plain
from initviz.ui.training_runs import Shown, places
from initviz.ui.training_state import Setting


def draw(setting: Setting, run: Shown[Live] | None, sweep: Shown[Rates] | None) -> explore.Figures:
    """Draw all there is to see, and return the figures by name."""
    curves = _curves(setting) if run is None else _curves_of(run)
    figures: dict[str, Any] = {
        "loss": plot_loss(curves, explore.colours()),
        "accuracy": plot_accuracy(curves, explore.colours()),
    }
    with st.container(horizontal=True, key="charts"):
        for key, figure in figures.items():
            alt = f"{key.capitalize()} by step of {len(curves.names)} networks"
            st.plotly_chart(figure, key=f"{key}_chart", config=explore.PLOTLY, alt=alt)
    if sweep is not None:
        figures |= _rates(sweep)
    if run is not None:
        figures |= _layers(run)
    return figures


def _curves(setting: Setting) -> Curves:
    """Return the curves of a run that has not begun."""
    nothing = np.empty((0, len(setting.networks)))
    return Curves(
        _names(setting.networks),
        places(setting),
        nothing,
        nothing,
        dataset(setting.training.data).classes,
        setting.training.steps,
        0,
    )


def _curves_of(run: Shown[Live]) -> Curves:
    history = run.job.history
    return Curves(
        _names(history.networks),
        run.hues,
        history.loss,
        history.accuracy,
        dataset(history.training.data).classes,
        history.training.steps,
        run.number,
    )


def _names(networks: tuple[Network, ...]) -> tuple[str, ...]:
    return tuple(name(network) for network in networks)


def _layers(run: Shown[Live]) -> explore.Figures:
    """Draw gradients by layer and step, and, of a run that has ended, its replay."""
    names = _names(run.job.networks)
    at = _chosen(names)
    steps, gradients = run.job.layers("grad_preact_var")
    last = run.job.training.steps if run.job.going or not steps else run.job.made
    figures: dict[str, Any] = {
        "gradients": plot_gradients(
            steps,
            gradients[:, at],
            names[at],
            run.hues[at],
            last=last,
            run=run.number,
            colours=explore.colours(),
        )
    }
    alts = {"gradients": f"Heatmap: gradient variance by layer and step, {names[at]}"}
    if steps and not run.job.going:
        figures["replay"] = plot_replay(
            steps,
            run.job.layers("act_var")[1],
            gradients,
            names,
            run.hues,
            run=run.number,
            colours=explore.colours(),
        )
        alts["replay"] = "Activation and gradient variance by layer, with a slider over the steps"
    with st.container(horizontal=True, key="panel_charts"):
        for key, figure in figures.items():
            st.plotly_chart(figure, key=f"{key}_chart", config=explore.PLOTLY, alt=alts[key])
    return figures


def _chosen(names: tuple[str, ...]) -> int:
    """Choose whose layers the heatmap shows."""
    if len(names) == 1:
        return 0
    chosen = st.segmented_control(
        "Gradients of",
        range(len(names)),
        format_func=names.__getitem__,
        key=f"training_gradients_{len(names)}",
        default=0,
        required=True,
    )
    return int(chosen or 0)


def _rates(sweep: Shown[Rates]) -> explore.Figures:
    job = sweep.job
    names = _names(job.networks)
    figure = plot_rates(
        job.rates,
        job.losses,
        names,
        sweep.hues,
        made=job.rates_made,
        chosen=sweep.setting.training.learning_rate,
        classes=dataset(job.training.data).classes,
        colours=explore.colours(),
    )
    with st.container(horizontal=True, key="rates"):
        st.plotly_chart(
            figure,
            key="rates_chart",
            config=explore.PLOTLY,
            alt="Final loss by learning rate",
        )
        if job.rates_made:
            st.markdown("  \n".join(plain(text) for text in told(job)))
    return {"rates": figure}
