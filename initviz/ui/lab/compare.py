"""The parts of the Compare page."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from initviz import Batch, Network
from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.initializers import INITIALIZERS
from initviz.experiments.compare import PAIRS, Cell, check, nearest, networks, places, ranked, table
from initviz.figures.compare import (
    MOST_CURVES,
    SIGNS,
    describe,
    name_of,
    pair_at,
    plot_map,
    plot_overlay,
    shared_window,
    short,
)
from initviz.runtime.words import capitalized, number
from initviz.ui import controls, parts, state
from initviz.ui.cache import cells_of
from initviz.ui.text import BADGES, LABELS, plain
from initviz.verdict.thresholds import DECADES

# Seconds of work before the map is drawn, and between two drawings of it while it fills.
_AT_ONCE = 0.2
_SLICE = 0.8
# Initializers named in the answer.
_NAMED = 4
# Seconds that are left are said in steps of so many, from so many measured pairs on.
_ROUNDED, _TELLING = 5, 12
_MEANING = (
    "Colour: how many powers of ten the variance of the gradient ∂ℓ/∂z gains (orange) or loses "
    "(blue) from the last layer to the first; no colour is steady, grey no gradient at all, and a "
    "cell without a sign is not measured yet. The frame is the network chosen above: it is drawn "
    "below with the best, and its gain, width and other settings are everyone's."
)
_ORDER = (
    "Stable ones share the first place: a probe before training does not tell which learns best. "
    "The one derived for this activation is named first. Then come those that only vanish or "
    "explode, then the rest."
)
_STRAYS = (
    "How far gradient or activations get from where they start, at most, in powers of ten; up to "
    f"{DECADES:g} is stable."
)


@dataclass
class _Found:
    """What this session knows of a comparison so far."""

    of: object
    cells: dict[Network, Cell] = field(default_factory=dict)
    stopped: bool = False
    # When the work was begun or taken up, and how many cells were known then.
    since: tuple[float, int] = field(default_factory=lambda: (time.monotonic(), 0))

    @property
    def seconds_left(self) -> float:
        """About how long the rest takes, if it goes on as since then."""
        began, known = self.since
        took = (time.monotonic() - began) / max(1, len(self.cells) - known)
        return took * (PAIRS - len(self.cells))


def show(now: state.State) -> None:
    """Show what is known of the comparison; then work on, a moment at a time, until it is whole."""
    if st.session_state.pop("clicked", False):
        # With an address that Explore would write itself, the browser's history gets no more.
        st.switch_page("pages/lab/explore.py", query_params=state.address())
    try:
        check(now.network, now.batch)
    except ValueError as error:
        _offer_less(now, str(error))
        return
    pairs = networks(now.network)
    found = _found(pairs, now.batch)
    # This network comes first, and then what it is ranked with.
    own, with_ = now.network.initializer, now.network.activation
    pairs.sort(
        key=lambda n: (n.activation != with_, n.activation == with_ and n.initializer != own)
    )
    _work(found, pairs, now.batch, _AT_ONCE)
    cells = [found.cells[n] for n in pairs if n in found.cells]
    _answer(now.network, cells, found)
    _draw(now, cells)
    if len(cells) < len(pairs) and not found.stopped:
        _work(found, pairs, now.batch, _SLICE)
        st.rerun()


def _offer_less(now: state.State, reason: str) -> None:
    network, batch = nearest(now.network, now.batch)
    st.warning(plain(f"{capitalized(reason)}."), icon=":material/info:")
    with st.container(horizontal=True):
        st.button(
            "Use what fits", icon=":material/build:", on_click=state.put, args=(network, batch)
        )
        controls.more_controls()


def _found(pairs: Sequence[Network], batch: Batch) -> _Found:
    """Return what this session knows; of another comparison nothing is kept here."""
    of = (tuple(pairs), batch)
    found = st.session_state.get("compared")
    if found is None or found.of != of:
        found = st.session_state["compared"] = _Found(of)
    return found


def _work(found: _Found, pairs: Sequence[Network], batch: Batch, seconds: float) -> None:
    missing = [n for n in pairs if n not in found.cells]
    if missing and not found.stopped:
        found.cells |= {c.network: c for c in cells_of(missing, batch, seconds)}


def _turn(found: _Found) -> None:
    found.stopped = not found.stopped
    found.since = time.monotonic(), len(found.cells)


def _answer(network: Network, cells: Sequence[Cell], found: _Found) -> None:
    """Say how many pairs train or, until that is known, how far the work is."""
    with st.container(horizontal=True, vertical_alignment="center", border=True, key="answer"):
        if len(cells) == PAIRS:
            st.markdown(_sentence(network, cells))
            return
        told = f"{len(cells)} of {PAIRS} pairs measured"
        if found.stopped:
            st.markdown(f"Stopped: {told}.", width="stretch")
        else:
            st.progress(len(cells) / PAIRS, f"Comparing: {told}{_time_left(found)}")
        # One button, whatever it says: two would stand side by side for a moment, and move.
        st.button(
            "Go on" if found.stopped else "Stop",
            icon=":material/play_arrow:" if found.stopped else ":material/stop:",
            key="compare_stop",
            width=110,
            on_click=_turn,
            args=(found,),
        )


def _time_left(found: _Found) -> str:
    """Say how long the rest takes, once enough was measured to tell."""
    if len(found.cells) - found.since[1] < _TELLING:
        return ""
    return f", about {_ROUNDED * math.ceil(found.seconds_left / _ROUNDED)} seconds left"


def _sentence(network: Network, cells: Sequence[Cell]) -> str:
    """Say which initializers are stable with the activation, and how many pairs are."""
    label = LABELS["activation"][network.activation]
    column = _column(network.activation, cells)
    names = [
        short(LABELS["initializer"][c.network.initializer])
        for c in ranked(column)
        if c.verdict == "stable"
    ]
    if not names:
        bold = f"With {label} none of the initializers is stable before the first step."
    else:
        listed = ", ".join(names[:_NAMED]) + (
            f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        )
        verb = "are" if len(names) > 1 else "is"
        bold = (
            f"With {label} {len(names)} of {len(column)} initializers {verb} stable before the "
            f"first step: {listed}."
        )
    stable = sum(c.verdict == "stable" for c in cells)
    alone = " With a single layer nothing can drift." if network.depth == 1 else ""
    return f"**{bold}** Of all {len(cells)} pairs {stable} are; nothing was trained.{alone}"


def _column(activation: str, cells: Sequence[Cell]) -> list[Cell]:
    return [c for c in cells if c.network.activation == activation]


def _draw(now: state.State, cells: Sequence[Cell]) -> None:
    network = now.network
    column = ranked(_column(network.activation, cells))
    with st.container(horizontal=True, key="compared"):
        with st.container():
            _map(network, cells)
        with st.container():
            _ranking(network.activation, column)
    with st.container(horizontal=True, vertical_alignment="bottom", key="details"):
        controls.more_controls()
        _curve_picker()
    figures = _overlay(_chosen(network, cells, column))
    with st.container(horizontal=True):
        st.download_button(
            "All pairs (CSV)",
            lambda: table(cells).to_csv(index=False),
            "compare.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
        )
        parts.csv_button("These curves (CSV)", figures, "curves.csv")


def _map(network: Network, cells: Sequence[Cell]) -> None:
    here = network.initializer, network.activation
    stable = sum(c.verdict == "stable" for c in cells)
    signs = ", ".join(f"{sign} {verdict}" for verdict, sign in SIGNS.items())
    st.caption(plain(f"{signs}. Click a cell to open it in Explore."))
    st.plotly_chart(
        plot_map(cells, here, parts.colours()),
        key="compare_map",
        on_select=_open,
        selection_mode="points",
        config=parts.PLOTLY,
        alt=f"Map of {len(cells)} pairs of initializer and activation, {stable} of them stable",
    )
    st.caption(plain(_MEANING))


def _open() -> None:
    """Show the network that was clicked on; the page goes to Explore when it runs."""
    points = st.session_state["compare_map"]["selection"]["points"]
    if not points:
        return
    pair = pair_at(points[0]["x"], points[0]["y"])
    whole = networks(state.settled().network)
    state.repair(next(n for n in whole if (n.initializer, n.activation) == pair))
    st.session_state["clicked"] = True


def _ranking(activation: str, column: Sequence[Cell]) -> None:
    """Rank the initializers of one activation."""
    label = LABELS["activation"][activation]
    st.markdown(f"**Ranking with {plain(label)}**")
    rows = [
        {
            "": rank,
            "Initializer": LABELS["initializer"][c.network.initializer],
            "Verdict": f"{SIGNS[c.verdict]} {BADGES[c.verdict][0]}",
            "Strays": "∞" if math.isinf(c.departure) else number(c.departure),
            "Why": c.reason,
        }
        for rank, c in places(column)
    ]
    st.dataframe(
        rows,
        hide_index=True,
        height=470,
        column_config={
            "Strays": st.column_config.TextColumn(help=_STRAYS),
            "Why": st.column_config.TextColumn(width="large"),
        },
        alt=f"Initializers ranked with {label}",
    )
    st.caption(f"{_ORDER} Strays: {_STRAYS[0].lower()}{_STRAYS[1:]} The reasons are to the right.")


def _chosen(network: Network, cells: Sequence[Cell], column: Sequence[Cell]) -> list[Cell]:
    """Return the cells to draw.

    Those asked for or, without any, this network, the best three and the first that fails.
    """
    by_pair = {c.pair: c for c in cells}
    asked = [tuple(text.split(".")) for text in st.session_state["curves"]]
    found = [by_pair[pair] for pair in asked if pair in by_pair]
    if found:
        return found
    itself = by_pair[network.initializer, network.activation]
    others = [c for c in column if c is not itself]
    failing = [c for c in others[3:] if c.verdict != "stable"]
    return [itself, *others[:3], *failing[:1]]


def _curve_picker() -> None:
    """Choose the pairs whose curves are drawn."""
    pairs = [f"{i}.{a}" for a in ACTIVATIONS for i in INITIALIZERS]
    st.multiselect(
        "Curves",
        pairs,
        format_func=_pair_label,
        key="curves",
        max_selections=MOST_CURVES,
        placeholder="This network, the best and the first that fails",
        help="Up to five pairs to draw. Without any: this network, the best three initializers for "
        "its activation, and the first that fails.",
        persist_state="session",
    )


def _pair_label(pair: str) -> str:
    initializer, _, activation = pair.partition(".")
    return f"{short(LABELS['initializer'][initializer])}, {LABELS['activation'][activation]}"


def _overlay(chosen: Sequence[Cell]) -> dict[str, Any]:
    """Draw the chosen cells' activations and gradients, and say of each why it fares so."""
    shown, figures = shared_window(chosen), {}
    with st.container(horizontal=True, key="charts"):
        for key, side in (("activation", "act"), ("gradient", "z")):
            figures[key] = plot_overlay(chosen, side, shown=shown, colours=parts.colours())
            st.plotly_chart(
                figures[key],
                key=f"{key}_chart",
                config=parts.PLOTLY,
                alt=describe(chosen, side),
            )
    st.markdown("\n".join(f"- **{plain(name_of(c))}**: {plain(c.reason)}" for c in chosen))
    return figures
