"""The parts of the Explore page."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import streamlit as st

from initviz import Batch, Network, Signals
from initviz.engine.statistics import SAMPLE_SIZE
from initviz.experiments.ensemble import DRAWS, affordable
from initviz.export.network import command, pytorch
from initviz.figures import distributions, signal, units, weights
from initviz.figures.export import to_csv
from initviz.figures.theme import Palette, palette
from initviz.figures.theory import plot_theory
from initviz.runtime.words import number
from initviz.signals import COLUMNS
from initviz.theory.band import Band
from initviz.theory.forecast import Forecast
from initviz.ui import state
from initviz.ui.cache import ensemble_of, fix_of, signals_of, theory_of
from initviz.ui.text import BADGES, name_of, plain, repair
from initviz.verdict.diagnosis import Diagnosis

PLOTLY = {"displayModeBar": False}
Figures = dict[str, Any]
_SIZED = tuple(c for c in COLUMNS if c.endswith(("_var", "_ms", "_mean")))


def colours() -> Palette:
    """Return the palette of the theme the browser shows."""
    return palette(dark=st.context.theme.type == "dark")


def complaints(problems: tuple[str, ...]) -> None:
    """Say what in the address or the settings could not be used."""
    if problems:
        st.warning("  \n".join(map(plain, problems)), icon=":material/info:")


def verdict(now: state.State, signals: Signals) -> None:
    """Say what happens and why, and offer the repair that was probed."""
    diagnosis = signals.diagnosis
    with answer(diagnosis):
        if diagnosis.verdict != "stable":
            _repair_button(now.network, now.batch)
        st.button(
            "Pin",
            icon=":material/keep:",
            on_click=state.pin,
            args=(now.network, now.batch),
            help="Keep these curves behind the next ones, up to three.",
        )
        if now.pins:
            st.button("Unpin all", icon=":material/keep_off:", on_click=state.unpin)


@contextmanager
def answer(diagnosis: Diagnosis) -> Iterator[None]:
    """Say a verdict and its reason in a box, in which what follows stands beside them."""
    label, icon, colour = BADGES[diagnosis.verdict]
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="verdict"):
        st.badge(label, icon=f":material/{icon}:", color=colour)
        st.markdown(plain(diagnosis.reason), width="stretch")
        yield


def offer(words: str | None, apply: Callable[..., None], *given: Any) -> None:
    """Offer the repair that is said in words, or say that there is none."""
    if words is None:
        st.caption("No repair found.", width="content")
    else:
        st.button(
            words, type="primary", icon=":material/build:", key="fix", on_click=apply, args=given
        )


def _repair_button(network: Network, batch: Batch) -> None:
    fix = fix_of(network, batch)
    offer(None if fix is None else repair(network, fix), state.repair, fix)


def charts(now: state.State, signals: Signals) -> Figures:
    """Draw the two charts side by side, on the same decades, and return them by name."""
    pins = [(name_of(n, b), signals_of(n, b)) for n, b in now.pins]
    statistic = st.session_state["statistic"]
    drawn = {
        "activation": signal.QUANTITIES["act"],
        "gradient": signal.QUANTITIES[st.session_state["gradient"]],
    }
    curves = [
        signal.curve("", s, quantity, statistic)
        for quantity in drawn.values()
        for s in (signals, *(s for _, s in pins))
    ]
    predicted, luck = theory_of(now.network, now.batch)
    luck = _from_draws(now) or luck
    share = signal.share_of(statistic)
    curves += [
        signal.Curve("theory", share * predicted.log10[q.column])
        for q in drawn.values()
        if q.column in predicted.log10
    ]
    curves += [
        signal.Curve("luck", share * end)
        for q in drawn.values()
        for end in luck.ends.get(q.column, ())
    ]
    shown = signal.window(curves, st.session_state["window"])
    state.keep_window(shown)
    figures = {}
    with st.container(horizontal=True, key="charts"):
        for side, quantity in drawn.items():
            figures[side] = signal.plot_signal(
                signals,
                pins,
                quantity,
                statistic,
                shown=shown,
                colours=colours(),
                theory=plot_theory(predicted, luck, quantity.column, share, colours()),
            )
            alt = signal.describe(signals, quantity)
            st.plotly_chart(figures[side], key=f"{side}_chart", config=PLOTLY, alt=alt)
    _explain_theory(now, [q.column for q in drawn.values()], predicted, luck)
    return figures


def _from_draws(now: state.State) -> Band | None:
    """Return the band estimated from draws, if it was asked for at this very setting."""
    if st.session_state.get("estimated") != (now.network, now.batch):
        return None
    return ensemble_of(now.network, now.batch)


def _ask_for_draws(network: Network, batch: Batch) -> None:
    st.session_state["estimated"] = (network, batch)


def _explain_theory(
    now: state.State, columns: Sequence[str], predicted: Forecast, luck: Band
) -> None:
    """Say what the lines are, and offer the band that theory cannot give."""
    # Without a prediction every draw is the same, or of a size that nothing can be said about.
    wanting = (
        bool(predicted.log10) and luck.draws is None and any(c not in luck.ends for c in columns)
    )
    told = _what_lines_are(columns, predicted, luck)
    possible = affordable(now.network, now.batch)
    if wanting and not possible:
        told.append("The network is too large to estimate the band from draws here.")
    with st.container(horizontal=True, vertical_alignment="center", key="told"):
        st.caption(" ".join(told))
        if wanting and possible:
            st.button(
                f"Estimate the band from {DRAWS} draws",
                type="tertiary",
                icon=":material/casino:",
                key="estimate",
                on_click=_ask_for_draws,
                args=(now.network, now.batch),
                help="Measure as many other draws of this network, and see how far they stray.",
            )


def _what_lines_are(columns: Sequence[str], predicted: Forecast, luck: Band) -> list[str]:
    """Return sentences about the lines and, where there is no theory, why."""
    missing = [predicted.reasons[c] for c in columns if c in predicted.reasons]
    told = ["Solid: this draw, measured."]
    if len(missing) < len(columns):
        told.append("Dashed: the average over draws, by theory.")
    banded = [c in luck.ends for c in columns]
    if luck.draws and any(banded):
        told.append(f"Blue band: the range of 95 % of draws, estimated from {luck.draws} draws.")
    elif all(banded):
        told.append("Blue band: where 95 % of draws lie.")
    elif luck.ends:
        told.append("Blue band, where there is one: 95 % of draws; ∂ℓ/∂W has none by theory.")
    if luck.reason and not all(banded):
        missing.append(luck.reason)
    return [*told, *dict.fromkeys(missing), *([luck.note] if luck.note else [])]


def switches() -> None:
    """Choose the gradient and the statistic that the charts show."""
    names = {"z": "∂z", "h": "∂h", "W": "∂W"}
    _segments("Gradient", "gradient", names, "Of which quantity the gradient is drawn.")
    _segments("Statistic", "statistic", {"variance": "Variance", "std": "Std"}, None)


def panel_picker() -> None:
    """Choose the one panel of detail that is computed and shown."""
    names = {
        "distributions": "Distributions",
        "units": "Units",
        "weights": "Weights",
        "table": "Table",
    }
    _segments("Detail", "panel", names, None)


def _segments(label: str, key: str, names: dict[str, str], help_: str | None) -> None:
    st.segmented_control(
        label,
        list(names),
        format_func=names.__getitem__,
        key=key,
        required=True,
        help=help_,
        label_visibility="collapsed",
        persist_state="session",
    )


def panel(signals: Signals) -> None:
    """Show the chosen panel of detail."""
    {
        "distributions": _distributions,
        "units": _units,
        "weights": _weights,
        "table": _table,
    }[st.session_state["panel"]](signals)


def _distributions(signals: Signals) -> None:
    names = {
        "pre-activation": "Pre-activations z",
        "activation": "Activations h",
        "gradient": "Gradients ∂ℓ/∂z",
    }
    _segments("Values of", "of", names, None)
    of = st.session_state["of"]
    _panel_charts(
        {
            "sizes": (
                distributions.plot_magnitudes(signals, of, colours()),
                f"Heatmap: how large each layer's {of} values are",
            ),
            "histograms": (
                distributions.plot_histograms(signals, of, colours()),
                f"Histograms of the {of} values in a few layers",
            ),
        },
        f"Up to {SAMPLE_SIZE} values of each layer, spread evenly over batch and units.",
    )


def _units(signals: Signals) -> None:
    _panel_charts(
        {
            "units": (
                units.plot_units(signals, colours()),
                "Dead, saturated and different units by layer",
            ),
            "correlation": (
                units.plot_correlation(signals, colours()),
                "Mean cosine similarity of two inputs' activations by layer",
            ),
        },
        "A unit is dead if it outputs 0 for the whole batch; an activation is saturated where the "
        "slope is below 1 % of its largest, which includes the half where ReLU is off; units are "
        "copies if they agree on the whole batch. Where the cosine reaches 1, the network no "
        "longer tells inputs apart.",
    )


def _weights(signals: Signals) -> None:
    _panel_charts(
        {
            "weights": (
                weights.plot_weights(signals, colours()),
                "Weight variance by layer, drawn and theoretical",
            )
        },
        "The variance of the weights drawn, beside the initializer's own formula.",
    )


def _panel_charts(figures: dict[str, tuple[Any, str]], caption: str) -> None:
    """Draw a panel's figures side by side, explain them and offer their data."""
    with st.container(horizontal=True, key="panel_charts"):
        for key, (figure, alt) in figures.items():
            st.plotly_chart(figure, key=key, config=PLOTLY, alt=alt)
    st.caption(caption)
    drawn = {key: figure for key, (figure, _) in figures.items()}
    csv_button("These charts (CSV)", drawn, f"{st.session_state['panel']}.csv")


def csv_button(label: str, figures: Figures, name: str) -> None:
    """Offer every point of figures as CSV."""
    st.download_button(
        label,
        lambda: to_csv(figures.items()),
        name,
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _table(signals: Signals) -> None:
    readable = signals.table.assign(**{c: signals.table[c].map(_readable) for c in _SIZED})
    st.dataframe(readable, hide_index=True, alt="Every column of the probe, a row a layer")


def _readable(value: float) -> str:
    return number(value, 3)


def share(now: state.State, signals: Signals, figures: Figures) -> None:
    """Offer the link, the data and the code of what is shown."""
    sharing = st.popover(
        "Share & export", icon=":material/ios_share:", key="sharing", on_change="rerun"
    )
    if not sharing.open:
        return
    with sharing:
        st.caption("The address holds everything on this page, pins included: copy it to share.")
        st.code(state.link(), language=None, wrap_lines=True)
        csv_button("Charts with pins (CSV)", figures, "charts.csv")
        st.download_button(
            "Table (CSV)",
            lambda: signals.table.to_csv(index=False),
            "initviz.csv",
            icon=":material/table:",
            on_click="ignore",
        )
        st.download_button(
            "Run (JSON)",
            signals.to_json,
            "initviz.json",
            "application/json",
            icon=":material/data_object:",
            on_click="ignore",
        )
        st.download_button(
            "PyTorch source",
            lambda: pytorch(now.network, now.batch),
            "network.py",
            "text/x-python",
            icon=":material/code:",
            on_click="ignore",
        )
        st.caption("The same on the command line:")
        st.code(command(now.network, now.batch), language="bash", wrap_lines=True)
