"""The state of the Architectures page: the address holds it, the widgets show it."""

from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from initviz.architectures import ARCHITECTURES
from initviz.architectures.repair import Repair
from initviz.architectures.setting import Setting, from_params, heed, settle, to_params

_HELD = "study"


def open_page() -> None:
    """Fill the page's memory from the address, where the address has the word."""
    context = get_script_run_ctx()
    going_back = context is not None and context.is_history_navigation
    if _HELD in st.session_state and not going_back:
        return
    given = {name: st.query_params.get_all(name) for name in st.query_params}
    setting, problems = from_params(given)
    put(setting)
    st.session_state["study_problems"] = problems, setting


def put(setting: Setting) -> None:
    """Show a setting; what other architectures were set to is kept."""
    specs = dict(st.session_state[_HELD]["specs"]) if _HELD in st.session_state else {}
    specs[setting.architecture] = setting.spec.model_dump()
    st.session_state[_HELD] = {
        "architecture": setting.architecture,
        "recipe": setting.recipe,
        "against": setting.against,
        "seed": setting.seed,
        "rules": dict(setting.rules),
        "specs": specs,
    }
    for key in [k for k in st.session_state if str(k).startswith(f"{_HELD}.")]:
        del st.session_state[key]


def held(name: str) -> Any:
    """Return what the page remembers of a control."""
    return st.session_state[_HELD][name]


def key_of(name: str, value: Any) -> str:
    """Return the key of a control, filled with a value where it is shown anew."""
    key = f"{_HELD}.{name}"
    if key not in st.session_state:
        st.session_state[key] = value
    return key


def hold(name: str, value: Any) -> None:
    """Remember what a control says."""
    st.session_state[_HELD][name] = value


def current() -> tuple[Setting, list[str]]:
    """Return the setting that the controls show, and what of it could not be used."""
    architecture = held("architecture")
    spec, problems = settle(ARCHITECTURES[architecture], held("specs").get(architecture, {}))
    rules, ignored = heed(ARCHITECTURES[architecture], spec, held("rules"))
    setting = Setting(
        architecture,
        spec,
        held("recipe"),
        rules,
        held("against"),
        held("seed"),
    )
    params = to_params(setting)
    if params != {name: st.query_params[name] for name in st.query_params}:
        st.query_params.from_dict(params)
    told, at = st.session_state["study_problems"]
    return setting, [*(told if at == setting else ()), *problems, *ignored]


def apply(setting: Setting, repair: Repair) -> None:
    """Show a repaired architecture."""
    same = repair.recipe == setting.drawn_by
    rules = setting.rules if same else ()
    recipe = setting.recipe if same else repair.recipe.name
    put(Setting(setting.architecture, repair.spec, recipe, rules, setting.against, setting.seed))


def edit(role: str, text: str | None) -> None:
    """Give a role another rule, or the recipe's own again."""
    rules = dict(held("rules"))
    rules.pop(role, None)
    if text is not None:
        rules[role] = text
    hold("rules", rules)
