"""What a run came to, in words; and what can be taken along of it."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from initviz import Network, work
from initviz.network import Batch
from initviz.training import read
from initviz.training.links import command
from initviz.training.live import Live
from initviz.training.reading import Reading, Verdict
from initviz.ui import explore, state
from initviz.ui.cache import signals_of
from initviz.ui.text import BADGES, LABELS, Colour, name_of, plain
from initviz.ui.training_runs import Shown
from initviz.ui.training_state import Setting

# Seconds of a probe that nobody asked for.
_GLANCE = 0.3
_VERDICTS: dict[Verdict, tuple[str, str, Colour]] = {
    "trained": ("Trained", "check_circle", "green"),
    "learning": ("Learning", "trending_up", "orange"),
    "stalled": ("Stalled", "horizontal_rule", "gray"),
    "diverged": ("Diverged", "error", "red"),
}


def answer(run: Shown[Live], *, former: bool) -> None:
    """Say what became of each network, beside what Explore says of its start."""
    if run.job.failure:
        st.error(plain(f"Training did not work here: {run.job.failure}."))
    if former or run.job.stopped:
        st.caption(plain(" ".join(_reservations(run, former=former))))
    if not run.job.made:
        return
    with st.container(gap="xsmall"):
        for place, reading in enumerate(read(run.job.history)):
            _reading(reading, run.setting.batch, place)


def _reading(reading: Reading, batch: Batch, place: int) -> None:
    label, icon, colour = _VERDICTS[reading.verdict]
    with st.container(horizontal=True, vertical_alignment="center", key=f"reading_{place}"):
        st.badge(label, icon=f":material/{icon}:", color=colour)
        st.markdown(plain(reading.sentence), width="stretch")
        _predicted(reading.network, batch, place)


def _reservations(run: Shown[Live], *, former: bool) -> list[str]:
    told = []
    if run.job.stopped:
        told.append(f"Stopped after step {run.job.made} of {run.job.units}.")
    if former:
        told.append(
            "These curves belong to the setting before the last change, "
            f"{name_of(run.job.networks[0], run.setting.batch).partition(', ')[2]}: "
            "press Train for the present one."
        )
    return told


def _predicted(network: Network, batch: Batch, place: int) -> None:
    """Link to Explore, which judged the network before it was trained."""
    try:
        verdict = signals_of(network, batch).diagnosis.verdict
    except ValueError:
        return
    if st.button(
        f"Explore: {BADGES[verdict][0].lower()}",
        type="tertiary",
        icon=":material/ssid_chart:",
        key=f"explore_{place}",
        help="What Explore says of this network before the first step; see it there.",
    ):
        state.take_along(network)
        st.switch_page("pages/lab/explore.py")


def invite(setting: Setting) -> None:
    """Say what Explore finds of one network or more as they begin, and how to train them."""
    what = "Press **Train** to see how these initializers learn, side by side."
    found = [_found(network, setting.batch) for network in setting.networks]
    before = f"Before the first step, Explore finds {_and(found)}. " if all(found) else ""
    st.markdown(f"{before}{what}")


def _found(network: Network, batch: Batch) -> str:
    """Return a network's verdict, or nothing where that takes longer than a glance."""
    if work.seconds(network, batch) > _GLANCE:
        return ""
    try:
        verdict = signals_of(network, batch).diagnosis.verdict
    except ValueError:
        return ""
    label = plain(LABELS["initializer"][network.initializer])
    return f"{label} {BADGES[verdict][0].lower()}"


def _and(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def share(setting: Setting, run: Shown[Live] | None, figures: explore.Figures) -> None:
    """Offer the link, the data and the command of what is shown."""
    sharing = st.popover(
        "Share & export", icon=":material/ios_share:", key="sharing", on_change="rerun"
    )
    if not sharing.open:
        return
    with sharing:
        st.caption("The address holds every setting of this page: copy it to share.")
        st.code(state.link(), language=None, wrap_lines=True)
        if run is not None and run.job.made:
            _table_button("History (CSV)", run.job.history.table, "training.csv")
            _table_button("Layers (CSV)", run.job.layer_table, "training_layers.csv")
            explore.csv_button("These charts (CSV)", figures, "training_charts.csv")
        if setting.networks:
            st.caption("The same on the command line:")
            st.code(command(setting.networks, setting.training), language="bash", wrap_lines=True)


def _table_button(label: str, table: Callable[[], pd.DataFrame], file: str) -> None:
    """Offer a table, which is made when it is asked for."""
    st.download_button(
        label,
        lambda: table().to_csv(index=False),
        file,
        "text/csv",
        icon=":material/table:",
        on_click="ignore",
    )
