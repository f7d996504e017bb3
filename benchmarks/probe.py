"""What a probe costs, beside the plain passes and beside the notebook that people write."""

import math
from collections.abc import Callable, Iterator
from itertools import count

import torch
from torch import Tensor, nn

from benchmarks.timing import interleaved
from initviz import Batch, Network, Signals, probe
from initviz.setting.data import draw_cotangent, draw_inputs
from initviz.setting.network import build

SIZES = ((10, 128, 128), (20, 256, 256), (50, 512, 256))
_BINS = 41
_TURNS = count()


def run(rounds: int = 31) -> list[dict[str, object]]:
    """Return one row for each size and number of threads: ratios to the bare passes."""
    rows = []
    before = torch.get_num_threads()
    for threads in (1, before) if before > 1 else (1,):
        torch.set_num_threads(threads)
        rows += [_compare(*size, threads, rounds) for size in SIZES]
    torch.set_num_threads(before)
    return rows


def _compare(depth: int, width: int, size: int, threads: int, rounds: int) -> dict[str, object]:
    network, batch = Network(depth=depth, width=width), Batch(size=size)
    inputs, _ = draw_inputs(batch, width)
    cotangent = draw_cotangent(0, torch.Size((size, width)))
    plain, hooked = build(network, batch), build(network, batch)
    square = torch.ones(width, width)
    products = 3 * depth - 1
    fresh = _moved(network, 2 * (rounds + 1))
    gained = [network.replace(gain=1 + 1e-3 * (turn + 2)) for turn in range(-1, rounds)]
    seconds = interleaved(
        {
            "bare": lambda _: _bare(plain, inputs, cotangent),
            "notebook": _notebook(hooked, inputs, cotangent),
            "probe": lambda _: probe(next(fresh), batch),
            "with histograms": lambda _: _everything(probe(next(fresh), batch)),
            "gain": lambda turn: _everything(probe(gained[turn], batch)),
            "products": lambda _: [inputs @ square for _ in range(products)],
        },
        rounds,
    )
    bare = seconds["bare"]
    return {
        "network": f"{depth} × {width}, batch {size}",
        "threads": threads,
        "bare ms": 1e3 * bare,
        "matrix products alone": seconds["products"] / bare,
        "probe": seconds["probe"] / bare,
        "probe with histograms": seconds["with histograms"] / bare,
        "the same at another gain": seconds["gain"] / bare,
        "hook notebook": seconds["notebook"] / bare,
        "notebook / probe with histograms": seconds["notebook"] / seconds["with histograms"],
    }


def _moved(network: Network, times: int) -> Iterator[Network]:
    """Return networks with weights of sizes never seen, so that nothing kept serves."""
    he = math.sqrt(2 / network.width)
    scales = [(1 + 1e-6 * next(_TURNS)) * he for _ in range(times)]
    return iter([network.replace(initializer="normal", scale=scale) for scale in scales])


def _everything(signals: Signals) -> None:
    for quantity in ("pre-activation", "activation", "gradient"):
        signals.histogram(quantity, _BINS)


def _bare(module: nn.Module, inputs: Tensor, cotangent: Tensor) -> None:
    module.zero_grad()
    module(inputs).backward(cotangent)


def _notebook(module: nn.Sequential, inputs: Tensor, cotangent: Tensor) -> Callable[[int], None]:
    """Return the usual notebook cell: hooks that take mean, std and a histogram of each layer."""
    found: list[tuple[float, float, Tensor]] = []

    def look(tensor: Tensor) -> None:
        x = tensor.detach()
        found.append((x.mean().item(), x.std().item(), torch.histc(x, _BINS)))

    for layer in module:
        layer.register_forward_hook(lambda _module, _inputs, output: look(output))
        layer.register_full_backward_hook(lambda _module, _inputs, outputs: look(outputs[0]))

    def cell(_turn: int) -> None:
        found.clear()
        _bare(module, inputs, cotangent)
        for parameter in module.parameters():
            if parameter.dim() == 2 and parameter.grad is not None:
                look(parameter.grad)

    return cell
