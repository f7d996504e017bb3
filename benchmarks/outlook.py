"""What an outlook is worth: fitted on one half of the evidence, held against the other half.

`python -m benchmarks outlook` reads `initviz/verdict/evidence.csv`, which comes from `python -m
benchmarks verdicts`, writes `initviz/verdict/coefficients.json` from the even places, and returns
what the odd ones say: how well those that learn are told from those that do not, and how often
what was said came true.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_auc_score

from benchmarks.report import Row
from initviz import Batch, Network
from initviz.engine.networks import measure
from initviz.verdict.outlook import COEFFICIENTS, OPTIMIZERS, features, outlook

EVIDENCE = COEFFICIENTS.with_name("evidence.csv")
# What a page opens with, and what was trained.
_BATCHES = (Batch(), Batch(inputs="digits", loss="cross_entropy"))
_LEVELS = ((0.0, 0.1), (0.1, 0.35), (0.35, 0.65), (0.65, 0.9), (0.9, 1.0))
_LEARNED = 0.5


def evidence() -> pd.DataFrame:
    """Return a row a network: its fields, and the share of seeds with which it learned."""
    return pd.read_csv(EVIDENCE, keep_default_na=False, na_values=[""])


def networks(rows: pd.DataFrame) -> list[Network]:
    """Return the networks of some rows."""
    found = rows[list(Network.model_fields)].astype(object)
    return [Network(**row) for row in found.where(found.notna(), None).to_dict("records")]


def fit() -> None:
    """Write the coefficients, from every other pair of networks."""
    rows = evidence()
    chosen = rows[half(rows) == 0]
    made = networks(chosen)
    seen = pd.DataFrame([features(measure(n, b)) for b in _BATCHES for n in made])
    mean, spread = seen.mean(), seen.std() + 1e-9
    found = {}
    for name in OPTIMIZERS:
        learned = np.tile(chosen[name] > _LEARNED, len(_BATCHES))
        model = LogisticRegression(max_iter=5000).fit((seen - mean) / spread, learned)
        weights = model.coef_[0] / spread
        intercept = model.intercept_[0] - float((weights * mean).sum())
        found[name] = {"intercept": intercept, **weights.to_dict()}
    rounded = {n: {k: float(f"{v:.4g}") for k, v in w.items()} for n, w in found.items()}
    document = {"networks": len(made), "optimizers": rounded}
    Path(COEFFICIENTS).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def half(rows: pd.DataFrame) -> pd.Series:
    """Return 0 for the networks that set the coefficients, 1 for those that they are held against.

    Odd places have their drift spread evenly, so that the halves go by pairs.
    """
    return (rows["place"] // 2) % 2


def run() -> list[Row]:
    """Fit, and return a row a level of probability and optimizer, of the other half."""
    fit()
    held = others()
    outlook_of = [outlook(measure(n, Batch())) or {} for n in networks(held)]
    return [
        row
        for name, label in OPTIMIZERS.items()
        for row in _rows(label, np.array([o[name] for o in outlook_of]), held[name] > _LEARNED)
    ]


def others() -> pd.DataFrame:
    """Return the half of the evidence that set no coefficient."""
    rows = evidence()
    return rows[half(rows) == 1]


def _rows(label: str, said: np.ndarray, learned: pd.Series) -> list[Row]:
    overall = {
        "optimizer": label,
        "said": "all",
        "networks": len(said),
        "learned": float(learned.mean()),
        "AUC": float(roc_auc_score(learned, said)),
        "Brier score": float(brier_score_loss(learned, said)),
    }
    rows: list[Row] = [overall]
    for low, high in _LEVELS:
        here = (said >= low) & ((said < high) | (high == 1))
        share = float(learned[here].mean()) if here.any() else None
        rows.append(
            {"optimizer": label, "said": f"{low:g} to {high:g}", "networks": int(here.sum())}
            | {"learned": share, "AUC": None, "Brier score": None}
        )
    return rows
