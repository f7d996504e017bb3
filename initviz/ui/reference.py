"""The reference page, read off the tables."""

import streamlit as st

from initviz.activations import ACTIVATIONS
from initviz.initializers import INITIALIZERS
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
