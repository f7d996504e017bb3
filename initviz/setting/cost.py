"""What a probe will cost, estimated before it runs."""

import torch

from initviz.runtime import budget
from initviz.runtime.budget import Amount, Budget, less, operations
from initviz.setting.network import Batch, Network, fans

Probe = tuple[Network, Batch]

# A few seconds on two cores, and a fraction of a small server's memory.
MAX_FLOPS = 2e11
MAX_BYTES = 2 * 2**30
# Drawing a random weight takes about as long as this many operations of a matrix product,
# and the QR decomposition of an orthogonal n × n matrix about this many times n³.
_DRAWING = 200
_DECOMPOSING = 10
_SMALL_BATCH = 32
# Operations a second, and seconds for a layer's calls and for one of its values: in half precision,
# through autograd, and in the dense stack's own pass; measured on one core.
_RATE = 5e10
_HALF = (4e-3, 3e-7)
_AUTOMATIC = (4e-3, 5e-8)
_MANUAL = (2e-4, 1e-8)


def one_core_each() -> None:
    """Let this thread's probes use one core, so that as many run side by side as there are cores.

    Probes that share their cores wait for each other's threads and all become slower.
    """
    torch.set_num_threads(1)


def flops(network: Network, batch: Batch) -> float:
    """Return the operations of drawing the weights, one forward and one backward pass."""
    shapes = fans(network, batch)
    weights = sum(i * o for i, o in shapes)
    drawing = float(_DRAWING * weights)
    if network.initializer == "orthogonal":
        drawing += _DECOMPOSING * sum(i * o * min(i, o) for i, o in shapes)
    return drawing + 6.0 * batch.size * weights * (3 if _automatic(network, batch) else 1)


def _automatic(network: Network, batch: Batch) -> bool:
    """Say whether the probe goes through autograd, which takes about three times as much."""
    return network.normalization != "none" or _half(batch)


def _half(batch: Batch) -> bool:
    return batch.dtype in ("float16", "bfloat16")


def seconds(network: Network, batch: Batch) -> float:
    """Return about how long a probe takes on one core of an ordinary server, weights drawn anew.

    Small layers take as long as the calls that they are made of, long batches as their statistics.
    """
    through_autograd = _AUTOMATIC if _automatic(network, batch) else _MANUAL
    a_layer, a_value = _HALF if _half(batch) else through_autograd
    values = network.depth * network.width * batch.size
    return flops(network, batch) / _RATE + a_layer * network.depth + a_value * values


def memory(network: Network, batch: Batch) -> float:
    """Return the bytes of weights, activations and pre-activations held at once.

    Counted three times over: autograd keeps copies, and a pass that float32 cannot vouch for
    is run again in float64 beside the float32 noise.
    """
    weights = sum(i * o for i, o in fans(network, batch))
    signals = 2 * network.depth * network.width * batch.size
    word = 8 if batch.dtype == "float64" else 4
    return word * (weights + signals) * 3


def amounts(network: Network, batch: Batch) -> tuple[Amount, Amount]:
    """Return what a probe takes, beside the most that it may."""
    return (
        operations(flops(network, batch), MAX_FLOPS),
        budget.memory(memory(network, batch), MAX_BYTES),
    )


def sizes(probe: Probe) -> dict[str, int]:
    """Return what makes a probe large, by name."""
    network, batch = probe
    return {"depth": network.depth, "width": network.width, "batch size": batch.size}


def smaller_batch(probe: Probe, _: float) -> Probe | None:
    """Return a probe of half as many inputs, down to a small batch."""
    network, batch = probe
    size = less(batch.size, 0.5, _SMALL_BATCH)
    return None if size is None else (network, batch.replace(size=size))


def shallower(probe: Probe, _: float) -> Probe | None:
    """Return a probe of one layer less."""
    network, batch = probe
    return (network.replace(depth=network.depth - 1), batch) if network.depth > 1 else None


_BUDGET = Budget[Probe](lambda probe: amounts(*probe), sizes, (smaller_batch, shallower))


def fits(network: Network, batch: Batch) -> bool:
    """Say whether a probe is within the budget."""
    return _BUDGET.fits((network, batch))


def nearest(network: Network, batch: Batch) -> Probe:
    """Return the nearest setting within the budget: a smaller batch first, then less depth."""
    return _BUDGET.nearest((network, batch))


def check(network: Network, batch: Batch) -> None:
    """Refuse work over the budget.

    Raises:
        ValueError: naming the estimate, the budget and the nearest setting that fits.
    """
    _BUDGET.check((network, batch))
