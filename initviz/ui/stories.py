"""The classic stories, each one click away."""

from initviz.setting.network import Network

STORIES: dict[str, Network] = {
    "Sigmoid, 30 deep": Network(depth=30, activation="sigmoid", initializer="glorot_uniform"),
    "N(0, 0.01²)": Network(depth=30, activation="tanh", initializer="normal"),
    "Too large": Network(depth=30, initializer="he_normal", gain=2.0),
    "All zeros": Network(initializer="zeros"),
    "ReLU + Glorot": Network(depth=22, initializer="glorot_uniform"),
    "ReLU + He": Network(depth=22, initializer="he_normal"),
    "tanh + Glorot": Network(depth=30, activation="tanh", initializer="glorot_uniform"),
}


def story_of(network: Network) -> str | None:
    """Return the name of the story that a network tells, if any."""
    return next((name for name, told in STORIES.items() if told == network), None)
