"""The few rules of layout that Streamlit has no parameter for."""

import streamlit as st

_RULES = """
<style>
.stMainBlockContainer { max-width: 1400px; padding-top: 4.25rem; padding-bottom: 2rem; }
.st-key-controls > div { flex: 1 1 140px; max-width: 215px; }
.st-key-controls > div:last-child { flex: 0 0 auto; }
.st-key-more > div { flex: 1 1 165px; }
.st-key-charts > div, .st-key-panel_charts > div { flex: 1 1 340px; min-width: 0; }
.st-key-maps > div { flex: 1 1 520px; min-width: 0; }
.st-key-maps > div:last-child { flex: 0 1 380px; }
[data-in-hand] .stPlotlyChart { opacity: 0; }
.st-key-plane .nsewdrag { touch-action: pan-y !important; }
.hand-point {
  position: absolute; left: -7px; top: -7px; width: 14px; height: 14px; rotate: 45deg;
  background: #E69F00; pointer-events: none;
}
.st-key-verdict { row-gap: 0.5rem; }
.st-key-verdict > div:nth-child(2) { flex: 1 1 300px; }
</style>
"""


def apply() -> None:
    """Add the rules to the page."""
    st.html(_RULES)
