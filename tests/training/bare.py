"""Training as a tutorial writes it: `nn.Sequential`, `torch.optim`, one network, one loop."""

from dataclasses import dataclass

import torch
from torch.nn import functional as F

from initviz import Batch, Network
from initviz.runtime.randomness import generator
from initviz.setting.data import digits
from initviz.setting.network import build
from initviz.training import Training


@dataclass(frozen=True)
class Bare:
    """Losses and batch accuracies by step, test accuracy, and the layers' figures of each step."""

    loss: list[float]
    accuracy: list[float]
    test_accuracy: float
    act_var: list[list[float]]
    grad_preact_var: list[list[float]]
    update_ratio: list[list[float]]


def bare(network: Network, training: Training) -> Bare:
    spec = Batch(
        inputs="digits", loss="cross_entropy", dtype=training.dtype, seed=training.seed, size=2
    )
    module = build(network, spec)
    make = {
        "sgd": lambda p: torch.optim.SGD(p, lr=training.learning_rate, momentum=0.9),
        "adam": lambda p: torch.optim.Adam(p, lr=training.learning_rate),
    }[training.optimizer]
    optimizer = make(module.parameters())
    pixels, labels = digits()
    pixels = pixels.to(next(module.parameters()).dtype)
    batches = orders(training)
    linears = [m for name, m in module.named_children() if name.startswith("linear")]
    found = Bare([], [], 0.0, [], [], [])
    for _ in range(training.steps):
        rows = next(batches)
        z, h, out = [], [], pixels[rows]
        for name, layer in module.named_children():
            out = layer(out)
            if name.startswith("linear"):
                out.retain_grad()
                z.append(out)
            if name.startswith("activation"):
                h.append(out)
        loss = F.cross_entropy(out, labels[rows])
        optimizer.zero_grad()
        loss.backward()
        before = [linear.weight.detach().clone() for linear in linears]
        optimizer.step()
        found.loss.append(loss.item())
        found.accuracy.append((out.argmax(1) == labels[rows]).double().mean().item())
        found.act_var.append([x.detach().double().var(correction=0).item() for x in h])
        found.grad_preact_var.append([x.grad.double().var(correction=0).item() for x in z])
        pairs = zip(linears, before, strict=True)
        found.update_ratio.append(
            [((new.weight.detach() - w).norm() / w.norm()).item() for new, w in pairs]
        )
    module.eval()
    right = (module(pixels[1500:]).argmax(1) == labels[1500:]).double().mean().item()
    return Bare(**{**vars(found), "test_accuracy": right})


def orders(training: Training):
    """Yield whole batches of the 1500 shuffled training images, shuffled again every epoch."""
    epoch = 0
    while True:
        shuffled = torch.randperm(1500, generator=generator(training.seed, "order", epoch))
        yield from (b for b in shuffled.split(training.batch_size) if len(b) == training.batch_size)
        epoch += 1
