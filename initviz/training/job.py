"""Long work done a slice at a time: whoever asks for a slice decides how long it is."""

import threading
import time
from collections.abc import Iterator

# Between two slices that are further apart, in seconds, nobody was waiting.
_PAUSE = 1.0


class Job:
    """Work of a known number of units, which `work` does one by one.

    Nothing happens between slices, so that work nobody asks for any more has ended. `failure`
    says what went wrong, if anything did.
    """

    def __init__(self, work: Iterator[None], units: int, estimate: float) -> None:
        """Take the work, its units, and the seconds that all of it may take."""
        self._work, self._busy = work, threading.Lock()
        self._spent = 0.0
        self._slice_ended: float | None = None
        self._estimate = estimate
        self.units, self.made = units, 0
        self.stopped, self.failure = False, ""

    @property
    def going(self) -> bool:
        """Whether there is more to do, and nobody stopped it."""
        return not self.stopped and self.made < self.units

    @property
    def seconds_left(self) -> float:
        """About how long the rest takes: at first as estimated, then at the pace so far."""
        if not self.made:
            return self._estimate
        return self._spent * (self.units - self.made) / self.made

    def advance(self, seconds: float) -> None:
        """Go on for so many seconds, by one unit at least; what interrupts a unit stops the job."""
        # A page that was told to stop may still be in a slice when the next one begins.
        if not self.going or not self._busy.acquire(blocking=False):
            return
        try:
            self._go_on(time.monotonic(), seconds)
        except BaseException as error:
            self.stop()
            if isinstance(error, (MemoryError, RuntimeError)):
                self.failure = (str(error).splitlines() or ["out of memory"])[0]
            raise
        finally:
            self._busy.release()

    def _go_on(self, start: float, seconds: float) -> None:
        if self._slice_ended is not None:
            self._spent += min(start - self._slice_ended, _PAUSE)
        for _ in self._work:
            self.made += 1
            if time.monotonic() >= start + seconds or not self.going:
                break
        self._slice_ended = time.monotonic()
        self._spent += self._slice_ended - start
        if not self.going:
            self._let_go()

    def stop(self) -> None:
        """Leave the rest undone, and keep what there is."""
        if self.going:
            self.stopped = True
            self._let_go()

    def _let_go(self) -> None:
        """Give back the memory that the work holds."""
        self._work = iter(())
