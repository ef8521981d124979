"""How long a replay waits for answers (simulators/replay): while this machine is awake, no longer.

A machine that was stopped, or too busy to read, has answers lying in its buffers: none of that is
the host's doing, so that time counts neither as waiting nor as the trace's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

TICK_S: Final = 0.1
"""How often it looks whether somebody waited long enough; more often where waits are short."""
_TICKS_A_WAIT: Final = 10
_MOST_TICKS: Final = 2.0
"""A tick that took longer than so many counts as so many: the rest of it this process slept."""
STALL_S: Final = 2.0
"""A tick that took so much longer is worth a word, and no time of the trace."""


class Patience:
    """Counts the seconds in which this process was awake."""

    def __init__(self, wait_s: float) -> None:
        """Begin with none."""
        self.tick_s = min(TICK_S, wait_s / _TICKS_A_WAIT)
        self.awake_s = 0.0
        self.stalled_s = 0.0
        """How long it slept, all in all, for long enough to be worth a word."""
        self._task: asyncio.Task[None] | None = None

    def begin(self, look: Callable[[], None]) -> None:
        """Have `look` called after every tick, until `end`; once begun it goes on."""
        if self._task is None:
            self._task = asyncio.create_task(self._ticks(look))

    def end(self) -> None:
        """Count no more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def passed(self, seconds: float) -> None:
        """Count a tick that took so long."""
        counted = min(seconds, _MOST_TICKS * self.tick_s)
        self.awake_s += counted
        if seconds - counted >= STALL_S:
            self.stalled_s += seconds - counted

    async def _ticks(self, look: Callable[[], None]) -> None:
        loop = asyncio.get_running_loop()
        before = loop.time()
        while True:
            await asyncio.sleep(self.tick_s)
            now = loop.time()
            self.passed(now - before)
            before = now
            look()

    @property
    def remark(self) -> str:
        """A sentence for a person about a machine that stood still; empty without that."""
        if not self.stalled_s:
            return ""
        return (
            f"this machine stood still for {self.stalled_s:.0f} s: waiting times of then "
            "say nothing of the host"
        )
