"""What was found in a file of weights, in sentences; the file's own words stand in them quoted."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from initviz.checkpoints.hypotheses import ORIGINS
from initviz.checkpoints.likeness import FEWEST, Match, Standing
from initviz.checkpoints.weights import Layer, Weights
from initviz.recipes.table import RECIPES
from initviz.runtime.words import listed, number

# Groups of layers and runs of layer numbers that are told one by one.
_GROUPS = 4
_RUNS = 6
# A factor within this of 1 keeps the signal; factors within this of each other are told as one.
_STEADY = 1.1
_ALIKE = 1.6
_SIZED = 0.1
_LONGEST_NAME = 60
# What one layer multiplies a signal's mean square by is n·Var(w) times what ReLU lets through.
_RELU = 0.5


def label(match: Match) -> str:
    """Return an initializer in words, with its size where it has one."""
    words = ORIGINS[match.initializer].label
    if match.scale is not None:
        words += f" {number(match.scale)}"
    return words if match.factor == 1 else f"{words} × {number(match.factor, 3)}"


def used_by(match: Match) -> str:
    """Return whose choice an initializer is for such a layer, or nothing."""
    if match.initializer == "torch_default":
        return ""
    return listed(RECIPES[name].label for name in match.recipes)


def strayed(matches: Sequence[Match]) -> str:
    """Return how far layers are from what each looks like: 16 % larger, 2.0 to 5.1 % away."""
    strays = sorted(match.stray for match in matches)
    sizes = dict.fromkeys(number(100 * stray) for stray in (strays[0], strays[-1]))
    # All of a stray is size where no more of it than this is not.
    sized = [abs(abs(m.larger) - m.stray) <= _SIZED * m.stray for m in matches]
    larger = [m.larger > 0 for m in matches]
    words = "away"
    if all(sized) and len(set(larger)) == 1:
        words = "larger" if larger[0] else "smaller"
    return f"{' to '.join(sizes)} % {words}"


def _either(matches: Iterable[Match]) -> str:
    return " or ".join(dict.fromkeys(label(match) for match in matches))


def called(name: str) -> str:
    """Return a tensor's name, which may be anything, as one short printable line."""
    shown = name
    if len(name) > _LONGEST_NAME:
        shown = f"{name[: _LONGEST_NAME // 3]}…{name[-2 * _LONGEST_NAME // 3 :]}"
    return "".join(c if c.isprintable() else "�" for c in shown)


def verdict(layer: Layer) -> str:
    """Return in a few words what a layer looks like."""
    found = layer.likeness
    if found.matches:
        names = _either(found.matches)
        rescaled = f", or {_either(found.rescaled)}" if found.rescaled else ""
        return {
            "strayed": f"{names}, {strayed(found.matches[:1])}{rescaled}",
            "rescaled": f"{names}; may be trained",
        }.get(found.standing, names)
    if _too_few(layer):
        return "too few weights to tell"
    shape = f", {found.shape} in shape" if found.shape else ""
    return f"no initializer{shape}; may be trained"


def answer(weights: Weights) -> str:
    """Return what the file is, the commonest first."""
    count = len(weights.layers)
    if not count:
        return (
            "The file has no layer of weights: expected is at least one tensor of floating-point "
            f"numbers with two to five dimensions; it has {weights.vectors} with fewer and "
            f"{weights.others} others."
        )
    numbered = list(enumerate(weights.layers, start=1))
    told = _matched(_standing(numbered, "fresh"), _told)
    told += _matched(_standing(numbered, "strayed"), _told_strayed)
    told += _matched(_standing(numbered, "rescaled"), _told_rescaled)
    told += _unmatched(_standing(numbered, "none"))
    return " ".join([f"{count} layer{'s' * (count > 1)}.", *told])


def warnings(weights: Weights) -> list[str]:
    """Return what is amiss, a sentence for each kind."""
    amiss = (
        ("nonfinite", "not finite (NaN or ∞)", "value"),
        (
            "dead",
            "without a weight that is not 0: such a unit gives the same whatever comes",
            "row",
        ),
        ("copies", "equal to another: such units start alike and stay alike", "row"),
    )
    told = []
    for field, what, noun in amiss:
        counts = {i: getattr(layer, field) for i, layer in enumerate(weights.layers, start=1)}
        hit = [i for i, found in counts.items() if found]
        total = sum(counts.values())
        if hit:
            told.append(f"{_layers(hit)}: {total} {noun}{'s' * (total > 1)} {what}.")
    return told


def notes(weights: Weights) -> list[str]:
    """Return how the file was read, and what was left out."""
    layers = list(enumerate(weights.layers, start=1))
    told = []
    for order, words in (
        ("out first", "(out, in, …) as PyTorch stores them"),
        ("out last", "(…, in, out) as Keras and Flax store them"),
    ):
        read = [i for i, layer in layers if layer.order == order]
        if read:
            told.append(f"{_layers(read)}: read as {words}.")
    guessed = [i for i, layer in layers if layer.told_by == "nothing"]
    if guessed:
        told.append(f"{_layers(guessed)}: neither name nor format told which; that is a guess.")
    told.append("Layers stand in the order of their names, since the file keeps no other.")
    left = [i for i, layer in layers if layer.singular is None and not layer.nonfinite]
    if left:
        told.append(f"{_layers(left)}: too large together for singular values here.")
    unshown = (
        (weights.vectors, "of fewer than two dimensions, as biases are"),
        (weights.others, "that are empty, of whole numbers or of another kind"),
    )
    counted = [f"{count} tensor{'s' * (count > 1)} {what}" for count, what in unshown if count]
    if counted:
        told.append(f"Not shown: {'; '.join(counted)}.")
    return told


Numbered = tuple[int, Layer]


Group = tuple[Match, list[Numbered]]


def _standing(layers: Iterable[Numbered], standing: Standing) -> list[Numbered]:
    return [(i, layer) for i, layer in layers if layer.likeness.standing == standing]


def _matched(
    layers: Sequence[Numbered], tell: Callable[[Match, Sequence[Numbered]], str]
) -> list[str]:
    """Tell of the largest groups of layers, and count those of the others."""
    groups = _groups(layers)
    told = [tell(match, members) for match, members in groups[:_GROUPS]]
    if left := sum(len(members) for _, members in groups[_GROUPS:]):
        told.append(f"{left} more look like others.")
    return told


def _groups(layers: Sequence[Numbered]) -> list[Group]:
    """Put layers that the same initializer may have drawn together, the largest group first."""
    left, groups = list(layers), []
    while left:
        counts: Counter[tuple[str, float | None, float]] = Counter()
        for place in range(max(len(layer.likeness.matches) for _, layer in left)):
            # Counted in the order of likelihood, which settles what is equally common.
            counts.update(_key(ms[place]) for _, ms in _matches(left) if place < len(ms))
        key = counts.most_common(1)[0][0]
        members = [n for n in left if key in map(_key, n[1].likeness.matches)]
        left = [n for n in left if n not in members]
        match = next(m for m in members[0][1].likeness.matches if _key(m) == key)
        groups.append((match, members))
    return groups


def _matches(layers: Iterable[Numbered]) -> Iterable[tuple[int, tuple[Match, ...]]]:
    return ((i, layer.likeness.matches) for i, layer in layers)


def _key(match: Match) -> tuple[str, float | None, float]:
    """Return what makes two matches the same, sizes being told to two digits."""
    scale = None if match.scale is None else float(f"{match.scale:.1e}")
    return match.initializer, scale, float(f"{match.factor:.1e}")


def _told(match: Match, members: Sequence[Numbered]) -> str:
    """Say what a group of layers looks like, and what ReLU makes of that."""
    first = members[0][1].likeness.matches
    others = [label(m) for m in first if _in_all(m, members) and _key(m) != _key(match)]
    source = f" ({used_by(match)})" if used_by(match) else ""
    alike = f", which cannot be told from {' or '.join(others)} here" if others else ""
    one = len(members) == 1
    sentence = f"{_layers([i for i, _ in members])} look{'s' * one} like {label(match)}{source}"
    effect = _effect([layer for _, layer in members])
    return f"{sentence}{alike}{f': with ReLU {effect}' if effect else ''}."


def _told_strayed(match: Match, members: Sequence[Numbered]) -> str:
    """Say what a group of layers was once, perhaps, and how far each is from that now."""
    one = len(members) == 1
    own = [next(m for m in ms if _key(m) == _key(match)) for _, ms in _matches(members)]
    return (
        f"{_layers([i for i, _ in members])} look{'s' * one} like {label(match)}, {strayed(own)}; "
        f"{'it' if one else 'they'} may be trained."
    )


def _told_rescaled(match: Match, members: Sequence[Numbered]) -> str:
    """Say what would draw a group of layers, if it was not training that made their size."""
    one = len(members) == 1
    common = [m for m in members[0][1].likeness.matches if _in_all(m, members)] or [match]
    return (
        f"{_layers([i for i, _ in members])} look{'s' * one} like {_either(common)}, unless "
        f"{'it is' if one else 'they are'} trained."
    )


def _in_all(match: Match, members: Sequence[Numbered]) -> bool:
    return all(_key(match) in map(_key, ms) for _, ms in _matches(members))


def _effect(layers: Sequence[Layer]) -> str:
    """Say by what one layer with ReLU multiplies the variance; nothing if layers differ."""
    if any(layer.kind not in ("dense", "convolution") for layer in layers):
        return ""
    gains = [_RELU * layer.fan_in * (layer.variance + layer.mean * layer.mean) for layer in layers]
    if max(gains) == 0:
        return "nothing passes"
    if not 0 < min(gains) <= max(gains) < math.inf or max(gains) / min(gains) > _ALIKE:
        return ""
    gain = math.exp(sum(map(math.log, gains)) / len(gains))
    if 1 / _STEADY < gain < _STEADY:
        return "the variance stays as it is"
    factor = number(max(gain, 1 / gain))
    return f"the variance {'grows' if gain > 1 else 'shrinks'} by a factor of {factor} a layer"


def _unmatched(layers: Sequence[Numbered]) -> list[str]:
    """Say of layers that match nothing how large they are."""
    few = [i for i, layer in layers if _too_few(layer)]
    told = [f"{_layers(few)}: too few weights to tell."] if few else []
    rest = [(i, layer) for i, layer in layers if not _too_few(layer)]
    if not rest:
        return told
    nearest = Counter(layer.nearest for _, layer in rest).most_common(1)[0][0]
    ratios = sorted(layer.ratio(nearest) for _, layer in rest)
    sizes = dict.fromkeys(number(r) for r in (ratios[0], ratios[-1]))
    one = len(rest) == 1
    it = "it" if one else "they"
    told.append(
        f"{_layers([i for i, _ in rest])} match{'es' * one} no initializer; {it} may be trained: "
        f"{' to '.join(sizes)} × the variance of {nearest}, the nearest."
    )
    return told


def _too_few(layer: Layer) -> bool:
    return math.prod(layer.shape) - layer.nonfinite < FEWEST


def _layers(numbers: Sequence[int]) -> str:
    """Return layer numbers as runs: Layers 1–3, 5 and on; many runs as their count."""
    runs: list[list[int]] = []
    for i in numbers:
        if runs and i == runs[-1][1] + 1:
            runs[-1][1] = i
        else:
            runs.append([i, i])
    if len(runs) > _RUNS:
        return f"{len(numbers)} layers"
    words = listed(f"{a}" if a == b else f"{a}–{b}" for a, b in runs)
    return f"Layer {words}" if len(numbers) == 1 else f"Layers {words}"
