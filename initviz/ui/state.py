"""A page's state: the address holds it, the widgets show it.

On the first run of a session, and when the browser goes back or forward, the address is
read into the widgets; after every run the address is written from them.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType

from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.initializers import INITIALIZERS
from initviz.figures.compare import MOST_CURVES
from initviz.figures.signal import SMALLEST_WINDOW, Window
from initviz.runtime.words import listed, quoted
from initviz.setting.links import (
    FIELDS,
    Reading,
    from_params,
    from_query,
    settle,
    shortened,
    to_params,
    to_query,
)
from initviz.setting.network import Batch, Network

MAX_PINS = 3
VIEWS: dict[str, tuple[str, ...]] = {
    "gradient": ("z", "h", "W"),
    "statistic": ("variance", "std"),
    "panel": ("distributions", "units", "weights", "table"),
    "of": ("pre-activation", "activation", "gradient"),
}
_DEFAULT_VIEW = {name: values[0] for name, values in VIEWS.items()} | {"of": "activation"}


@dataclass(frozen=True)
class State:
    """Everything the page shows is a function of this."""

    network: Network
    batch: Batch
    pins: tuple[tuple[Network, Batch], ...]
    problems: tuple[str, ...]


def open_page(own: Collection[str] = ()) -> None:
    """Fill the widgets from the address, where the address has the word.

    Parameters that are the page's own are left to the page.
    """
    context = get_script_run_ctx()
    going_back = context is not None and context.is_history_navigation
    page = None if context is None else context.page_script_hash
    if "pins" in st.session_state and not going_back:
        if st.session_state["page"] != page:
            # Another page's widgets have other identities, and begin without values.
            st.session_state.update(st.session_state["held"])
            _follow_link()
        st.session_state["page"] = page
        return
    st.session_state["page"] = page
    given = {name: st.query_params.get_all(name) for name in st.query_params if name not in own}
    pins, problems = _read_pins(given.pop("pin", []))
    view, more = _read_view({name: given.pop(name) for name in VIEWS if name in given})
    curves, worse = _read_curves(given.pop("curve", []))
    reading = from_params(given, own)
    put(reading.network, reading.batch)
    st.session_state.update(view)
    st.session_state["pins"] = pins
    st.session_state["curves"] = curves
    st.session_state["window"] = SMALLEST_WINDOW
    st.session_state["problems"] = (*reading.problems, *problems, *more, *worse)
    st.session_state["problems_at"] = None


def look() -> None:
    """End this run if its tab is closed, or if a newer one of the whole page was asked for."""
    # Streamlit does so wherever a run looks at its state.
    st.session_state.get("pins")


def give_way() -> None:
    """End this run as `look` does, and for a newer one of a fragment as well.

    Left to Streamlit, that would wait until this one is over, however long it takes. A tick of a
    page's own clock may wait: coming again and again it would let nothing long ever end.
    """
    look()
    context = get_script_run_ctx()
    if context is None or context.script_requests is None:
        return
    # Nothing public tells. One of the whole page may have come since, and is for the next look.
    asked = context.script_requests
    newer = asked._rerun_data
    if (
        asked._state is ScriptRequestType.RERUN
        and newer.fragment_id_queue
        and not newer.is_auto_rerun
    ):
        st.rerun(scope="fragment" if context.fragment_ids_this_run else "app")


def _follow_link() -> None:
    """Show the network of a link from another page; the menu's links carry none."""
    given = {name: st.query_params.get_all(name) for name in FIELDS if name in st.query_params}
    if given:
        reading = from_params(given)
        put(reading.network, reading.batch)


def put(network: Network, batch: Batch | None = None) -> None:
    """Show a network, and a batch if given, in the widgets."""
    st.session_state.update(network.model_dump())
    if batch is not None:
        st.session_state.update(batch.model_dump())


def repair(network: Network) -> None:
    """Show a repaired network, on charts that fit it."""
    put(network)
    reset_window()


def settled() -> Reading:
    """Return what the widgets say; the scale that an initializer has anyway is not said."""
    values = {field: st.session_state[field] for field in FIELDS}
    if values["scale"] == INITIALIZERS[values["initializer"]].default_scale:
        values["scale"] = None
    return settle(values)


def current(own: Mapping[str, str] | None = None) -> State:
    """Read the widgets, and write what they say, and the page's own, to the address."""
    reading = settled()
    pins = tuple((r.network, r.batch) for r in map(from_query, st.session_state["pins"]))
    kept = (*FIELDS, *_DEFAULT_VIEW, "curves")
    st.session_state["held"] = {n: st.session_state[n] for n in kept}
    params: dict[str, Any] = dict(to_params(reading.network, reading.batch))
    params |= {n: st.session_state[n] for n, d in _DEFAULT_VIEW.items() if st.session_state[n] != d}
    if st.session_state["pins"]:
        params["pin"] = st.session_state["pins"]
    if st.session_state["curves"]:
        params["curve"] = st.session_state["curves"]
    params |= own or {}
    if params != address():
        st.query_params.from_dict(params)
    return State(reading.network, reading.batch, pins, (*_standing(reading), *reading.problems))


def link() -> str:
    """Return the address that reproduces the page, as a browser elsewhere would open it."""
    start = (st.context.url or "").partition("?")[0]
    return f"{start}?{urlencode(address(), doseq=True)}"


def _standing(reading: Reading) -> tuple[str, ...]:
    """Return the complaints about the address, until the setting is changed."""
    at = (reading.network, reading.batch)
    if st.session_state["problems_at"] is None:
        st.session_state["problems_at"] = at
    if st.session_state["problems_at"] != at:
        st.session_state["problems"] = ()
    problems: tuple[str, ...] = st.session_state["problems"]
    return problems


def address() -> dict[str, Any]:
    """Return what the address holds."""
    held = {name: st.query_params.get_all(name) for name in st.query_params}
    return {name: v if name in ("pin", "curve") else v[-1] for name, v in held.items()}


def _read_pins(texts: list[str]) -> tuple[list[str], list[str]]:
    problems = []
    if len(texts) > MAX_PINS:
        problems.append(f"pin may be given {MAX_PINS} times; got {len(texts)}; the first are used.")
    pins = []
    for text in texts[:MAX_PINS]:
        reading = from_query(text)
        pins.append(to_query(reading.network, reading.batch))
        problems += [f"In a pin: {problem}" for problem in reading.problems]
    return pins, shortened(problems)


def _read_curves(texts: list[str]) -> tuple[list[str], list[str]]:
    """Return the pairs to overlay, as initializer.activation, and what could not be used."""
    allowed = {f"{i}.{a}" for i in INITIALIZERS for a in ACTIVATIONS}
    curves = [text for text in dict.fromkeys(texts) if text in allowed]
    problems = [
        f"curve must be an initializer and an activation, as he_normal.relu; got {quoted(text)}; "
        "leaving it out."
        for text in texts
        if text not in allowed
    ]
    if len(curves) > MOST_CURVES:
        problems.append(
            f"curve may be given {MOST_CURVES} times; got {len(curves)}; the first are used."
        )
    return curves[:MOST_CURVES], shortened(problems)


def _read_view(given: Mapping[str, list[str]]) -> tuple[dict[str, str], list[str]]:
    view, problems = dict(_DEFAULT_VIEW), []
    for name, texts in given.items():
        if texts[-1] in VIEWS[name]:
            view[name] = texts[-1]
        else:
            problems.append(
                f"{name} must be one of {listed(VIEWS[name])}; got {quoted(texts[-1])}; "
                f"using {view[name]}."
            )
    return view, problems


def pin(network: Network, batch: Batch) -> None:
    """Keep a curve behind the next ones; the oldest of more than three goes."""
    query = to_query(network, batch)
    others = [p for p in st.session_state["pins"] if p != query]
    st.session_state["pins"] = [*others, query][-MAX_PINS:]


def sweep(network: Network, batch: Batch) -> None:
    """Ask for the sweep of a network's gain, until another network is shown."""
    st.session_state["swept"] = _gainless(network, batch)


def swept(network: Network, batch: Batch) -> bool:
    """Say whether the sweep of this network was asked for."""
    return bool(st.session_state.get("swept") == _gainless(network, batch))


def _gainless(network: Network, batch: Batch) -> tuple[Network, Batch]:
    return network.replace(gain=1.0), batch


def stand(weight_std: float, bias_std: float) -> None:
    """Move the network to σ_w and σ_b as given; all else stays."""
    network = settled().network
    scale = float(f"{weight_std / math.sqrt(network.width):.4g}")
    bias = float(f"{bias_std:.3g}")
    put(network.replace(initializer="normal", gain=1.0, scale=scale, bias_std=bias))


def unpin() -> None:
    """Let go of all pinned curves."""
    st.session_state["pins"] = []


def reset_window() -> None:
    """Let the charts start afresh from the smallest window."""
    st.session_state["window"] = SMALLEST_WINDOW


def keep_window(shown: Window) -> None:
    """Remember the window, so that it never shrinks while one network is explored."""
    st.session_state["window"] = shown
