"""The part of a page that runs in the browser: curves that follow the finger, and move."""

import math
from base64 import b64encode
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from initviz import Batch, Network
from initviz.engine import homogeneous
from initviz.experiments.sweep import COLUMNS, check, gain_range
from initviz.figures.signal import QUANTITIES, share_of
from initviz.runtime.words import capitalized
from initviz.ui import parts, state
from initviz.ui.cache import portable_of, sweep_of
from initviz.ui.controls import WIDTHS
from initviz.ui.hand.joined import joined
from initviz.ui.text import plain
from initviz.verdict.thresholds import DECADES

_HERE = Path(__file__).parent
# Text of more than one line is taken for the source itself, not for the name of a file.
_HAND = st.components.v2.component(
    "hand",
    html=(_HERE / "hand.html").read_text("utf-8"),
    css=(_HERE / "hand.css").read_text("utf-8"),
    js=joined(_HERE / "hand.js"),
)


def hand(now: state.State) -> None:
    """Let curves follow a held slider, and play, without a word to the server."""
    network, batch = now.network, now.batch
    drawn = {"activation": QUANTITIES["act"], "gradient": QUANTITIES[st.session_state["gradient"]]}
    share = share_of(st.session_state["statistic"])
    columns = {side: quantity.column for side, quantity in drawn.items()}
    _HAND(
        key="hand",
        data={
            "tables": portable_of(network, batch, WIDTHS),
            "columns": columns,
            "judged": {side: quantity.judged for side, quantity in drawn.items()},
            "share": share,
            "trains": parts.colours().trains,
            "reach": DECADES * share,
            "scales": homogeneous.scales(network, batch),
            "sweep": _swept(network, batch, columns, share),
        },
        on_sweep_change=lambda: state.sweep(network, batch),
        on_moved_change=_move,
    )


def _swept(
    network: Network, batch: Batch, columns: dict[str, str], share: float
) -> dict[str, Any] | None:
    """Return the curves of a sweep, if it was asked for and is of this setting."""
    if not state.swept(network, batch):
        return None
    try:
        check(network, batch)
    except ValueError as error:
        st.warning(plain(capitalized(str(error))), icon=":material/info:")
        return None
    curves = dict(zip(COLUMNS, share * sweep_of(network, batch), strict=True))
    packed = {side: _packed(curves[column]) for side, column in columns.items()}
    return {"gains": gain_range(network).gains().tolist(), **packed}


def _packed(rows: Any) -> str:
    return b64encode(np.ascontiguousarray(rows, dtype=np.float32).tobytes()).decode()


def _move() -> None:
    try:
        weight_std, bias_std = map(float, st.session_state["hand"]["moved"])
    except (TypeError, ValueError):
        # Not from the page itself, which sends two numbers.
        return
    if math.isfinite(weight_std + bias_std):
        state.stand(max(0.0, weight_std), max(0.0, bias_std))
