"""Work that would take too much is refused, in one wording, with the nearest that would not."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Setting = TypeVar("Setting")
# A smaller setting, given by how many times too much this one takes, or None if it is the smallest.
Way = Callable[[Setting, float], Setting | None]


@dataclass(frozen=True)
class Amount:
    """How much of something work takes, and the most that it may, in one unit."""

    takes: float
    most: float
    unit: str
    digits: int = 0


def seconds(takes: float, most: float) -> Amount:
    """Return an amount of time."""
    return Amount(takes, most, "seconds")


def operations(takes: float, most: float) -> Amount:
    """Return an amount of arithmetic."""
    return Amount(takes / 1e9, most / 1e9, "billion operations")


def memory(takes: float, most: float) -> Amount:
    """Return an amount of bytes."""
    return Amount(takes / 2**30, most / 2**30, "GiB", digits=1)


@dataclass(frozen=True)
class Budget(Generic[Setting]):
    """What settings of one kind take, what their sizes are called, and how they are made smaller.

    The `ways` are gone one after the other, each as far as it is needed and leads. `purpose` says
    for what so much is needed, if not for one piece of work: "for 40 gains".
    """

    amounts: Callable[[Setting], Sequence[Amount]]
    sizes: Callable[[Setting], Mapping[str, int]]
    ways: Sequence[Way[Setting]]
    purpose: str = ""

    def _excess(self, setting: Setting) -> float:
        return max(amount.takes / amount.most for amount in self.amounts(setting))

    def fits(self, setting: Setting) -> bool:
        """Say whether work is within the budget."""
        return self._excess(setting) <= 1

    def nearest(self, setting: Setting) -> Setting:
        """Return the nearest setting that fits, or the smallest there is."""
        for way in self.ways:
            while (excess := self._excess(setting)) > 1:
                smaller = way(setting, excess)
                if smaller is None:
                    break
                setting = smaller
        return setting

    def check(self, setting: Setting) -> None:
        """Refuse work over the budget.

        Raises:
            ValueError: naming the estimate, the budget and the nearest setting that fits.
        """
        if self.fits(setting):
            return
        asked, smaller = self.sizes(setting), self.sizes(self.nearest(setting))
        amounts = [a for a in self.amounts(setting) if a.takes > a.most]
        takes = " and ".join(f"{a.takes:.{a.digits}f} {a.unit}" for a in amounts)
        most = " and ".join(f"{a.most:.0f} {a.unit}" for a in amounts)
        fitting = {name: size for name, size in smaller.items() if size != asked[name]}
        raise ValueError(
            f"{_named(asked)} would take about {takes}{self.purpose and ' '}{self.purpose}; "
            f"the most is {most}; {_named(fitting)} fits"
        )


def _named(sizes: Mapping[str, int]) -> str:
    """Return sizes as in: depth 200, width 512 and batch size 128."""
    *others, last = (f"{name} {size}" for name, size in sizes.items())
    return f"{', '.join(others)} and {last}" if others else last


def less(size: int, by: float, least: int) -> int | None:
    """Return a size made smaller by a factor, one at the least, or None below the least."""
    return None if size <= least else max(least, min(size - 1, int(size * by)))
