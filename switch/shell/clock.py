"""The clocks (switch/shell): one reading per event, with an optional business date.

The business date is a fixed offset to the wall clock, so that dated rules and midnight can be
tried on sockets. A wall clock that jumps is noticed here; elapsed time never does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from switch.core.moment import SHANGHAI, Moment

JUMP_MS: Final = 2_000
"""How far wall and elapsed time may drift apart between two readings before it is a jump."""
_NS_PER_MS: Final = 1_000_000


def business_offset_ms(business: datetime, now_ms: int) -> int:
    """Return what to add to the wall clock so that it shows `business` (Shanghai, naive) now."""
    return round((business.replace(tzinfo=UTC) - SHANGHAI).timestamp() * 1000) - now_ms


def wall_ns() -> int:
    """Return the wall clock in nanoseconds since 1970."""
    return time.time_ns()


class Clock:
    """Reads both clocks at once; `on_jump` is told by how many milliseconds the wall jumped."""

    __slots__ = ("_apart_ns", "_elapsed", "_wall", "offset_ms", "on_jump")

    def __init__(
        self,
        offset_ms: int = 0,
        elapsed: Callable[[], int] = time.monotonic_ns,
        wall: Callable[[], int] = time.time_ns,
    ) -> None:
        """Add `offset_ms` to every UTC time; `elapsed` and `wall` count nanoseconds."""
        self.offset_ms = offset_ms
        self.on_jump: Callable[[int], None] = _nobody
        self._elapsed = elapsed
        self._wall = wall
        self._apart_ns = wall() - elapsed()

    @property
    def readings(self) -> tuple[Callable[[], int], Callable[[], int]]:
        """The wall clock, without any offset, and the elapsed time; both in nanoseconds."""
        return self._wall, self._elapsed

    def now(self) -> Moment:
        """Return this moment; a jump of the wall clock is followed, after it was told."""
        elapsed = self._elapsed()
        wall = self._wall()
        drift_ns = wall - elapsed - self._apart_ns
        if drift_ns:
            # Small drifts are the clock being disciplined: they are followed without a word.
            self._apart_ns += drift_ns
            if abs(drift_ns) > JUMP_MS * _NS_PER_MS:
                self.on_jump(drift_ns // _NS_PER_MS)
        return Moment(elapsed, wall // _NS_PER_MS + self.offset_ms)


def _nobody(_jump_ms: int) -> None:
    """Hear of a jump before anybody listens."""
