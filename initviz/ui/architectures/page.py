"""The parts of the Architectures page."""

import json
from functools import partial
from typing import Any

import streamlit as st

from initviz.architectures.repair import Repair
from initviz.architectures.setting import Setting
from initviz.architectures.study import Study
from initviz.export import FRAMEWORKS, source
from initviz.figures import paths
from initviz.recipes.edits import document
from initviz.recipes.table import RECIPES
from initviz.runtime.words import capitalized, number
from initviz.ui import parts
from initviz.ui.architectures.controls import editor
from initviz.ui.architectures.state import apply
from initviz.ui.cache import architecture_repair_of, study_of
from initviz.ui.text import plain

# What a repair does, by the field that it changes.
_STEPS = {
    "normalization": "add {} normalization",
    "branch": "make the branches {}",
    "norm": "put the norm {}",
    "forget_bias": "set the forget-gate bias to {}",
}


def show(setting: Setting) -> None:
    """Judge, draw and explain the architecture, beside another recipe if one was asked for."""
    try:
        study = study_of(setting)
    except ValueError as error:
        # The recipe lacks a role that the architecture has.
        st.error(plain(str(error)), icon=":material/info:")
        return
    _verdict(setting, study)
    studies = {setting.drawn_by.label: study}
    if setting.against is not None:
        other = _beside(setting)
        try:
            studies[f"compared: {RECIPES[setting.against].label}"] = study_of(other)
        except ValueError as error:
            st.warning(plain(str(error)), icon=":material/info:")
    figures = _charts(studies)
    st.caption(f"{_what_is_drawn(setting, study)}{_others(studies)} {setting.record.lesson}")
    _parameters(setting, study, figures)


def _beside(setting: Setting) -> Setting:
    """Return the same architecture with the recipe to compare with."""
    return Setting(setting.architecture, setting.spec, setting.against or "", seed=setting.seed)


def _verdict(setting: Setting, study: Study) -> None:
    with parts.answer(study.diagnosis):
        if study.diagnosis.verdict != "stable":
            repair = architecture_repair_of(setting)
            words = None if repair is None else _said(setting, repair)
            parts.offer(words, apply, setting, repair)


def _said(setting: Setting, repair: Repair) -> str:
    """Return what a repair changes, as a button says it."""
    steps = []
    if repair.recipe != setting.drawn_by:
        label = repair.recipe.label
        steps.append(f"Use {label[0].lower() + label[1:] if label.startswith('The ') else label}")
    for field, value in setting.spec.changes(repair.spec).items():
        steps.append(_STEPS[field].format(f"{value:g}" if isinstance(value, float) else value))
    sentence = " and ".join(steps)
    return f"{capitalized(sentence)} → stable"


def _charts(studies: dict[str, Study]) -> dict[str, Any]:
    shown = paths.shared_window(list(studies.values()))
    first = next(iter(studies.values()))
    figures = {}
    with st.container(horizontal=True, key="charts"):
        for side in paths.SIDES:
            figures[side] = paths.plot_paths(studies, side, shown=shown, colours=parts.colours())
            st.plotly_chart(
                figures[side],
                key=f"{side}_chart",
                config=parts.PLOTLY,
                alt=paths.describe(first, side),
            )
    return figures


def _what_is_drawn(setting: Setting, study: Study) -> str:
    """Say what the line and the marks are."""
    marks = " The marks are the cell state." if "cell state" in study.inside else ""
    return setting.record.drawn + marks


def _others(studies: dict[str, Study]) -> str:
    """Give the verdict on what is compared; the green band is not of it."""
    return "".join(
        f" The green band is of the first; {label.removeprefix('compared: ')} alone is called "
        f"{study.diagnosis.verdict}."
        for label, study in list(studies.items())[1:]
    )


def _parameters(setting: Setting, study: Study, figures: dict[str, Any]) -> None:
    """Offer to edit the recipe, the data, and the table of what was drawn."""
    with st.container(horizontal=True, vertical_alignment="center"):
        editor(
            setting,
            dict(zip(study.parameters["role"], study.parameters["initializer"], strict=True)),
        )
        parts.csv_button("These charts (CSV)", figures, "architecture.csv")
        st.download_button(
            "Recipe (JSON)",
            json.dumps(document(setting.drawn_by), indent=2, ensure_ascii=False),
            "recipe.json",
            "application/json",
            icon=":material/data_object:",
            on_click="ignore",
        )
        for name, framework in FRAMEWORKS.items():
            st.download_button(
                f"{framework.label} source",
                partial(source, setting.record, setting.spec, setting.drawn_by, name),
                f"{setting.architecture}_{name}.py",
                "text/x-python",
                icon=":material/code:",
                on_click="ignore",
            )
    st.dataframe(
        study.parameters.assign(variance=study.parameters["variance"].map(number)),
        hide_index=True,
        alt="Every parameter, its role, initializer, fans and variance",
    )
