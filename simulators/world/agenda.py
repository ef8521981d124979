"""Virtual time (simulators/world): what is due when, and the two clocks that everybody reads.

Things due at the same nanosecond happen in the order in which they were planned.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Final

from switch.core.moment import Moment

MS: Final = 1_000_000
"""Nanoseconds in a millisecond."""
SECOND: Final = 1_000 * MS
MINUTE: Final = 60 * SECOND
DAY_MS: Final = 86_400_000
"""Milliseconds in a day."""


class Agenda:
    """The clock and its heap. Times are nanoseconds since the world began."""

    __slots__ = ("_heap", "_number", "now_ns", "step", "utc_offset_ms")

    def __init__(self, start_utc_ms: int) -> None:
        """Begin at nanosecond 0, at this time of the wall clock."""
        self.now_ns = 0
        self.utc_offset_ms = start_utc_ms
        self._heap: list[tuple[int, int, Callable[[], None]]] = []
        self.step = 0
        """How many planned things have happened; the same in each run of a world."""
        self._number = 0

    @property
    def moment(self) -> Moment:
        """The instant on both clocks."""
        return Moment(self.now_ns, self.utc_offset_ms + self.now_ns // MS)

    def at(self, due_ns: int, then: Callable[[], None]) -> None:
        """Plan something; what is overdue happens at once."""
        self._number = number = self._number + 1
        now_ns = self.now_ns
        heappush(self._heap, (max(now_ns, due_ns), number, then))

    def after(self, delay_ns: int, then: Callable[[], None]) -> None:
        """Plan something this much later."""
        self._number = number = self._number + 1
        heappush(self._heap, (self.now_ns + delay_ns, number, then))

    def run_until(self, end_ns: int, last_step: int = 0) -> bool:
        """Let everything happen that is due before `end_ns`, and move the clock there.

        Returns False where it stopped before: step `last_step` was reached (0: there is none).
        """
        heap = self._heap
        while heap and heap[0][0] < end_ns:
            if last_step and self.step >= last_step:
                return False
            self.now_ns, _, then = heappop(heap)
            self.step += 1
            then()
        self.now_ns = end_ns
        return True
