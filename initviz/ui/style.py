"""The few rules of layout that Streamlit has no parameter for."""

import streamlit as st

_RULES = """
<style>
.stMainBlockContainer { max-width: 1400px; padding-top: 4.25rem; padding-bottom: 2rem; }
.st-key-controls > div { flex: 1 1 140px; max-width: 215px; }
.st-key-controls > div:last-child { flex: 0 0 auto; }
.st-key-training_controls > div { flex: 1 1 140px; max-width: 215px; }
.st-key-training_controls > div:first-child { flex: 3 1 300px; max-width: 420px; }
.st-key-training_controls > div:nth-child(3) { flex: 1 1 190px; max-width: 225px; }
.st-key-loss_chart, .st-key-accuracy_chart { min-height: 375px; }
.st-key-over_steps_chart, .st-key-replay_chart { min-height: 460px; }
[class*="st-key-reading_"] > div:nth-child(2) { flex: 1 1 280px; }
.st-key-rates > div { flex: 1 1 340px; min-width: 0; }
.st-key-study_controls > div { flex: 1 1 165px; max-width: 230px; }
.st-key-study_controls > div:last-child { flex: 0 0 auto; }
.st-key-more > div { flex: 1 1 165px; }
.st-key-charts > div, .st-key-panel_charts > div { flex: 1 1 340px; min-width: 0; }
.st-key-maps > div { flex: 1 1 520px; min-width: 0; }
.st-key-maps > div:last-child { flex: 0 1 380px; }
.st-key-compared > div { flex: 1 1 640px; min-width: 0; }
.st-key-compared > div:last-child { flex: 1 1 340px; }
.st-key-answer > div:first-child { flex: 1 1 250px; }
[data-in-hand] .stPlotlyChart { opacity: 0; }
.hand-dock {
  position: fixed; left: 0; z-index: 1000100; display: flex; flex-wrap: wrap; max-width: 100vw;
  background: inherit; pointer-events: none; outline: 1px solid rgba(128, 128, 128, 0.4);
}
.hand-dock > div { zoom: 0.5; }
.hand-dock > p { flex-basis: 100%; margin: 0 0.5rem; font-size: 0.875rem; min-height: 1.4em; }
:has(> .hand-dock) .st-key-charts { opacity: 0.4; }
.st-key-plane .nsewdrag { touch-action: pan-y !important; }
[data-before] :is(.st-key-verdict > *, .st-key-told, .st-key-panel_charts),
[data-before] :is(.st-key-cobweb, .st-key-reading) { opacity: 0.4; }
.st-key-verdict { position: relative; }
[data-before] .st-key-verdict::before {
  content: var(--before); position: absolute; top: 0; left: 1rem; font-size: 0.75rem;
}
.st-key-verdict { row-gap: 0.5rem; }
.st-key-verdict > div:nth-child(2) { flex: 1 1 300px; }
</style>
"""


def apply() -> None:
    """Add the rules to the page."""
    st.html(_RULES)
