"""Every story, taken to Training as it stands, shows what it tells."""

import pytest

from initviz.training import History, Training, read, train
from initviz.ui.stories import STORIES

# What becomes of each in a run as the Training page offers it.
MORALS = {
    "Sigmoid, 30 deep": {"stalled"},
    "N(0, 0.01²)": {"stalled"},
    "Too large": {"diverged"},
    "All zeros": {"stalled"},
    "ReLU + Glorot": {"stalled", "learning"},
    "ReLU + He": {"trained"},
    "tanh + Glorot": {"trained"},
}


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("seed", [0, 1])
def test_training_shows_the_moral(name: str, seed: int) -> None:
    networks, training = [STORIES[name]], Training(seed=seed)
    [reading] = read(History.of(networks, training, train(networks, training)))
    assert reading.verdict in MORALS[name], reading.sentence
