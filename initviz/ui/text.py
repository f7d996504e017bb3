"""Words on the page."""

import re
from typing import Literal

from initviz.catalog.activations import ACTIVATIONS
from initviz.catalog.initializers import INITIALIZERS
from initviz.runtime.words import capitalized
from initviz.setting.links import to_params
from initviz.setting.network import DTYPES, INPUTS, LOSSES, NORMALIZATIONS, Batch, Network
from initviz.verdict.verdict import Verdict

# A factor this near to 1 is said to change nothing.
STEADY = 1e-3
LABELS: dict[str, dict[str, str]] = {
    "activation": {a.name: a.label for a in ACTIVATIONS.values()},
    "initializer": {i.name: i.label for i in INITIALIZERS.values()},
    "normalization": NORMALIZATIONS,
    "inputs": INPUTS,
    "loss": LOSSES,
    "dtype": {name: name for name in DTYPES},
}

_NO_WIDTH = "\u2060"
Colour = Literal["green", "orange", "red", "violet", "gray"]
BADGES: dict[Verdict, tuple[str, str, Colour]] = {
    "stable": ("Stable", "check_circle", "green"),
    "vanishing": ("Vanishing", "trending_down", "orange"),
    "exploding": ("Exploding", "trending_up", "red"),
    "symmetric": ("Symmetric", "content_copy", "violet"),
    "dead": ("Dead", "power_off", "gray"),
    "saturated": ("Saturated", "horizontal_rule", "orange"),
    "overflow": ("Overflow", "error", "red"),
}


def plain(text: str) -> str:
    """Return text in which Markdown finds nothing to interpret, and Streamlit no address or icon.

    Backslashes stop Markdown; a mark of no width stops what Streamlit looks for afterwards.
    """
    escaped = re.sub(r"([\\`*_{}\[\]()#+!|<>~:$&-])", r"\\\1", text)
    return re.sub(r"(:(?=\S)|@|www(?=\.))", f"\\1{_NO_WIDTH}", escaped, flags=re.IGNORECASE)


def name_of(network: Network, batch: Batch) -> str:
    """Return a network in a few words, for a legend: everything that is not the default."""
    words = [
        _short("initializer", network.initializer),
        _short("activation", network.activation),
        f"{network.depth} × {network.width}",
    ]
    named = {"depth", "width", "activation", "initializer"}
    for field, text in to_params(network, batch).items():
        if field not in named:
            words.append(f"{field.replace('_', ' ')} {text}")
    return ", ".join(words)


def _short(field: str, name: str) -> str:
    """Return a label without what it has in brackets."""
    return LABELS[field][name].partition(" (")[0]


def repair(network: Network, fix: Network) -> str:
    """Return what a repair changes, as a button says it."""
    changed = network.changes(fix)
    steps = []
    if "initializer" in changed:
        steps.append(f"Use {_short('initializer', fix.initializer)}")
    elif "gain" in changed:
        steps.append(f"Set gain to {fix.gain:g}")
    if "normalization" in changed:
        steps.append(f"add {NORMALIZATIONS[fix.normalization].lower()}")
    sentence = " and ".join(steps)
    return f"{capitalized(sentence)} → stable"
