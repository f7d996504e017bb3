"""The state of the Training page: the address holds it, the widgets show it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from initviz.setting.network import Batch, Network
from initviz.training import Training, links
from initviz.training.spec import DTYPES
from initviz.ui import state

_HELD = "training"
# The only number format in which both a training and a probe can be computed, by default.
_DTYPE = "float32"


@dataclass(frozen=True)
class Setting:
    """Everything that a run is a function of; Explore would measure the batch."""

    networks: tuple[Network, ...]
    training: Training
    batch: Batch


def open_page() -> None:
    """Fill the widgets from the address, where the address has the word."""
    state.open_page(links.PARAMS)
    context = get_script_run_ctx()
    going_back = context is not None and context.is_history_navigation
    if _HELD in st.session_state and not going_back:
        return
    given = {n: st.query_params.get_all(n) for n in links.PARAMS if n in st.query_params}
    reading = links.from_params(given, st.session_state["initializer"])
    values = reading.training.model_dump(include=set(links.FIELDS))
    st.session_state[_HELD] = {"initializers": list(reading.initializers), **values}
    st.session_state["training_problems"] = reading.problems, None
    for key in [k for k in st.session_state if str(k).startswith(f"{_HELD}.")]:
        del st.session_state[key]


def held(name: str) -> Any:
    """Return what the page remembers of a control."""
    return st.session_state[_HELD][name]


def hold(name: str, value: Any) -> None:
    """Remember what a control says."""
    st.session_state[_HELD][name] = value


def use(networks: Sequence[Network], training: Training) -> None:
    """Show the depth of these networks and this training's steps in the controls."""
    st.session_state["depth"] = networks[0].depth
    hold("steps", training.steps)
    del st.session_state[f"{_HELD}.steps"]


def key_of(name: str) -> str:
    """Return the key of a control, filled with what is remembered where it is shown anew."""
    key = f"{_HELD}.{name}"
    if key not in st.session_state:
        st.session_state[key] = held(name)
    return key


def current() -> tuple[Setting, tuple[str, ...]]:
    """Return the setting that the controls show, and what of it could not be used."""
    own = Training(**{field: held(field) for field in links.FIELDS})
    now = state.current(links.to_params(held("initializers"), own))
    dtype = now.batch.dtype if now.batch.dtype in DTYPES else _DTYPE
    training = own.replace(seed=now.batch.seed, dtype=dtype)
    networks = links.networks_of(now.network, held("initializers"))
    setting = Setting(networks, training, now.batch)
    problems = [*now.problems, *_standing(setting)]
    if dtype != now.batch.dtype:
        problems.append(f"Nothing is trained in {now.batch.dtype} here; using {dtype}.")
    return setting, tuple(problems)


def _standing(setting: Setting) -> tuple[str, ...]:
    """Return the complaints about the address, until the setting is changed."""
    problems: tuple[str, ...]
    problems, at = st.session_state["training_problems"]
    if at not in (None, setting):
        problems = ()
    st.session_state["training_problems"] = problems, setting
    return problems


def hues(names: tuple[str, ...]) -> dict[str, int]:
    """Return a place in the palette for each initializer, which it keeps while it is chosen."""
    kept: dict[str, int] = st.session_state.get("training_hues", {})
    places = {name: place for name, place in kept.items() if name in names}
    free = iter(sorted(set(range(len(names) + len(places))) - set(places.values())))
    places |= {name: next(free) for name in names if name not in places}
    st.session_state["training_hues"] = places
    return places
