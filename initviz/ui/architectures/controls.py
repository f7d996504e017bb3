"""The controls of the Architectures page, named and explained by the fields themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from initviz.architectures import ARCHITECTURES
from initviz.architectures.setting import Setting, recipes_for, settle
from initviz.catalog.initializers import INITIALIZERS
from initviz.recipes.edits import rule_of, text_of
from initviz.recipes.roles import ROLES
from initviz.recipes.rules import Rule
from initviz.recipes.table import RECIPES
from initviz.setting.network import NORMALIZATIONS
from initviz.setting.spec import Spec
from initviz.ui.architectures.state import edit, held, hold, key_of
from initviz.ui.text import LABELS

_POWERS = tuple(2**i for i in range(12))
_OPTIONS: dict[str, tuple[Any, ...]] = {
    "channels": _POWERS,
    "units": _POWERS,
    "width": _POWERS,
    "heads": _POWERS,
    "kernel": (1, 3, 5, 7),
    "forget_bias": (None, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0),
}
_NAMES = {
    **LABELS["activation"],
    **NORMALIZATIONS,
    "rnn": "Plain (tanh)",
    "lstm": "LSTM",
    "gru": "GRU",
    "normal": "Random",
    "digits": "Digits, row by row",
    "stride": "Stride 2",
    "max": "Max pooling",
    "average": "Average pooling",
    "plain": "Plain",
    "fixup": "Fixup",
    "skipinit": "SkipInit",
    "rezero": "ReZero",
    "pre": "Before each branch",
    "post": "After each branch",
    "causal": "Causal",
}
_OWN = "the recipe's"


def pick_architecture() -> None:
    """Choose what kind of network it is."""
    chosen = st.segmented_control(
        "Architecture",
        list(ARCHITECTURES),
        format_func=lambda name: ARCHITECTURES[name].label,
        key=key_of("architecture", held("architecture")),
        required=True,
        label_visibility="collapsed",
    )
    hold("architecture", str(chosen))
    st.caption(ARCHITECTURES[held("architecture")].description)


def fields() -> None:
    """Show a control for every field of the architecture, and the recipes."""
    name = held("architecture")
    record = ARCHITECTURES[name]
    spec = record.spec
    values = {**spec().model_dump(), **held("specs").get(name, {})}
    with st.container(horizontal=True, vertical_alignment="bottom", key="study_controls"):
        for field in spec.model_fields:
            # What is chosen further left may leave a field nothing to say.
            idle = field in record.idle(spec.model_construct(**values))
            chosen = _field(spec, f"{name}.{field}", field, values[field], disabled=idle)
            values[field] = spec.model_fields[field].default if idle else chosen
        hold("specs", {**held("specs"), name: values})
        # Fields that contradict each other are settled later.
        knowing = recipes_for(name, settle(record, values)[0])
        _recipe("Recipe", "recipe", None, knowing)
        _recipe("Compare with", "against", "Nothing", knowing)
        st.button("New draw", icon=":material/casino:", on_click=_draw_again)


def _field(spec: type[Spec], name: str, field: str, value: Any, *, disabled: bool) -> Any:
    info = spec.model_fields[field]
    label, help_ = str(info.title), str(info.description)
    key = key_of(name, value)
    if field in spec.choices:
        return st.selectbox(
            label, spec.choices[field], format_func=_named, key=key, help=help_, disabled=disabled
        )
    low, high = spec.bounds(field)
    if field not in _OPTIONS:
        number = spec.kind(field)
        return st.slider(label, number(low), number(high), key=key, help=help_, disabled=disabled)
    usual = {v for v in _OPTIONS[field] if v is None or low <= v <= high}
    options = sorted({*usual, value}, key=lambda v: (v is not None, v))
    return st.select_slider(
        label, options, format_func=_number, key=key, help=help_, disabled=disabled
    )


def _named(name: str) -> str:
    return "None" if name == "none" else _NAMES.get(name, name)


def _number(value: float | None) -> str:
    return _OWN if value is None else f"{value:g}"


def _recipe(label: str, name: str, nothing: str | None, knowing: Sequence[str]) -> None:
    """Choose among the recipes that know every role here, and the one that is chosen."""
    chosen = st.selectbox(
        label,
        [*([""] if nothing else []), *(r for r in RECIPES if r in knowing or r == held(name))],
        format_func=lambda r: RECIPES[r].label if r else str(nothing),
        key=key_of(name, held(name) or ""),
        help="Which initializer each kind of parameter gets.",
        on_change=None if nothing else _forget_rules,
    )
    hold(name, chosen or None)


def _forget_rules() -> None:
    hold("rules", {})
    for key in [k for k in st.session_state if str(k).startswith("study.rule.")]:
        del st.session_state[key]


def _draw_again() -> None:
    hold("seed", (held("seed") + 1) % 2**32)


def editor(setting: Setting, drawn: Mapping[str, str]) -> None:
    """Edit the recipe: the initializer, and its scale, of every role that the network has.

    `drawn` says by role which initializer was used.
    """
    with st.popover(
        "Edit the recipe", icon=":material/edit:", key="study_editor", on_change="rerun"
    ) as popover:
        if not popover.open:
            return
        st.caption("What each kind of parameter is drawn by. The address keeps what is changed.")
        rules = RECIPES[setting.recipe].rules
        for role, initializer in drawn.items():
            own = rules.get(role, Rule(initializer))
            _role(role, dict(setting.rules).get(role), own)


def _role(role: str, text: str | None, own: Rule) -> None:
    written = None if text is None else rule_of(role, text)
    name = f"rule.{role}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            ROLES[role].capitalize(),
            ["", *INITIALIZERS],
            format_func=lambda i: LABELS["initializer"][i] if i else _own(own),
            key=key_of(name, "" if written is None else written.initializer),
            help=f"`{role}`",
            on_change=_edited,
            args=(role,),
        )
        if chosen and INITIALIZERS[chosen].scale_meaning:
            scale = INITIALIZERS[chosen].default_scale
            if written is not None and written.scale is not None:
                scale = written.scale
            st.number_input(
                "Scale",
                0.0,
                key=key_of(f"{name}.scale", float(scale or 0)),
                step=0.01,
                format="%g",
                width=110,
                on_change=_edited,
                args=(role,),
            )


def _own(rule: Rule) -> str:
    """Say what the recipe itself does."""
    label = LABELS["initializer"][rule.initializer]
    return f"The recipe's: {label}" + ("" if rule.scale is None else f" {rule.scale:g}")


def _edited(role: str) -> None:
    name = f"study.rule.{role}"
    chosen = st.session_state[name]
    if not chosen:
        edit(role, None)
        return
    meaning = INITIALIZERS[chosen].scale_meaning
    scale = st.session_state.get(f"{name}.scale") if meaning else None
    edit(role, text_of(Rule(chosen, scale=scale)))
