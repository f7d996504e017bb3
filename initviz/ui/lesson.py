"""What the pages of lessons share: choices held by the address, the answer, charts."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from initviz.runtime.words import listed, quoted
from initviz.ui import cache, parts
from initviz.ui.text import plain

# What may be chosen, by name; the first of each is what the page opens with.
Choices = Mapping[str, tuple[str, ...]]
Result = TypeVar("Result")


def open_page(page: str, choices: Choices) -> None:
    """Fill the widgets, whose keys are `key_of`, from the address, where it has the word."""
    context = get_script_run_ctx()
    going_back = context is not None and context.is_history_navigation
    if f"{page}.problems" in st.session_state and not going_back:
        return
    problems, read = [], {}
    for name, allowed in choices.items():
        given = st.query_params.get(name, allowed[0])
        read[name] = given if given in allowed else allowed[0]
        if given not in allowed:
            problems.append(
                f"{name} must be one of {listed(allowed)}; got {quoted(given)}; using {allowed[0]}."
            )
        st.session_state[key_of(page, name)] = read[name]
    st.session_state[f"{page}.problems"] = tuple(problems), read


def key_of(page: str, name: str) -> str:
    """Return the key of a choice's widget."""
    return f"{page}.{name}"


def current(page: str, choices: Choices) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return what is chosen, written to the address, and what of the address was not used."""
    chosen = {name: str(st.session_state[key_of(page, name)]) for name in choices}
    params = {name: value for name, value in chosen.items() if value != choices[name][0]}
    if params != {name: st.query_params[name] for name in st.query_params}:
        st.query_params.from_dict(params)
    problems, at = st.session_state[f"{page}.problems"]
    return chosen, problems if chosen == at else ()


def segments(page: str, name: str, label: str, labels: Mapping[str, str], help_: str) -> None:
    """Offer a choice of a few, given their labels."""
    st.segmented_control(
        label,
        list(labels),
        format_func=labels.__getitem__,
        key=key_of(page, name),
        required=True,
        help=help_,
        persist_state="session",
    )


def question(name: str, text: str) -> None:
    """Open a page with its name and what it asks, on a line of its own."""
    st.markdown(f"#### {plain(name)}: {plain(text)}")


def answer(bold: str, text: str) -> None:
    """Say what happens, and the numbers behind it."""
    with st.container(border=True, key="lesson_answer"):
        st.markdown(f"**{plain(bold)}** {plain(text)}")


def charts(key: str, figures: Mapping[str, Any], alts: Mapping[str, str]) -> None:
    """Draw figures side by side, with their text alternatives."""
    with st.container(horizontal=True, key=key):
        for name, figure in figures.items():
            st.plotly_chart(figure, key=f"{name}_chart", config=parts.PLOTLY, alt=alts[name])


def worked(what: str, job: Callable[[], Result], *, long: bool = True) -> Result:
    """Return a result that its own module keeps for everyone; say so while it takes long."""
    return cache._explained(what, job, long=long)
