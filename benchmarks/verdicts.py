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
from initviz.engine.statistics import Floats
from initviz.setting.cost import one_core_each
from initviz.training.datasets import batches, dataset
from initviz.training.optimizers import OPTIMIZERS
from initviz.training.parameters import drawn
from initviz.training.stack import Stack

STEPS, LEARNED = 300, 0.7
RATES = {"sgd": (0.001, 0.003, 0.01, 0.03, 0.1), "adam": (0.0003, 0.001, 0.003, 0.01)}
SETTINGS, SEED = 400, 2026
_DECADES = 12.0
# A test accuracy between these does not say whether a network learns; other seeds do.
_UNCLEAR, _SEEDS = (0.5, 0.8), 3
_EVERY, _BATCH = 25, 128
# At half time nothing was learned where no more than this is recognized, and the loss is that of
# guessing but for this much.
_HOPELESS = (0.2, 0.1)
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
    """Return the test accuracy at the best rate: at the end, or where one leaves no doubt."""
    best = 0.0
    for reached in _accuracies(network, optimizer, seed):
        best = float(reached.max())
        if best > _UNCLEAR[1]:
            break
    return best


@torch.inference_mode(mode=False)
@torch.no_grad()
def _accuracies(network: Network, optimizer: str, seed: int) -> Iterator[Floats]:
    """Train at all rates side by side, and yield the test accuracies, (rates,), now and then.

    It ends where nothing can come of it any more.
    """
    data, rates = dataset("digits"), RATES[optimizer]
    made = drawn([network] * len(rates), seed, data.features, data.classes, torch.float32)
    step_sizes = made.like(torch.empty_like(made.flat))
    for views in (step_sizes.weights, step_sizes.biases, step_sizes.scales, step_sizes.shifts):
        for view in views:
            view.copy_(torch.tensor(rates)[:, None, None].expand_as(view))
    stack, moved = Stack(network, made), torch.zeros_like(made.flat)
    rule, order = OPTIMIZERS[optimizer](moved, 1.0), batches(len(data.labels), _BATCH, seed)
    for step in range(1, STEPS + 1):
        chosen = next(order)
        found = stack.run(data.inputs[chosen], data.labels[chosen])
        rule.step(stack.gradients.flat)
        made.flat.addcmul_(moved, step_sizes.flat)
        moved.zero_()
        if step % _EVERY:
            continue
        right = stack.accuracy(data.test_inputs, data.test_labels).nan_to_num().numpy()
        yield right
        lost = ~torch.isfinite(found.loss).numpy()
        guessing = (right < _HOPELESS[0]) & (found.loss.numpy() > math.log(10) - _HOPELESS[1])
        if lost.all() or (step >= STEPS // 2 and (lost | guessing).all()):
            return
