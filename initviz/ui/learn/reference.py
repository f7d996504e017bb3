"""The reference page, read off the tables."""

import pandas as pd
import streamlit as st

from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.initializers import INITIALIZERS
from initviz.recipes.roles import ROLES
from initviz.recipes.rules import Rule
from initviz.recipes.table import RECIPES
from initviz.ui.text import LABELS

_TERMS = {
    "Fan-in, fan-out": "how many connections lead into a unit, and out of it.",
    "Pre-activation z": "what a unit computes before its activation function: z = W h + b.",
    "Activation h": "what the unit passes on: h = φ(z).",
    "Gain": "a factor on every weight, on top of what the initializer does.",
    "Gradient ∂ℓ/∂z, ∂ℓ/∂h, ∂ℓ/∂W": (
        "how the loss answers to a small change of a pre-activation, an activation, a weight."
    ),
    "Dead unit": "a unit that outputs 0 for every input, and so receives no gradient.",
    "Saturated": "where φ is nearly flat, so that almost no gradient passes.",
    "Symmetry": "units that start as copies get the same gradient and stay copies.",
}


def terms() -> None:
    """Explain the words."""
    st.subheader("Words")
    st.markdown("\n".join(f"- **{term}**: {meaning}" for term, meaning in _TERMS.items()))


def activations() -> None:
    """Show every activation."""
    st.subheader("Activations")
    for activation in ACTIVATIONS.values():
        with st.container(border=True):
            st.markdown(f"**{activation.label}** `{activation.name}`")
            st.latex(activation.formula)
            st.caption(
                f"Usually with {LABELS['initializer'][activation.partner]}. "
                f"PyTorch: `{activation.torch}`. {activation.reference}."
            )


def initializers() -> None:
    """Show every initializer."""
    st.subheader("Initializers")
    for initializer in INITIALIZERS.values():
        with st.container(border=True):
            st.markdown(f"**{initializer.label}** `{initializer.name}`")
            st.latex(initializer.formula)
            st.caption(f"Family: {initializer.family}. {initializer.reference}.")


def recipes() -> None:
    """Show every recipe beside the others: a row for each role."""
    st.subheader("Recipes")
    st.markdown(
        "What each kind of parameter gets: the libraries' defaults, the textbook's advice, and "
        "what well-known models and papers did. Roles without an entry fall back on dense weights "
        "or biases, where those are meant."
    )
    columns = {recipe.label: recipe.rules for recipe in RECIPES.values()}
    rows = {
        meaning: {label: _said(rules.get(role)) for label, rules in columns.items()}
        for role, meaning in ROLES.items()
    }
    st.dataframe(pd.DataFrame.from_dict(rows, orient="index"), alt="Initializer by role and recipe")
    for recipe in RECIPES.values():
        st.caption(f"**{recipe.label}** `{recipe.name}`: {recipe.reference}.")


def _said(rule: Rule | None) -> str:
    if rule is None:
        return ""
    words = [LABELS["initializer"][rule.initializer].partition(" (")[0]]
    words += [f"{rule.scale:g}"] if rule.scale is not None else []
    words += ["÷ √branches"] if rule.over_residuals else []
    words += ["or the activation's partner"] if rule.matched else []
    words += ["at the kernel's centre"] if rule.centred else []
    words += ["gate by gate"] if rule.per_gate else []
    words += [f"forget gate {rule.forget:g}"] if rule.forget is not None else []
    return ", ".join(words)
