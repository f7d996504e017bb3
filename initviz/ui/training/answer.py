"""What a run came to, in words; and what can be taken along of it."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from initviz import Network
from initviz.runtime.words import counted, listed, number
from initviz.setting import cost
from initviz.setting.links import to_params
from initviz.setting.network import Batch
from initviz.training import read
from initviz.training.expected import Verdict
from initviz.training.links import command
from initviz.training.live import Live
from initviz.training.reading import Reading
from initviz.ui import parts, state
from initviz.ui.cache import signals_of
from initviz.ui.text import BADGES, LABELS, Colour, name_of, plain
from initviz.ui.training.runs import Shown
from initviz.ui.training.state import Setting

# Seconds of a probe that nobody asked for.
_GLANCE = 0.3
_VERDICTS: dict[Verdict, tuple[str, str, Colour]] = {
    "trained": ("Trained", "check_circle", "green"),
    "learning": ("Learning", "trending_up", "orange"),
    "stalled": ("Stalled", "horizontal_rule", "gray"),
    "diverged": ("Diverged", "error", "red"),
    "early": ("Too early", "hourglass", "gray"),
}


def answer(run: Shown[Live]) -> None:
    """Say what became of each network, beside what Explore says of its start."""
    if run.job.failure:
        st.error(plain(f"Training did not work here: {run.job.failure}."))
    if not run.job.made:
        return
    for place, reading in enumerate(read(run.job.history)):
        _reading(reading, run.setting.batch, place)
    st.caption(
        "A loss is the mean of the last 20 steps, each on a batch of the training data. What "
        "theory lets a gradient through are six of its depth scales: see Edge of chaos."
    )


def _reading(reading: Reading, batch: Batch, place: int) -> None:
    label, icon, colour = _VERDICTS[reading.verdict]
    with st.container(horizontal=True, vertical_alignment="center", key=f"reading_{place}"):
        st.badge(label, icon=f":material/{icon}:", color=colour)
        st.markdown(plain(reading.sentence), width="stretch")
        _predicted(reading.network, batch)


def told(run: Shown[Live], *, former: bool) -> str:
    """Say how far a run went, of which setting it was, and where it can be seen again."""
    job = run.job
    if job.made < job.units:
        said = [f"Stopped after step {job.made} of {job.units}."]
    else:
        said = [f"All {job.made} steps are done; the slider of the last chart goes back in them."]
    if former:
        said.append(
            "These curves belong to the setting before the last change: "
            f"{listed(LABELS['initializer'][n.initializer] for n in job.networks)}; "
            f"{name_of(job.networks[0], run.setting.batch).partition(', ')[2]}, "
            f"{counted(job.training.steps, 'step')} at {number(job.training.learning_rate)}."
        )
    return plain(" ".join(said))


def _predicted(network: Network, batch: Batch) -> None:
    """Link to Explore, which judged the network before it was trained."""
    try:
        verdict = signals_of(network, batch).diagnosis.verdict
    except ValueError:
        return
    st.page_link(
        "pages/lab/explore.py",
        label=f"Explore: {BADGES[verdict][0].lower()}",
        icon=":material/ssid_chart:",
        help="What Explore says of this network before the first step; see it there.",
        # A link that says nothing would keep the network that was there.
        query_params=to_params(network, batch) or {"initializer": network.initializer},
    )


def invite(setting: Setting) -> None:
    """Say what Explore finds of one network or more as they begin, and how to train them."""
    what = "Press **Train** to see how these initializers learn, side by side."
    found = [_found(network, setting.batch) for network in setting.networks]
    before = f"Before the first step, Explore finds {_and(found)}. " if all(found) else ""
    st.markdown(f"{before}{what}")


def _found(network: Network, batch: Batch) -> str:
    """Return a network's verdict, or nothing where that takes longer than a glance."""
    if cost.seconds(network, batch) > _GLANCE:
        return ""
    try:
        verdict = signals_of(network, batch).diagnosis.verdict
    except ValueError:
        return ""
    label = plain(LABELS["initializer"][network.initializer])
    return f"{label} {BADGES[verdict][0].lower()}"


def _and(parts: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def share(setting: Setting, run: Shown[Live] | None, figures: parts.Figures) -> None:
    """Offer the link, the data and the command of what is shown."""
    sharing = st.popover(
        "Share & export", icon=":material/ios_share:", key="sharing", on_change="rerun"
    )
    if not sharing.open:
        return
    with sharing:
        st.caption(
            "The address holds every setting of this page, but no run: who opens it presses Train."
        )
        st.code(state.link(), language=None, wrap_lines=True)
        if run is not None and run.job.made:
            _table_button(
                "History (CSV)",
                run.job.history.table,
                "training.csv",
                "Loss and accuracy of every step.",
            )
            _table_button(
                "Layers (CSV)",
                run.job.layer_table,
                "training_layers.csv",
                "Every layer at the steps of the charts.",
            )
            parts.csv_button("These charts (CSV)", figures, "training_charts.csv")
        if setting.networks:
            st.caption("The same on the command line:")
            st.code(command(setting.networks, setting.training), language="bash", wrap_lines=True)


def _table_button(label: str, table: Callable[[], pd.DataFrame], file: str, told: str) -> None:
    """Offer a table, which is made when it is asked for."""
    st.download_button(
        label,
        lambda: table().to_csv(index=False),
        file,
        "text/csv",
        icon=":material/table:",
        on_click="ignore",
        help=told,
    )
