"""Why this initializer: the condition on the weights, with the network's own numbers."""

import streamlit as st

from initviz import ACTIVATIONS, INITIALIZERS, Network
from initviz.runtime.words import number
from initviz.theory.derivation import Derivation, derive
from initviz.ui.text import STEADY


def why(network: Network) -> None:
    """Offer the derivation, made when it is opened."""
    fold = st.popover("Why this initializer?", type="tertiary", key="why", on_change="rerun")
    if not fold.open:
        return
    with fold, st.container(width=320):
        _steps(network, derive(network))


def _steps(network: Network, found: Derivation) -> None:
    n = found.width
    activation, initializer = ACTIVATIONS[network.activation], INITIALIZERS[network.initializer]
    st.markdown(_conclusion(found))
    st.markdown("A unit adds up its inputs, each times a weight. Weights of mean 0 add variances:")
    st.latex(r"\mathrm{Var}(z_l) = n_\mathrm{in}\, \mathrm{Var}(w)\, E[h_{l-1}^2]")
    st.markdown(f"{activation.label} makes of $z \\sim N(0, 1)$")
    _lines(
        rf"E[\varphi(z)^2] &= {number(found.square, 4)}",
        rf"E[\varphi'(z)^2] &= {number(found.slope_square, 4)}",
    )
    st.markdown(
        f"Over {n} units, the first of these weight variances keeps that of z forward, the second "
        "that of the gradient backward:"
    )
    _lines(
        rf"1 / ({n} \cdot E[\varphi^2]) &= {number(found.needed, 4)}",
        rf"1 / ({n} \cdot E[\varphi'^2]) &= {number(found.needed_back, 4)}",
    )
    st.markdown(f"{initializer.label}, here with a gain g of {network.gain:g}:")
    st.latex(initializer.formula)
    st.latex(rf"\mathrm{{Var}}(w) = {number(found.given, 4)}")
    st.caption(
        f"Without biases. {initializer.reference}. "
        "He et al. 2015, equation 8; Glorot and Bengio 2010, equation 6."
    )


def _lines(*lines: str) -> None:
    st.latex(r"\begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}")


def _conclusion(found: Derivation) -> str:
    if found.mean:
        return (
            f"These weights have a mean, {number(found.mean)}: all units of a layer see the "
            "same sum on top, and this rule does not describe them."
        )
    ahead, back = (_kept(factor) for factor in (found.forward, found.backward))
    return f"At variance 1, a layer {ahead} the variance of z, and {back} that of the gradient."


def _kept(factor: float) -> str:
    if abs(factor - 1) < STEADY:
        return "**keeps**"
    return f"multiplies by **{number(factor, 3)}**"
