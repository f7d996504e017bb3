"""The parts of the Edge of chaos page."""

import math

import streamlit as st

from initviz import Network
from initviz.catalog.initializers import INITIALIZERS
from initviz.figures.cobweb import plot_cobweb
from initviz.figures.plane import LARGEST, plot_plane
from initviz.runtime.words import counted, number
from initviz.theory.cobweb import Cobweb
from initviz.theory.meanfield import TRAINABLE, Phase, phase
from initviz.theory.plane import PYTORCH_GAINS, landmarks
from initviz.ui import parts, state
from initviz.ui.cache import COBWEB_START, cobweb_of, plane_of
from initviz.ui.text import LABELS, STEADY

# Standard deviations beyond which theory is not asked.
_FAR = 100.0
# The cosine at which the two inputs begin, and the most steps that can still be told apart.
_STEPS = 60


def place_of(network: Network) -> tuple[float, float]:
    """Return (σ_w, σ_b) of a network's square layers."""
    initializer, width = INITIALIZERS[network.initializer], network.width
    variance = initializer.variance(width, width, gain=network.gain, scale=network.scale)
    return math.sqrt(width * variance), network.bias_std


def maps(network: Network) -> None:
    """Show the plane of all networks and, beside it, two inputs fed through this one."""
    at = place_of(network)
    with st.container(horizontal=True, key="maps"):
        with st.container():
            _the_plane(network, at)
        with st.container():
            _two_inputs(network, at)
    with st.container(key="reading"):
        if at[0] > LARGEST[0] or at[1] > LARGEST[1]:
            st.caption(
                f"This network stands beyond the plane, at σ_w = {number(at[0], 3)} and "
                f"σ_b = {number(at[1], 3)}."
            )
        if max(at) > _FAR:
            st.markdown("**Far outside the plane**, where nothing trains.")
        else:
            st.markdown(_reading(network, phase(network.activation, at[0] ** 2, at[1] ** 2)))
    _judge_library(network.activation)


def _the_plane(network: Network, at: tuple[float, float]) -> None:
    """Show the plane; a click moves the network there."""
    figure = plot_plane(
        network.activation,
        plane_of(network.activation),
        at,
        landmarks(network.activation),
        parts.colours(),
    )
    st.plotly_chart(
        figure,
        key="plane",
        on_select=_go,
        selection_mode="points",
        config=parts.PLOTLY,
        alt=f"Plane of weight and bias std; this network is at {at[0]:.2f}, {at[1]:.2f}",
    )


def _two_inputs(network: Network, at: tuple[float, float]) -> None:
    """Show how alike two inputs are, layer by layer, or say why theory cannot tell."""
    if max(at) > _FAR:
        return
    steps = min(network.depth, _STEPS)
    drawn = cobweb_of(network.activation, at[0] ** 2, at[1] ** 2, steps)
    if drawn is None:
        st.caption(
            "How two inputs grow alike or apart is drawn here where the length of the signal "
            "settles at a fixed value. Here it does not: it shrinks to 0 or grows without end."
        )
        return
    told = _fate(drawn, steps)
    st.plotly_chart(
        plot_cobweb(drawn, parts.colours()), key="cobweb", config=parts.PLOTLY, alt=told
    )
    st.caption(told)


def _fate(drawn: Cobweb, steps: int) -> str:
    """Say in one sentence what becomes of two inputs."""
    last, layers = float(drawn.walk[-1]), counted(steps, "layer")
    if drawn.c_star < 1:
        what = f"here every pair, alike or not, drifts towards {_cosine(drawn.c_star)}"
    elif math.isclose(last, COBWEB_START, abs_tol=5e-3):
        what = "the network keeps them as alike as they were"
    else:
        what = "the network sees less and less of what tells them apart"
    return (
        f"Two inputs at cosine {COBWEB_START:g} are at {_cosine(last)} after {layers}, once their "
        f"lengths have settled: {what}."
    )


def _cosine(value: float) -> str:
    """Return a cosine with enough digits to tell it from 1."""
    if value > 0.995:
        return "1" if value == 1 else f"1 − {number(1 - value)}"
    return number(value)


def _go() -> None:
    points = st.session_state["plane"]["selection"]["points"]
    if points:
        state.stand(float(points[0]["x"]), max(0.0, float(points[0]["y"])))


def _judge_library(activation: str) -> None:
    """Say on which side PyTorch's own gain for the activation puts a deep network."""
    if activation not in PYTORCH_GAINS:
        return
    gain = PYTORCH_GAINS[activation]
    chi_1 = phase(activation, gain**2, 0.0).chi_1
    if chi_1 is None:
        return
    st.caption(
        f"`torch.nn.init.calculate_gain('{activation}')` is {number(gain, 4)}, without biases "
        f"{_side(chi_1).lower()}: {_what_happens(chi_1)}."
    )


def _side(chi_1: float) -> str:
    if abs(chi_1 - 1) < STEADY:
        return "On the edge of chaos"
    return "Ordered" if chi_1 < 1 else "Chaotic"


def _what_happens(chi_1: float) -> str:
    """Say what becomes of gradients and inputs under a gradient factor χ₁."""
    factor = f"their variance by a factor of {number(chi_1, 3)} a layer"
    return {
        "On the edge of chaos": "gradients keep their size all the way",
        "Ordered": f"gradients vanish, {factor}, and all inputs come to look alike",
        "Chaotic": f"gradients explode, {factor}, and similar inputs are torn apart",
    }[_side(chi_1)]


def _reading(network: Network, found: Phase) -> str:
    """Say in plain words what theory expects at a point."""
    name = LABELS["activation"][network.activation]
    if found.chi_1 is None or found.depth_c is None:
        return (
            f"**No steady state.** {found.reason} So the signal of a deep {name} network is lost."
        )
    reach = TRAINABLE * found.depth_c
    depth = "any depth" if math.isinf(reach) else f"about {number(reach)} layers"
    lengths = "" if found.reason is None else f" {found.reason}"
    return (
        f"**{_side(found.chi_1)}**: {_what_happens(found.chi_1)}. Theory lets such networks train "
        f"to {depth}; this one has {network.depth}.{lengths}"
    )
