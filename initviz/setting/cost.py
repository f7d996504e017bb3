"""What a probe will cost, estimated before it runs."""

import torch

from initviz.setting.network import Batch, Network, fans

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


def fits(network: Network, batch: Batch) -> bool:
    """Say whether a probe is within the budget."""
    return flops(network, batch) <= MAX_FLOPS and memory(network, batch) <= MAX_BYTES


def nearest(network: Network, batch: Batch) -> tuple[Network, Batch]:
    """Return the nearest setting within the budget: a smaller batch first, then less depth."""
    while not fits(network, batch) and batch.size > _SMALL_BATCH:
        batch = batch.replace(size=max(_SMALL_BATCH, batch.size // 2))
    while not fits(network, batch):
        network = network.replace(depth=network.depth - 1)
    return network, batch


def check(network: Network, batch: Batch) -> None:
    """Refuse work over the budget.

    Raises:
        ValueError: naming the estimate, the budget and the nearest setting that fits.
    """
    if fits(network, batch):
        return
    smaller, fewer = nearest(network, batch)
    raise ValueError(
        f"depth {network.depth}, width {network.width} and batch size {batch.size} need "
        f"{flops(network, batch) / 1e9:.0f} billion operations and "
        f"{memory(network, batch) / 2**30:.1f} GiB; the limits are {MAX_FLOPS / 1e9:.0f} billion "
        f"and {MAX_BYTES / 2**30:.0f} GiB; depth {smaller.depth} with batch size {fewer.size} fits"
    )
