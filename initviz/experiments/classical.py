"""Models whose fit does not depend on where it begins, or that begin nowhere.

Each is fitted to handwritten digits from 20 starting points, or in 20 orders of the examples
where a model has no starting point.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from initviz.engine.statistics import Floats
from initviz.runtime.cache import kept
from initviz.runtime.turns import TURNS, checkpoint
from initviz.training.datasets import dataset

STARTS = 20
# Where the loss is looked at between two solutions.
LINE = np.linspace(0, 1, 21)
# The penalty λ/2 ‖W‖² beside the mean loss; it makes the smallest loss a single point.
PENALTY = 0.1
_DESCENT = 3000
# The standard deviation of the weights that convex models begin with.
_BEGUN = 0.1
_KEPT_BYTES = 2 * 2**20


@dataclass(frozen=True)
class Fits:
    """What 20 fits have in common.

    `accuracy`, (starts,), is that on the test. `spread` is √(Σ‖θᵢ − θ̄‖² / Σ‖θᵢ‖²) of what was
    fitted, 0 where all fits are one; `disagreement` the share of test examples on which two
    fits differ, on average. `line` is the training loss on the straight line from one solution
    to another, at `LINE`, `chord` that from one starting point to another; empty where there
    are none.
    """

    accuracy: Floats
    spread: float
    disagreement: float
    line: Floats
    chord: Floats


@dataclass(frozen=True)
class _Data:
    inputs: Floats
    labels: NDArray[np.int64]
    test_inputs: Floats
    test_labels: NDArray[np.int64]


def linear() -> Fits:
    """Fit linear regression to indicators of the classes by gradient descent from 20 starts.

    The mean of ½‖Wx − y‖², x having a constant 1, plus the penalty; step 1/L.
    """
    data = _data()
    x = np.column_stack((data.inputs, np.ones(len(data.inputs))))
    gram = x.T @ x / len(x) + PENALTY * np.eye(x.shape[1])
    target = x.T @ np.eye(10)[data.labels] / len(x)
    step = 1 / np.linalg.eigvalsh(gram)[-1]
    start = np.random.default_rng(0).normal(0, _BEGUN, (STARTS, *target.shape))
    weights = start.copy()
    with TURNS.turn():
        for _ in range(_DESCENT):
            checkpoint()
            weights -= step * (gram @ weights - target)

    def loss(w: Floats) -> float:
        return float(np.sum(w * (gram @ w - 2 * target)) / 2 + 0.5)

    test = np.column_stack((data.test_inputs, np.ones(len(data.test_inputs))))
    said = (test @ weights).argmax(axis=2)
    return compare(weights, said, _between(loss, weights), _between(loss, start))


def logistic() -> Fits:
    """Fit multinomial logistic regression by L-BFGS from 20 starts."""
    data, draw = _data(), np.random.default_rng(0)
    classes, features = 10, data.inputs.shape[1]
    starts, weights, said = [], [], []
    for _ in range(STARTS):
        checkpoint()
        with TURNS.turn():
            model = LogisticRegression(
                C=1 / (PENALTY * len(data.inputs)), tol=1e-8, max_iter=5000, warm_start=True
            )
            model.coef_ = draw.normal(0, _BEGUN, (classes, features))
            model.intercept_ = draw.normal(0, _BEGUN, classes)
            starts.append(_joined(model))
            model.fit(data.inputs, data.labels)
            weights.append(_joined(model))
            said.append(model.predict(data.test_inputs))

    def loss(w: Floats) -> float:
        logits = data.inputs @ w[:, :-1].T + w[:, -1]
        logits -= logits.max(axis=1, keepdims=True)
        logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        penalty = PENALTY * float(np.square(w[:, :-1]).sum()) / 2
        return penalty - float(logs[np.arange(len(logs)), data.labels].mean())

    fitted, begun = np.array(weights), np.array(starts)
    return compare(fitted, np.array(said), _between(loss, fitted), _between(loss, begun))


def _joined(model: LogisticRegression) -> Floats:
    """Return the coefficients with the intercepts as a column.

    Only differences of intercepts mean anything: a constant added to all changes no probability.
    """
    centred = model.intercept_ - model.intercept_.mean()
    joined: Floats = np.column_stack((model.coef_, centred))
    return joined


def tree(*, ties_by_seed: bool) -> Fits:
    """Fit a decision tree to 20 orders of the examples, ties broken always alike or by a seed.

    What is fitted are the classes' probabilities that the tree gives each training example.
    """
    data, fitted, said = _data(), [], []
    for seed, order in _orders(len(data.labels)):
        with TURNS.turn():
            model = DecisionTreeClassifier(
                min_samples_leaf=5, random_state=seed if ties_by_seed else 0
            )
            model.fit(data.inputs[order], data.labels[order])
            fitted.append(model.predict_proba(data.inputs))
            said.append(model.predict(data.test_inputs))
    return compare(np.array(fitted), np.array(said))


def machine() -> Fits:
    """Fit a support vector machine with a Gaussian kernel to 20 orders of the examples.

    What is fitted are the dual coefficients, by example.
    """
    data, fitted, said = _data(), [], []
    for _, order in _orders(len(data.labels)):
        with TURNS.turn():
            model = SVC(tol=1e-5).fit(data.inputs[order], data.labels[order])
            dual = np.zeros((9, len(order)))
            dual[:, order[model.support_]] = model.dual_coef_
            fitted.append(dual)
            said.append(model.predict(data.test_inputs))
    return compare(np.array(fitted), np.array(said))


# What is fitted to show that it does not matter where one begins, by the name on the page.
CLASSICAL: dict[str, Callable[[], Fits]] = {
    "Linear regression": linear,
    "Logistic regression": logistic,
    "Support vector machine": machine,
    "Decision tree": lambda: tree(ties_by_seed=False),
    "Decision tree, ties by chance": lambda: tree(ties_by_seed=True),
}


@kept(_KEPT_BYTES)
def classical(name: str) -> Fits:
    """Fit a model of `CLASSICAL` from 20 starts.

    Raises:
        ValueError: if there is none of this name.
    """
    if name not in CLASSICAL:
        raise ValueError(f"name must be one of {', '.join(CLASSICAL)}; got {name!r}")
    # Products this small take thirty times as long when threads wait for each other's cores.
    with threadpool_limits(1, user_api="blas"):
        return CLASSICAL[name]()


def _data() -> _Data:
    data = dataset("digits")
    return _Data(
        data.inputs.double().numpy(),
        data.labels.numpy(),
        data.test_inputs.double().numpy(),
        data.test_labels.numpy(),
    )


def _orders(examples: int) -> Iterator[tuple[int, NDArray[np.int64]]]:
    for seed in range(STARTS):
        checkpoint()
        yield seed, np.random.default_rng(seed).permutation(examples)


def _between(loss: Callable[[Floats], float], points: Floats) -> Floats:
    """Return the loss on the straight line from the first of some points to the second."""
    return np.array([loss((1 - share) * points[0] + share * points[1]) for share in LINE])


def compare(
    fitted: Floats,
    said: NDArray[np.int64],
    line: Floats | None = None,
    chord: Floats | None = None,
) -> Fits:
    """Compare fits, (starts, …), and what they say of the test examples, (starts, examples)."""
    away, size = np.square(fitted - fitted.mean(axis=0)).sum(), np.square(fitted).sum()
    pairs = said[:, None] != said[None]
    return Fits(
        (said == _data().test_labels).mean(axis=1),
        float(np.sqrt(away / size)),
        float(pairs.mean() * STARTS / (STARTS - 1)),
        np.empty(0) if line is None else line,
        np.empty(0) if chord is None else chord,
    )
