"""The charts of the Training page: they keep their places and sizes while a run goes on."""

import numpy as np
import streamlit as st

from initviz.figures.rates import plot_rates
from initviz.figures.replay import plot_replay
from initviz.figures.steps import MEASURES, plot_steps
from initviz.figures.theme import Figure
from initviz.figures.training import Curves, plot_accuracy, plot_loss
from initviz.setting.network import Network
from initviz.training import Training
from initviz.training.datasets import dataset
from initviz.training.live import Live
from initviz.training.rates import Rates, told
from initviz.ui import parts
from initviz.ui.text import LABELS, plain
from initviz.ui.training.runs import Shown, places
from initviz.ui.training.state import Setting


def curves(setting: Setting, run: Shown[Live] | None) -> parts.Figures:
    """Draw how networks learn, and return the figures by name.

    What goes on is drawn into charts that begin empty and stay the same ones to the end.
    """
    begun = _curves(setting) if run is None else _curves_of(run)
    shown = begun.emptied() if _going(run) else begun
    with st.container(horizontal=True, key="charts"):
        for key, figure in _learning(shown).items():
            _chart(key, figure, f"{key.capitalize()} by step of {len(begun.names)} networks")
    return _learning(begun)


def details(setting: Setting, run: Shown[Live] | None, sweep: Shown[Rates] | None) -> parts.Figures:
    """Draw the learning rates that were tried and the layers of a run, as `curves` does."""
    figures: parts.Figures = {}
    rates, layers = st.container(), st.container()
    if sweep is not None:
        with rates:
            figures |= _rates(sweep, former=sweep.setting != setting)
    if run is not None:
        with layers:
            figures |= _layers(run)
    return figures


def _going(shown: Shown[Live] | None) -> bool:
    return shown is not None and shown.job.going


def _chart(key: str, figure: Figure, alt: str) -> None:
    st.plotly_chart(figure, key=f"{key}_chart", config=parts.PLOTLY, alt=alt)


def _learning(curves: Curves) -> dict[str, Figure]:
    return {
        "loss": plot_loss(curves, parts.colours()),
        "accuracy": plot_accuracy(curves, parts.colours()),
    }


def _curves(setting: Setting) -> Curves:
    """Return the curves of a run that has not begun."""
    nothing = np.empty((0, len(setting.networks)))
    return Curves(
        _names(setting.networks),
        places(setting),
        nothing,
        nothing,
        np.full(len(setting.networks), np.nan),
        _guess(setting.training),
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
        history.test_accuracy,
        _guess(history.training),
        history.training.steps,
        run.number,
    )


def _guess(training: Training) -> tuple[float, float]:
    data = dataset(training.data)
    return data.guess_loss, data.guess_accuracy


def _names(networks: tuple[Network, ...]) -> tuple[str, ...]:
    return tuple(LABELS["initializer"][network.initializer] for network in networks)


def _layers(run: Shown[Live]) -> dict[str, Figure]:
    """Draw a measure by layer and step, and, of a run that has ended, its replay."""
    names = _names(run.job.networks)
    with st.container(horizontal=True, vertical_alignment="bottom", key="of_layers"):
        column, at, going = _measure(), _chosen(names), run.job.going
    steps, values = run.job.layers(column)
    last = run.job.made if run.job.stopped else run.job.training.steps

    def heatmap(kept: int) -> Figure:
        return plot_steps(
            column,
            steps[:kept],
            values[:kept, at],
            names[at],
            run.hues[at],
            last=last,
            run=run.number,
            colours=parts.colours(),
        )

    replay = plot_replay(
        [] if going else steps,
        run.job.layers("act_var")[1],
        run.job.layers("grad_preact_var")[1],
        names,
        run.hues,
        run=run.number,
        colours=parts.colours(),
    )
    figures = {"over_steps": heatmap(len(steps))}
    with st.container(horizontal=True, key="panel_charts"):
        alt = f"Heatmap: {MEASURES[column].title.lower()} by layer and step, {names[at]}"
        _chart("over_steps", heatmap(0) if going else figures["over_steps"], alt)
        alt = "Activation and gradient variance by layer, with a slider over the steps"
        _chart("replay", replay, alt)
    st.caption(
        "Left, a column is a step and a row a layer; stripes are batches with larger or smaller "
        "gradients. Right, drag the slider through the steps."
    )
    return figures if going else figures | {"replay": replay}


def _measure() -> str:
    """Choose what the heatmap shows of every layer."""
    return st.selectbox(
        "Of every layer",
        list(MEASURES),
        format_func=lambda column: MEASURES[column].title,
        key="training_measure",
        help="Update ratio: how long a step's change of the weights is, over the weights "
        "themselves; around 10⁻³ is common. Dead: units that are 0 for a whole batch. Saturated: "
        "activations where φ' is below 1 % of its largest value.",
        width=210,
    )


def _chosen(names: tuple[str, ...]) -> int:
    """Choose whose layers the heatmap shows."""
    if len(names) == 1:
        return 0
    chosen = st.segmented_control(
        "Layers of",
        range(len(names)),
        format_func=names.__getitem__,
        key=f"training_layers_{len(names)}",
        default=0,
        required=True,
    )
    return int(chosen or 0)


def _rates(sweep: Shown[Rates], *, former: bool) -> dict[str, Figure]:
    job = sweep.job
    names = _names(job.networks)

    def figure(made: int) -> Figure:
        return plot_rates(
            job.rates,
            job.losses[:made],
            names,
            sweep.hues,
            chosen=sweep.setting.training.learning_rate,
            guess=dataset(job.training.data).guess_loss,
            colours=parts.colours(),
        )

    figures = {"rates": figure(job.rates_made)}
    with st.container(horizontal=True, key="rates"):
        _chart("rates", figure(0) if job.going else figures["rates"], "Final loss by learning rate")
        with st.container():
            st.markdown("  \n".join(plain(text) for text in told(job)))
            st.caption(" ".join(_of_what(sweep, former=former)))
    return figures


def _of_what(sweep: Shown[Rates], *, former: bool) -> list[str]:
    """Say what a sweep shows, as far as it went."""
    job, training = sweep.job, sweep.job.training
    said = [f"Mean loss of the last steps, of {training.steps}, at each of {len(job.rates)} rates."]
    if job.stopped:
        said.append(f"Stopped: {job.rates_made} of {len(job.rates)} rates were tried.")
    if former:
        said.append("This belongs to the setting before the last change.")
    return said
