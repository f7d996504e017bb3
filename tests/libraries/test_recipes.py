"""The recipes `keras` and `flax` against the libraries themselves, where they are installed."""

import numpy as np
import pytest
from scipy.stats import ks_2samp
from torch import nn

from initviz.recipes.drawing import reinitialize

pytestmark = pytest.mark.filterwarnings("default")
DRAWS = 12
WEIGHT_AND_BIAS = ["weight", "bias"]
KERNEL = {"kernel": "weight", "bias": "bias"}


def keras_layers() -> dict:
    keras = pytest.importorskip("keras")
    return {
        "dense": (keras.layers.Dense(40), (None, 30), nn.Linear(30, 40), WEIGHT_AND_BIAS),
        "conv": (keras.layers.Conv2D(12, 3), (None, 8, 8, 6), nn.Conv2d(6, 12, 3), WEIGHT_AND_BIAS),
        "lstm": (
            keras.layers.LSTM(20),
            (None, 5, 30),
            nn.LSTM(30, 20),
            ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0"],
        ),
        "gru": (
            keras.layers.GRU(20),
            (None, 5, 30),
            nn.GRU(30, 20),
            ["weight_ih_l0", "weight_hh_l0"],
        ),
        "rnn": (
            keras.layers.SimpleRNN(20),
            (None, 5, 30),
            nn.RNN(30, 20),
            ["weight_ih_l0", "weight_hh_l0"],
        ),
        "embedding": (keras.layers.Embedding(50, 20), (None, 5), nn.Embedding(50, 20), ["weight"]),
        "batch norm": (
            keras.layers.BatchNormalization(),
            (None, 9),
            nn.BatchNorm1d(9),
            WEIGHT_AND_BIAS,
        ),
        "layer norm": (
            keras.layers.LayerNormalization(),
            (None, 9),
            nn.LayerNorm(9),
            WEIGHT_AND_BIAS,
        ),
    }


def flax_layers(nnx, seed: int) -> dict:
    rngs = nnx.Rngs(seed)
    return {
        "dense": (nnx.Linear(30, 40, rngs=rngs), nn.Linear(30, 40), KERNEL),
        "conv": (nnx.Conv(6, 12, (3, 3), rngs=rngs), nn.Conv2d(6, 12, 3), KERNEL),
        "lstm": (
            nnx.LSTMCell(30, 20, rngs=rngs),
            nn.LSTMCell(30, 20),
            {"ii.kernel": "weight_ih", "hi.kernel": "weight_hh", "hf.bias": "bias_hh"},
        ),
        "gru": (
            nnx.GRUCell(30, 20, rngs=rngs),
            nn.GRUCell(30, 20),
            {"dense_i.kernel": "weight_ih", "dense_h.kernel": "weight_hh"},
        ),
        "embedding": (nnx.Embed(50, 20, rngs=rngs), nn.Embedding(50, 20), {"embedding": "weight"}),
        "attention": (
            nnx.MultiHeadAttention(4, 32, rngs=rngs, decode=False),
            nn.MultiheadAttention(32, 4),
            {"query.kernel": "in_proj_weight", "out.kernel": "out_proj.weight"},
        ),
        "layer norm": (
            nnx.LayerNorm(9, rngs=rngs),
            nn.LayerNorm(9),
            {"scale": "weight", "bias": "bias"},
        ),
    }


def assert_alike(theirs: list[np.ndarray], ours: list[np.ndarray], name: str) -> None:
    expected, found = (np.concatenate([v.ravel() for v in draws]) for draws in (theirs, ours))
    if np.ptp(expected) == 0 or len(np.unique(expected)) <= 2:
        assert sorted(set(found.tolist())) == sorted(set(expected.tolist())), name
        return
    assert ks_2samp(expected, found).pvalue > 1e-4, name
    assert found.var() == pytest.approx(expected.var(), rel=0.12), name


def drawn(module: nn.Module, recipe: str, name: str) -> list[np.ndarray]:
    found = []
    for seed in range(DRAWS):
        reinitialize(module, recipe, seed=seed)
        found.append(module.get_parameter(name).detach().numpy().copy())
    return found


@pytest.mark.parametrize(
    "kind", ["dense", "conv", "lstm", "gru", "rnn", "embedding", "batch norm", "layer norm"]
)
def test_keras(kind: str) -> None:
    layer, shape, module, names = keras_layers()[kind]
    draws = []
    for _ in range(DRAWS):
        fresh = type(layer).from_config(layer.get_config())
        fresh.build(shape)
        draws.append(fresh.get_weights())
    for place, name in enumerate(names):
        assert_alike([d[place] for d in draws], drawn(module, "keras", name), name)


@pytest.mark.parametrize(
    "kind", ["dense", "conv", "lstm", "gru", "embedding", "attention", "layer norm"]
)
def test_flax(kind: str) -> None:
    nnx = pytest.importorskip("flax.nnx")
    draws: dict[str, list[np.ndarray]] = {}
    for seed in range(DRAWS):
        layer, module, names = flax_layers(nnx, seed)[kind]
        for path, value in nnx.to_flat_state(nnx.state(layer, nnx.Param)):
            draws.setdefault(".".join(map(str, path)), []).append(np.asarray(value[...]))
    for theirs, ours in names.items():
        assert_alike(draws[theirs], drawn(module, "flax", ours), theirs)
