"""Deadlines in memory (switch/core): which key is due when, whatever order they were set in.

What is dropped leaves its place in the heap; a heap that is mostly such places is made anew, so
that nothing is kept of what has finished.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Iterator
from typing import Final, Generic, TypeVar

NEVER: Final = 1 << 63
"""Later than any deadline, in elapsed nanoseconds."""
_SPARE: Final = 64
"""Places of dropped keys that a heap may always have."""

Key = TypeVar("Key", bound=Hashable)


class Deadlines(Generic[Key]):
    """Keys and when they are due; a key has one deadline, the last that was set."""

    __slots__ = ("_due", "_heap", "_wake_by")

    def __init__(self, wake_by: Callable[[int], None]) -> None:
        """Begin with none; `wake_by` is told every deadline as it is set."""
        self._wake_by = wake_by
        self._due: dict[Key, int] = {}
        self._heap: list[tuple[int, Key]] = []

    def __len__(self) -> int:
        return len(self._due)

    def set(self, key: Key, due_ns: int) -> None:
        """Give a key its deadline."""
        self._due[key] = due_ns
        heapq.heappush(self._heap, (due_ns, key))
        self._wake_by(due_ns)

    def drop(self, key: Key) -> None:
        """Forget a key; one that has no deadline is no error."""
        due = self._due
        due.pop(key, None)
        if len(self._heap) > 2 * len(due) + _SPARE:
            self._heap = [(due_ns, kept) for kept, due_ns in due.items()]
            heapq.heapify(self._heap)

    def next_ns(self) -> int:
        """Return the earliest deadline, NEVER where there is none."""
        heap = self._heap
        while heap:
            due_ns, key = heap[0]
            if self._due.get(key) == due_ns:
                return due_ns
            heapq.heappop(heap)
        return NEVER

    def expired(self, now_ns: int) -> Iterator[Key]:
        """Give and forget every key whose deadline has come, the earliest first."""
        while self.next_ns() <= now_ns:
            key = heapq.heappop(self._heap)[1]
            del self._due[key]
            yield key
