"""Batches to a ledger that is shared (switch/shell/sharing): awaited in the loop, several at once.

No two in flight have a card, a terminal or a block of numbers in common, and what concerns one card
keeps its order. A further batch is only begun when it is worth its round trips, or when those in
flight take long: what waits meanwhile is decided together, which costs less.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from itertools import count
from typing import Final

from switch.core.operations import Operation, TransactionKey
from switch.ledger.needs import BlockKey, SessionKey, needs
from switch.ledger.protocol import SharedLedger
from switch.ledger.rows import CapKey
from switch.shell.commits import Asked, Done, Failed

LANES: Final = 4
"""Batches in flight at one time."""
MOST: Final = 256
"""Operations of one batch."""
WORTH_IT: Final = 48
"""So many operations go into a further batch while others are in flight."""
_GRAIN_S: Final = 0.001
"""Loops count milliseconds: a timer may fire so much too early."""
SLOW_S: Final = 0.1
"""A batch that takes longer holds nobody back."""
_EVERYBODY: Final = "leases and the queue"
"""The mark of operations that may concern any row."""


class SharedCommits:
    """Commits to a ledger that others commit to as well."""

    __slots__ = ("_flights", "_ledger", "_loop", "_numbers", "_tasks", "_timer", "lanes", "wake")

    def __init__(self, ledger: SharedLedger, lanes: int = LANES) -> None:
        """Belong to the loop that runs now."""
        self._ledger = ledger
        self._loop = asyncio.get_running_loop()
        self._flights: dict[int, tuple[Sequence[Operation], float]] = {}
        """What is in flight, and since when."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = count()
        self._timer: asyncio.TimerHandle | None = None
        self.lanes = lanes
        self.wake: Callable[[], None] = _nothing

    @property
    def is_busy(self) -> bool:
        """Whether no other batch may be submitted now."""
        return len(self._flights) >= self.lanes

    def choose(self, waiting: list[Asked]) -> tuple[list[Asked], list[Asked]]:
        """Split what waits into the next batch, maybe empty, and what must wait on."""
        if not self._flights:
            return waiting[:MOST], waiting[MOST:]
        if len(waiting) < WORTH_IT and self._hold_back():
            return [], waiting
        taken = {mark for batch, _ in self._flights.values() for o in batch for mark in marks(o)}
        chosen: list[Asked] = []
        left: list[Asked] = []
        for place, asked in enumerate(waiting):
            if len(chosen) == MOST:
                left += waiting[place:]
                break
            own = marks(asked[0].operation)
            if taken.isdisjoint(own):
                chosen.append(asked)
            else:
                # Whatever concerns the same comes after it.
                taken |= own
                left.append(asked)
        return chosen, left

    def submit(self, batch: Sequence[Operation], done: Done, failed: Failed) -> None:
        """Commit a batch; exactly one of `done` and `failed` is called, in a later turn."""
        number = next(self._numbers)
        self._flights[number] = batch, self._loop.time()
        task = self._loop.create_task(self._commit(number, batch, done, failed))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        """Drop what is in flight: whoever takes over finds out what became of it."""
        if self._timer is not None:
            self._timer.cancel()
        for task in self._tasks:
            task.cancel()

    async def _commit(
        self, number: int, batch: Sequence[Operation], done: Done, failed: Failed
    ) -> None:
        try:
            outcomes = await self._ledger.submit(batch)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - handed on, and ends the process
            del self._flights[number]
            failed(error)
        else:
            del self._flights[number]
            done(outcomes)

    def _hold_back(self) -> bool:
        """Tell whether those in flight will be back soon; if not now, look again."""
        now = self._loop.time()
        oldest = min(since for _, since in self._flights.values())
        if now - oldest >= SLOW_S - _GRAIN_S:
            return False
        if self._timer is None:
            self._timer = self._loop.call_at(oldest + SLOW_S, self._look_again)
        return True

    def _look_again(self) -> None:
        self._timer = None
        self.wake()


def marks(operation: Operation) -> set[Hashable]:
    """Return what no two batches in flight may have in common, for one operation."""
    found: set[Hashable] = set()
    for need in needs(operation):
        match need:
            case TransactionKey() | CapKey():
                found.add(need.card)
            case SessionKey() | BlockKey():
                found.add(need)
            case _:
                found.add(_EVERYBODY)
    return found


def _nothing() -> None:
    """Do nothing: nobody submits yet."""
