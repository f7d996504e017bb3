"""A training's setting as query parameters and as a command, and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from initviz.catalog.initializers import INITIALIZERS
from initviz.runtime.words import listed, quoted
from initviz.setting.links import to_params as network_params
from initviz.setting.network import Batch, Network
from initviz.training.spec import MOST_NETWORKS, Training

# What the address holds of a training; number format and seed are the batch's.
FIELDS = ("data", "optimizer", "learning_rate", "steps", "batch_size")
PARAMS = ("initializers", *FIELDS)


@dataclass(frozen=True)
class Reading:
    """What an address says, with a sentence for everything in it that could not be used."""

    initializers: tuple[str, ...]
    training: Training
    problems: tuple[str, ...]


def usual(initializer: str) -> tuple[str, ...]:
    """Return what an initializer is compared with where nobody said: He, or else Glorot."""
    other = "he_normal" if initializer != "he_normal" else "glorot_uniform"
    return initializer, other


def from_params(params: Mapping[str, Sequence[str]], initializer: str) -> Reading:
    """Read parameters, using the nearest valid value for a bad one; never raises."""
    problems: list[str] = []
    values = {}
    for field in FIELDS:
        for text in params.get(field, ())[-1:]:
            values[field] = Training.nearest(field, text)
            try:
                Training(**{field: text})
            except ValueError as error:
                problems.append(f"{error}; using {values[field]}.")
    names = usual(initializer)
    for text in params.get("initializers", ())[-1:]:
        names = _names(text, problems, names)
    return Reading(names, Training(**values), tuple(problems))


def _names(text: str, problems: list[str], usually: tuple[str, ...]) -> tuple[str, ...]:
    names: list[str] = []
    for given in filter(None, text.split(",")):
        try:
            name = Network(initializer=given).initializer
        except ValueError as error:
            name = Network.nearest("initializer", given)
            problems.append(f"In initializers: {error}; using {name}.")
        names.append(name)
    unique = tuple(dict.fromkeys(names))
    if not unique:
        problems.append(
            f"initializers must be 1 to {MOST_NETWORKS} names; got {quoted(text)}; "
            f"using {listed(usually)}."
        )
        return usually
    if len(unique) > MOST_NETWORKS:
        problems.append(
            f"initializers must be 1 to {MOST_NETWORKS} names; got {len(unique)}; "
            "the first are used."
        )
    return unique[:MOST_NETWORKS]


def to_params(initializers: Sequence[str], training: Training) -> dict[str, str]:
    """Return the initializers, if there are any, and the fields that are not the defaults."""
    chosen = {"initializers": ",".join(initializers)} if initializers else {}
    return chosen | {
        field: str(value).removesuffix(".0")
        for field, value in Training().changes(training).items()
        if field in FIELDS
    }


def networks_of(network: Network, initializers: Sequence[str]) -> tuple[Network, ...]:
    """Return the network with each initializer; a scale is for those that have one."""
    return tuple(
        network.replace(
            initializer=name, scale=network.scale if INITIALIZERS[name].scale_meaning else None
        )
        for name in initializers
    )


def command(networks: Sequence[Network], training: Training) -> str:
    """Return the command line that does the same training."""
    shape = {k: v for n in networks for k, v in network_params(n, Batch()).items()}
    shape.pop("initializer", None)
    own = {k: str(v) for k, v in Training().changes(training).items()}
    given = [*(("initializer", n.initializer) for n in networks), *(shape | own).items()]
    flags = [f"--{field.replace('_', '-')} {value}" for field, value in given]
    return " ".join(["python -m initviz train", *flags])
