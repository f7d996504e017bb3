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
from initviz.ui import parts, state
from initviz.ui.cache import portable_of, sweep_of
from initviz.ui.controls import WIDTHS
from initviz.ui.text import plain
from initviz.verdict.thresholds import DECADES

# Text of more than one line is taken for the source itself, not for the name of a file.
_PARTS = """
<div data-part="bar">
  <button data-part="play" title="Watch the batch go forward, then the gradient come back"
    >Play</button>
  <button data-part="sweep" title="Watch both curves at every gain">Sweep the gain</button>
  <span data-part="words"></span>
</div>
<div data-part="scrub" hidden>
  <input type="range" min="0" max="1" step="0.002" aria-label="Gain of the sweep">
  <span data-part="critical"></span>
</div>
<canvas data-part="strip" width="1200" height="24" role="img"
  title="One cell a layer: above the activations, below the gradients; blue is small, orange large"
  aria-label="Strip of layers coloured by variance: blue is small, orange large"></canvas>
"""
_STYLE = """
:host { color: inherit; }
[data-part=bar] {
  display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; min-height: 2.1rem;
  font-size: 0.875rem;
}
[data-part=words] { opacity: 0.8; flex: 1 1 20rem; }
button {
  font: inherit; color: inherit; background: none; cursor: pointer; padding: 0.2rem 0.7rem;
  border: 1px solid var(--st-border-color); border-radius: 0.5rem;
}
button:hover, button:focus-visible {
  color: var(--st-primary-color); border-color: var(--st-primary-color);
}
[data-part=scrub] { position: relative; padding: 0.2rem 0 1.2rem; }
[data-part=scrub][hidden] { display: none; }
[data-part=scrub] input { width: 100%; margin: 0; accent-color: var(--st-primary-color); }
[data-part=critical] {
  position: absolute; bottom: 0; font-size: 0.75rem; white-space: nowrap;
  transform: translateX(-50%);
}
[data-part=strip] { display: block; width: 100%; height: 24px; margin-top: 0.3rem; }
"""
_HAND = st.components.v2.component(
    "hand", html=_PARTS, css=_STYLE, js=Path(__file__).with_name("hand.js").read_text("utf-8")
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
        st.warning(plain(str(error)), icon=":material/info:")
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
