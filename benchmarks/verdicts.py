"""Networks of every kind, trained: what an outlook is learned from, and what it is held against.

`python -m benchmarks verdicts --json FILE` takes about an hour on two cores. Half of the settings
are drawn as people choose them, half so that the gradient's drift is spread evenly over twelve
decades to either side. Each is trained on the digits, by SGD with momentum and by Adam, at several
rates; it learns if, at one of them, the test accuracy passes `LEARNED` within `STEPS` steps.
"""

import math
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from benchmarks.report import Row
from initviz import ACTIVATIONS, INITIALIZERS, Batch, Network, probe
from initviz.setting.cost import one_core_each
from initviz.training import Training
from initviz.training.datasets import dataset
from initviz.training.descent import descend
from initviz.training.parameters import drawn

STEPS, LEARNED = 300, 0.7
# Usual first: where one learns, the others need not be tried.
RATES = {"sgd": (0.03, 0.01, 0.1, 0.003, 0.001), "adam": (0.001, 0.003, 0.0003, 0.01)}
SETTINGS, SEED = 400, 2026
_DECADES = 12.0
# A test accuracy between these does not say whether a network learns; other seeds do.
_UNCLEAR, _SEEDS = (0.5, 0.8), 3
_EVERY = 25
# At half time nothing was learned where no more than this is recognized, and the loss is that of
# guessing but for this much.
_HOPELESS = (0.2, 0.1)
# A step that changes no weight by this share is lost in float32; so many of them are enough.
_STUCK, _PATIENCE = 1e-7, 25
_DEPTHS, _WIDTHS = (2, 50), (16, 32, 64, 128)


def setting(place: int, seed: int = SEED) -> Network:
    """Return one of as many networks as anybody asks for, always the same one."""
    source, even = np.random.default_rng((seed, place)), bool(place % 2)
    low, high = _DEPTHS
    deep = source.uniform(low, high) if even else math.exp(source.uniform(0, math.log(high)))
    network = Network(
        depth=round(deep),
        width=int(source.choice(_WIDTHS)),
        activation=str(source.choice(list(ACTIVATIONS))),
        initializer=str(source.choice(list(INITIALIZERS))),
        normalization=str(source.choice(["none"] * 8 + ["batch", "layer", "rms"])),
    )
    if even and network.depth > 1:
        return _drifting(network, float(source.uniform(-_DECADES, _DECADES)))
    gain = float(source.choice([1.0, 1.0, 1.0, round(math.exp(source.normal(0, 0.5)), 3)]))
    bias_std = float(source.choice([0.0, 0.0, 0.0, 0.05, 0.2, 1.0]))
    return network.replace(gain=gain, bias_std=bias_std)


def _drifting(network: Network, decades: float) -> Network:
    """Return the network with a gain at which its gradient drifts about that far."""
    for _ in range(3):
        found = drift_of(network)
        if not math.isfinite(found):
            break
        step = 10 ** ((decades - found) / (2 * (network.depth - 1)))
        gain = min(max(network.gain * min(max(step, 0.2), 5.0), 0.01), 100.0)
        network = network.replace(gain=float(f"{gain:.3g}"))
    return network


def drift_of(network: Network) -> float:
    """Return log10 Var ∂ℓ/∂z at layer 1 − at layer L."""
    logs = probe(network, Batch(size=32)).log10["grad_preact_var"]
    with np.errstate(invalid="ignore"):
        return float(logs[0] - logs[-1])


def run(many: int = SETTINGS) -> list[Row]:
    """Return a row a setting: its fields, and the share of seeds with which it learned."""
    with ProcessPoolExecutor(os.cpu_count(), initializer=_alone) as pool:
        return list(pool.map(examined, range(many)))


def _alone() -> None:
    one_core_each()
    threadpool_limits(1, user_api="blas")


def examined(place: int) -> Row:
    """Return a network's fields and what came of training it."""
    network = setting(place)
    return network.model_dump() | {name: _share(network, name) for name in RATES}


def _share(network: Network, optimizer: str) -> float:
    """Return the share of seeds with which a network learned: of one, where that settles it."""
    found = []
    for seed in range(_SEEDS):
        best = _best(network, optimizer, seed)
        found.append(best > LEARNED)
        if not found[1:] and not _UNCLEAR[0] < best < _UNCLEAR[1]:
            break
    return float(np.mean(found))


def _best(network: Network, optimizer: str, seed: int) -> float:
    """Return the test accuracy at the best rate; of the first at which there is no doubt."""
    best = 0.0
    for rate in RATES[optimizer]:
        training = Training(steps=STEPS, optimizer=optimizer, learning_rate=rate, seed=seed)
        best = max(best, _accuracy(network, training))
        if best > _UNCLEAR[1]:
            break
    return best


def _accuracy(network: Network, training: Training) -> float:
    """Return the test accuracy at the end, or where it was clear before that."""
    last = 0.0
    for last in _accuracies(network, training):
        if last > _UNCLEAR[1]:
            break
    return last


def _accuracies(network: Network, training: Training) -> Iterator[float]:
    """Yield the test accuracy now and then, until nothing can come of it any more."""
    data = dataset(training.data)
    with torch.inference_mode(mode=False), torch.no_grad():
        made = drawn([network], training.seed, data.features, data.classes, torch.float32)
    guess, sizes = (
        math.log(data.classes),
        torch.stack([weight.abs().amax() for weight in made.weights]),
    )
    stuck = 0
    for step, (stack, found) in enumerate(descend(network, made, data, training), 1):
        if not math.isfinite(float(found.loss[0])):
            return
        if training.optimizer == "sgd":
            slopes = torch.stack([slope.abs().amax() for slope in stack.gradients.weights[:-1]])
            moving = training.learning_rate * slopes > _STUCK * sizes[:-1]
            stuck = 0 if moving.any() else stuck + 1
            if stuck >= _PATIENCE:
                return
        if step % _EVERY == 0:
            with torch.inference_mode(mode=False), torch.no_grad():
                right = float(stack.accuracy(data.test_inputs, data.test_labels).nan_to_num()[0])
            yield right
            loss = float(found.loss[0])
            if step == STEPS // 2 and right < _HOPELESS[0] and loss > guess - _HOPELESS[1]:
                return
