"""Numbers and errors in words a reader takes in at once."""

import math
from collections.abc import Iterable

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_LONGEST_ECHO = 40


def power_of_ten(exponent: int) -> str:
    """Return 10 to a whole power, as 10⁻¹⁵."""
    return "10" + str(exponent).translate(_SUPERSCRIPT)


def number(value: float, digits: int = 2) -> str:
    """Return `value` with that many significant digits: 0.31, 1200 or 2 × 10⁻¹⁵."""
    if value == 0:
        return "0"
    sign = "−" if value < 0 else ""
    return sign + from_log10(math.log10(abs(value)), digits)


def from_log10(log10: float, digits: int = 2) -> str:
    """Return 10^`log10` as `number` would, also where a float cannot hold it."""
    if math.isnan(log10):
        return "not a number"
    if math.isinf(log10):
        return "0" if log10 < 0 else "∞"
    exponent = math.floor(log10)
    mantissa = round(10 ** (log10 - exponent), digits - 1)
    if mantissa >= 10:
        mantissa, exponent = mantissa / 10, exponent + 1
    if -3 <= exponent <= 3:
        value = mantissa * 10.0**exponent
        return f"{value:.{max(0, digits - 1 - exponent)}f}"
    return f"{mantissa:.{digits - 1}f}".removesuffix(".0") + f" × {power_of_ten(exponent)}"


def factor(log10: float) -> str:
    """Return 10^`log10` as something is multiplied by it again and again.

    Near 1 a third digit decides what becomes of that: 1.15⁵⁹ is 3800, 1.2⁵⁹ is 47,000.
    """
    return from_log10(log10, 3 if -0.28 < log10 < 0.28 else 2)


def quoted(value: object) -> str:
    """Return what a user gave, shortened so that a message stays one readable line."""
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= _LONGEST_ECHO else text[:_LONGEST_ECHO] + "…"


def capitalized(text: str) -> str:
    """Return text that begins with a capital letter and is otherwise as it was."""
    return text[:1].upper() + text[1:]


def counted(many: int, noun: str) -> str:
    """Return how many there are of something: 1 step, 2 steps."""
    return f"{many} {noun}" if many == 1 else f"{many} {noun}s"


def listed(names: Iterable[str]) -> str:
    """Return names as a comma-separated list."""
    return ", ".join(names)
