"""Exported models of Keras and Flax: their parameters, under PyTorch's names, and outputs."""

import re
from typing import Any

import numpy as np
import pytest

# What the libraries call a parameter, and what PyTorch calls it.
NAMES = {
    "keras": [
        (r"^(reader|sequential)(_\d+)?\.", ""),
        (r"cell\.\w+_cell\.kernel", "cell.weight_ih"),
        (r"cell\.\w+_cell\.recurrent_kernel", "cell.weight_hh"),
        (r"cell\.\w+_cell\.bias", "cell.bias_ih"),
        (r"(query|key|value)\.kernel", "in_proj_weight"),
        (r"(query|key|value)\.bias", "in_proj_bias"),
        (r"blocks_", "blocks."),
        (r"attention_output\.", "out_proj."),
        (r"\.(gamma|scale|kernel|embeddings)$", ".weight"),
        (r"\.beta$", ".bias"),
    ],
    "flax": [
        (r"dense_i\.kernel", "weight_ih"),
        (r"dense_h\.kernel", "weight_hh"),
        (r"dense_[ih]\.bias", "bias_ih"),
        (r"(query|key|value)\.kernel", "in_proj_weight"),
        (r"(query|key|value)\.bias", "in_proj_bias"),
        (r"\.out\.", ".out_proj."),
        (r"\.(scale|kernel|embedding)$", ".weight"),
    ],
}


def build(scope: dict[str, Any], framework: str, seed: int = 0) -> Any:
    """Build the model of an exported script."""
    return scope["build"](seed) if framework == "flax" else scope["build"]()


def parameters(model: Any, framework: str) -> dict[str, np.ndarray]:
    """Return a model's parameters as PyTorch names and lays them out."""
    found: dict[str, list[np.ndarray]] = {}
    for path, values in raw(model, framework):
        name = path
        for pattern, replacement in NAMES[framework]:
            name = re.sub(pattern, replacement, name)
        found.setdefault(name, []).append(_laid_out(path, values))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def raw(model: Any, framework: str) -> list[tuple[str, np.ndarray]]:
    """Return a model's parameters as its library names and lays them out."""
    if framework == "keras":
        return [(v.path.replace("/", "."), np.array(v)) for v in model.trainable_variables]
    nnx = pytest.importorskip("flax.nnx")
    state = [(".".join(map(str, p)), np.array(v[...])) for p, v in
             nnx.to_flat_state(nnx.state(model, nnx.Param))]  # fmt: skip
    # From the alphabet's order to PyTorch's: query, key, value.
    return sorted(state, key=lambda item: ("key" in item[0]) + 2 * ("value" in item[0]))


def _laid_out(path: str, values: np.ndarray) -> np.ndarray:
    if re.search(r"attention\.(query|key|value)\.kernel", path):
        return values.reshape(len(values), -1).T
    if re.search(r"attention.*out(put)?\.kernel", path):
        return values.reshape(-1, values.shape[-1]).T
    if path.endswith("kernel"):
        return values.transpose(3, 2, 0, 1) if values.ndim == 4 else values.T
    return values if path.endswith(("embedding", "embeddings")) else values.ravel()


def outputs(model: Any, x: np.ndarray, framework: str) -> np.ndarray:
    """Return what comes out of a model in training, images in PyTorch's order of axes."""
    images = x.ndim == 4
    x = x.transpose(0, 2, 3, 1) if images else x
    y = model(x, training=True).detach() if framework == "keras" else model(x)
    return np.array(y).transpose(0, 3, 1, 2) if images else np.array(y)
