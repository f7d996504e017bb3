"""The parts of the Explore page."""

import streamlit as st

from initviz import Batch, Network, Signals
from initviz.codegen import command, pytorch
from initviz.figures import distributions, signal, units, weights
from initviz.figures.theme import Palette, palette
from initviz.signals import COLUMNS
from initviz.ui import state
from initviz.ui.cache import fix_of, signals_of
from initviz.ui.text import BADGES, name_of, plain, repair

_PLOTLY = {"displayModeBar": False}
SCIENTIFIC = tuple(c for c in COLUMNS if c.endswith(("_var", "_ms", "_mean")))


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
    label, icon, colour = BADGES[diagnosis.verdict]
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="verdict"):
        st.badge(label, icon=f":material/{icon}:", color=colour)
        st.markdown(plain(diagnosis.reason), width="stretch")
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


def _repair_button(network: Network, batch: Batch) -> None:
    fix = fix_of(network, batch)
    if fix is None:
        st.caption("No repair found.", width="content")
    else:
        st.button(
            repair(network, fix),
            type="primary",
            icon=":material/build:",
            key="fix",
            on_click=state.put,
            args=(fix,),
        )


def charts(now: state.State, signals: Signals) -> None:
    """Draw the two charts side by side, on the same decades."""
    pins = [(name_of(n, b), signals_of(n, b)) for n, b in now.pins]
    statistic = st.session_state["statistic"]
    drawn = (signal.QUANTITIES["act"], signal.QUANTITIES[st.session_state["gradient"]])
    curves = [
        signal.curve("", s, quantity, statistic)
        for quantity in drawn
        for s in (signals, *(s for _, s in pins))
    ]
    shown = signal.window(curves, st.session_state["window"])
    state.keep_window(shown)
    with st.container(horizontal=True, key="charts"):
        for side, quantity in zip(("activation", "gradient"), drawn, strict=True):
            figure = signal.plot_signal(
                signals, pins, quantity, statistic, shown=shown, colours=colours()
            )
            st.plotly_chart(
                figure,
                key=f"{side}_chart",
                config=_PLOTLY,
                alt=signal.describe(signals, quantity),
            )


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
    quantity = st.session_state["of"]
    with st.container(horizontal=True, key="panel_charts"):
        st.plotly_chart(
            distributions.plot_magnitudes(signals, quantity, colours()),
            key="magnitudes",
            config=_PLOTLY,
            alt=f"Heatmap of the order of magnitude of each {quantity}",
        )
        st.plotly_chart(
            distributions.plot_histograms(signals, quantity, colours()),
            key="histograms",
            config=_PLOTLY,
            alt=f"Histograms of the {quantity} in a few layers",
        )
    st.caption("Up to 2048 values of each layer, evenly spaced over batch and units.")
    st.download_button(
        "Histograms as CSV",
        lambda: signals.histogram(quantity).to_csv(),
        f"{quantity}.csv",
        icon=":material/download:",
        on_click="ignore",
    )


def _units(signals: Signals) -> None:
    with st.container(horizontal=True, key="panel_charts"):
        st.plotly_chart(
            units.plot_units(signals, colours()),
            key="units",
            config=_PLOTLY,
            alt="Dead, saturated and different units by layer",
        )
        st.plotly_chart(
            units.plot_correlation(signals, colours()),
            key="correlation",
            config=_PLOTLY,
            alt="Mean cosine similarity of two inputs' activations by layer",
        )
    st.caption(
        "A unit is dead if it outputs 0 for the whole batch; an activation is saturated where the "
        "slope is below 1 % of its largest, which includes the half where ReLU is off; units are "
        "copies if they agree on the whole batch. Where the cosine reaches 1, the network no "
        "longer tells inputs apart."
    )


def _weights(signals: Signals) -> None:
    st.plotly_chart(
        weights.plot_weights(signals, colours()),
        key="weights",
        config=_PLOTLY,
        alt="Weight variance by layer, drawn and theoretical",
    )


def _table(signals: Signals) -> None:
    sizes = {c: st.column_config.NumberColumn(format="scientific") for c in SCIENTIFIC}
    st.dataframe(
        signals.table,
        hide_index=True,
        column_config=sizes,
        alt="Every column of the probe, a row a layer",
    )


def share(now: state.State, signals: Signals) -> None:
    """Offer the link, the data and the code of what is shown."""
    with st.popover("Share & export", icon=":material/ios_share:"):
        st.caption("The address holds everything on this page, pins included: copy it to share.")
        st.code(state.link(), language=None, wrap_lines=True)
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
