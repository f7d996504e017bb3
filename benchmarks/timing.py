"""Fair timing: every contender once a round, in any order, and medians over the rounds."""

import random
import statistics
import time
from collections.abc import Callable, Mapping


def interleaved(
    contenders: Mapping[str, Callable[[int], object]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Return each contender's median seconds; a contender is called with the round's number.

    Whatever slows the machine down for a while slows all contenders down alike, and none always
    comes after the same one, which leaves the caches to it.
    """
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for name, run in contenders.items():
        run(-1)
        taken[name].clear()
    dice = random.Random(0)
    for turn in range(rounds):
        for name in dice.sample(list(contenders), len(contenders)):
            run, start = contenders[name], clock()
            run(turn)
            taken[name].append(clock() - start)
    return {name: statistics.median(times) for name, times in taken.items()}
