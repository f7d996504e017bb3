"""How likely a network learns in a short run at the best usual rate, by those that were trained.

A verdict says what the signal does; whether a network learns is another question, and for Adam,
which does not care how large a gradient is, often another answer. The coefficients of
`initviz/verdict/coefficients.json` are those of a logistic regression on the networks of
`initviz/verdict/evidence.csv`: `python -m benchmarks outlook` fits them on one half and holds the
other half against them.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from initviz.engine.measurement import Measurement
from initviz.engine.statistics import Floats
from initviz.verdict.thresholds import DISTINCT

OPTIMIZERS = {"sgd": "SGD", "adam": "Adam"}
# Between these nobody is sure.
UNSURE = (0.35, 0.65)
COEFFICIENTS = Path(__file__).with_name("coefficients.json")
# Decades beyond which more of the same makes no difference, and of merging what rounding leaves.
_FAR, _MERGED = 15.0, 9.0
# No wider network was trained, as a logarithm to the base of 2.
_WIDEST = 7.0


def features(measured: Measurement) -> dict[str, float]:
    """Return what an outlook looks at: decades, each 0 or more, and plain counts.

    How far the gradient falls and rises on its way back, how nearly two inputs have merged at the
    end (log10 of 1 − cosine, with the sign turned), how small and how large the last activations
    are, whether most units are copies, and the logarithms of depth and width.
    """
    log10, values = measured.log10, measured.values
    with np.errstate(invalid="ignore"):
        gradient = _finite(log10["grad_preact_var"] - log10["grad_preact_var"][-1])
    size = float(_finite(log10["act_ms"])[-1])
    cosine = float(np.nan_to_num(values["correlation"][-1], nan=0.0))
    return {
        "falls": float(max(0.0, -gradient.min())),
        "rises": float(max(0.0, gradient.max())),
        "merged": min(_MERGED, max(0.0, -float(np.log10(max(1 - cosine, 10**-_MERGED))))),
        "small": max(0.0, -size),
        "large": max(0.0, size),
        "copies": float(values["distinct_fraction"].min() <= DISTINCT),
        "depth": float(np.log(len(measured.layers))),
        "width": min(_WIDEST, float(np.log2(measured.units[-1]))),
    }


def _finite(decades: Floats) -> Floats:
    held = np.nan_to_num(decades, nan=-_FAR, posinf=_FAR, neginf=-_FAR)
    return np.clip(held, -_FAR, _FAR)


def outlook(measured: Measurement) -> dict[str, float] | None:
    """Return the probability of learning by optimizer; None for a module, whose kind was not tried.

    Learning is a test accuracy above 0.7 on the digits within 300 steps, at the best of a few
    usual rates.
    """
    if measured.network is None:
        return None
    seen, found = features(measured), _coefficients()["optimizers"]
    return {name: _probability(weights, seen) for name, weights in found.items()}


def _probability(weights: Mapping[str, float], seen: Mapping[str, float]) -> float:
    total = weights["intercept"] + sum(weights[name] * value for name, value in seen.items())
    return float(1 / (1 + np.exp(-total)))


@cache
def _coefficients() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(COEFFICIENTS.read_text("utf-8"))
    return found


def in_words(found: Mapping[str, float]) -> str:
    """Return an outlook as a sentence, with how many networks say so."""
    many = _coefficients()["networks"]
    told = [f"with {OPTIMIZERS[name]} {_likely(p)}" for name, p in sorted(found.items())]
    text = "; ".join(told)
    return f"Outlook: {text} (learned from {many} networks that were trained)."


def _likely(probability: float) -> str:
    low, high = UNSURE
    if probability < low:
        return "it likely does not learn"
    return "it likely learns" if probability > high else "it is unsure whether it learns"
