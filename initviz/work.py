"""What a probe will cost, estimated before it runs."""

from initviz.network import Batch, Network, fans

# About ten seconds on two cores, and a fraction of a small server's memory.
MAX_FLOPS = 1e12
MAX_BYTES = 4 * 2**30


def flops(network: Network, batch: Batch) -> float:
    """Return the floating-point operations of one forward and one backward pass."""
    return 6.0 * batch.size * sum(i * o for i, o in fans(network, batch))


def memory(network: Network, batch: Batch) -> float:
    """Return the bytes of weights, activations and pre-activations held at once."""
    weights = sum(i * o for i, o in fans(network, batch))
    signals = 2 * network.depth * network.width * batch.size
    automatic = network.normalization != "none" or batch.dtype in ("float16", "bfloat16")
    word = 8 if batch.dtype == "float64" else 4
    return word * (weights + signals) * (3 if automatic else 1)


def fits(network: Network, batch: Batch) -> bool:
    """Say whether a probe is within the budget."""
    return flops(network, batch) <= MAX_FLOPS and memory(network, batch) <= MAX_BYTES


def nearest(network: Network, batch: Batch) -> tuple[Network, Batch]:
    """Return the nearest setting within the budget: a smaller batch first, then less depth."""
    while not fits(network, batch) and batch.size > 128:
        batch = batch.replace(size=max(128, batch.size // 2))
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
