"""Real and random inputs, drawn by seed; none of them is to be written to."""

from functools import lru_cache
from importlib.resources import files

import torch
from torch import Tensor

from initviz.runtime.randomness import generator
from initviz.setting.data import draw_inputs
from initviz.setting.network import DIGITS_PIXELS, Batch

DIGITS_SIDE = 8
TEXT = "gettysburg.txt"


def images(batch_size: int, seed: int) -> Tensor:
    """Draw standardised digits, shape (batch, 1, 8, 8).

    Raises:
        ValueError: if `batch_size` is below 2 or above the 1797 images that there are.
    """
    batch = Batch(size=batch_size, inputs="digits", seed=seed)
    pixels, _ = draw_inputs(batch, DIGITS_PIXELS)
    return pixels.reshape(batch_size, 1, DIGITS_SIDE, DIGITS_SIDE)


def rows(batch_size: int, seed: int) -> Tensor:
    """Draw standardised digits read row by row, shape (batch, 8 steps, 8 pixels).

    Raises:
        ValueError: as `images` does.
    """
    return images(batch_size, seed).squeeze(1)


def noise(batch_size: int, steps: int, features: int, seed: int) -> Tensor:
    """Draw N(0, 1) sequences, shape (batch, steps, features).

    Raises:
        ValueError: if `batch_size` is below 2 or above 4096.
    """
    values, _ = draw_inputs(Batch(size=batch_size, seed=seed), steps * features)
    return values.reshape(batch_size, steps, features)


@lru_cache(maxsize=1)
def _text() -> tuple[str, Tensor]:
    # Whoever asks first may be building on another device.
    text = files(__package__).joinpath(TEXT).read_text(encoding="utf-8")
    characters = "".join(sorted(set(text)))
    return characters, torch.tensor([characters.index(c) for c in text], device="cpu")


def characters() -> str:
    """Return the characters of the bundled text, each once; a token is a place among them."""
    return _text()[0]


def tokens(batch_size: int, steps: int, seed: int) -> Tensor:
    """Draw passages of Lincoln's address at Gettysburg (1863), int64, shape (batch, steps).

    Raises:
        ValueError: if `batch_size` is below 2 or above 4096.
    """
    batch = Batch(size=batch_size, seed=seed)
    text = _text()[1]
    starts = torch.randint(
        len(text) - steps + 1, (batch.size, 1), generator=generator(seed, "inputs")
    )
    return text[starts + torch.arange(steps)]
