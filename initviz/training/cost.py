"""What a training run will cost, estimated before it runs."""

from collections.abc import Sequence

from initviz.runtime import budget
from initviz.runtime.budget import Amount, Budget, Way, less
from initviz.setting import cost
from initviz.setting.network import Batch, Network
from initviz.training.datasets import dataset
from initviz.training.spec import Training

Run = tuple[Sequence[Network], Training]

# What a person who has asked for a run waits for, on one core, and what a small server can hold.
MOST_SECONDS = 60.0
MAX_BYTES = 2**30
# Operations a second of the products; seconds for a layer's calls, for each of its values and
# for each of its weights, by optimizer, on one core in float32. Float64 takes twice as long.
_RATE, _A_LAYER, _A_VALUE = 4e10, 2e-4, 1e-8
_A_WEIGHT = {"sgd": 3e-9, "adam": 8e-9}
_FEWEST_STEPS = 50
# Probing so little takes no longer than drawing the weights.
_LEAST = Batch(size=2, inputs="digits")


def _weights(network: Network, training: Training) -> int:
    data = dataset(training.data)
    hidden = (network.depth - 1) * network.width
    return (data.features + hidden + data.classes) * network.width


def seconds(networks: Sequence[Network], training: Training) -> float:
    """Return about how long a run takes on one core, its statistics included."""
    network, many = networks[0], len(networks)
    weights = many * _weights(network, training)
    values = many * network.depth * network.width * training.batch_size
    numbers = 6.0 * training.batch_size * weights / _RATE + _A_VALUE * values
    numbers += _A_WEIGHT[training.optimizer] * weights
    drawing = sum(cost.seconds(each, _LEAST) for each in networks)
    step = _A_LAYER * network.depth + numbers * (2 if training.dtype == "float64" else 1)
    return drawing + training.steps * step


def memory(networks: Sequence[Network], training: Training) -> float:
    """Return the bytes held at once: weights, gradients, an optimizer's two, and all signals."""
    network, many = networks[0], len(networks)
    weights = many * _weights(network, training)
    values = many * network.depth * network.width * training.batch_size
    return (8 if training.dtype == "float64" else 4) * (5.0 * weights + 8.0 * values)


def _amounts(run: Run) -> tuple[Amount, Amount]:
    return (
        budget.seconds(seconds(*run), MOST_SECONDS),
        budget.memory(memory(*run), MAX_BYTES),
    )


def sizes(run: Run) -> dict[str, int]:
    """Return what makes a run large, by name."""
    networks, training = run
    shape = {"depth": networks[0].depth, "width": networks[0].width, "steps": training.steps}
    return {"networks": len(networks), **shape}


def shorter(least: int) -> Way[Run]:
    """Return the way to fewer steps, down to the least that say anything."""

    def way(run: Run, _: float) -> Run | None:
        networks, training = run
        steps = less(training.steps, 0.9, least)
        return None if steps is None else (networks, training.replace(steps=steps))

    return way


def shallower(run: Run, _: float) -> Run | None:
    """Return a run of networks of one layer less."""
    networks, training = run
    depth = networks[0].depth - 1
    return ([n.replace(depth=depth) for n in networks], training) if depth else None


_BUDGET = Budget[Run](_amounts, sizes, (shorter(_FEWEST_STEPS), shallower))


def fits(networks: Sequence[Network], training: Training) -> bool:
    """Say whether a run is within the budget."""
    return _BUDGET.fits((networks, training))


def nearest(networks: Sequence[Network], training: Training) -> Run:
    """Return the nearest setting within the budget: fewer steps first, then less depth."""
    return _BUDGET.nearest((networks, training))


def check(networks: Sequence[Network], training: Training) -> None:
    """Refuse work over the budget.

    Raises:
        ValueError: naming the estimate, the budget and the nearest setting that fits.
    """
    _BUDGET.check((networks, training))
