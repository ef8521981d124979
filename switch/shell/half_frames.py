"""Frames that began and do not end (switch/shell): one timer for all connections.

A connection that trickles bytes does not gain time by it: only a whole frame ends the wait.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

_MS_PER_S: Final = 1_000


class Dawdler(Protocol):
    """A connection that may be in the middle of a frame."""

    def too_slow(self) -> None:
        """Close: the frame took too long."""


class HalfFrames:
    """The connections in the middle of a frame, those that began first coming first."""

    __slots__ = ("_begun", "_limit_s", "_loop", "_timer")

    def __init__(self, limit_ms: int) -> None:
        """Belong to the loop that runs now."""
        self._loop = asyncio.get_running_loop()
        self._limit_s = limit_ms / _MS_PER_S
        self._begun: dict[Dawdler, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, connection: Dawdler) -> None:
        """Note that a frame began; one that goes on keeps its time."""
        if connection not in self._begun:
            self._begun[connection] = self._loop.time()
            if self._timer is None:
                self._timer = self._loop.call_later(self._limit_s, self._sweep)

    def end(self, connection: Dawdler) -> None:
        """Note that no frame is half there any more."""
        self._begun.pop(connection, None)

    def _sweep(self) -> None:
        self._timer = None
        now = self._loop.time()
        late = [each for each, begun in self._begun.items() if now - begun >= self._limit_s]
        for connection in late:
            del self._begun[connection]
            connection.too_slow()
        if self._begun:
            oldest = next(iter(self._begun.values()))
            self._timer = self._loop.call_later(oldest + self._limit_s - now, self._sweep)
