"""How a batch gets to the ledger (switch/shell): in the loop, or in a thread of its own.

In the loop costs least, and a slow disk holds everything up; in a thread the loop goes on, and the
next batch is what arrived while the last one committed. Both have at most one batch in flight;
those of a ledger that is shared (switch/shell/sharing) may have several.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Protocol

from switch.core.effects import Submit
from switch.core.operations import Operation
from switch.core.outcomes import Outcome
from switch.ledger.protocol import Ledger

Asked = tuple[Submit, int, str]
"""An operation on its way: the effect, when it was asked for (elapsed ns), and by whose frame."""
Done = Callable[[list[Outcome]], None]
"""Takes the outcomes of a batch, in the loop."""
Failed = Callable[[BaseException], None]
"""Takes what `Ledger.submit` raised, in the loop; nothing is committed after it."""


class Commits(Protocol):
    """One way to have batches committed."""

    lanes: int
    """How many batches may be in flight at one time."""
    wake: Callable[[], None]
    """Called when what was held back may be chosen now; set by whoever submits."""

    @property
    def is_busy(self) -> bool:
        """Whether no other batch may be submitted now."""

    def choose(self, waiting: list[Asked]) -> tuple[list[Asked], list[Asked]]:
        """Split what waits into the next batch, maybe empty, and what must wait on."""

    def submit(self, batch: Sequence[Operation], done: Done, failed: Failed) -> None:
        """Commit a batch; exactly one of `done` and `failed` is called."""

    def close(self) -> None:
        """Wait for the batch in flight and end; nothing is submitted afterwards."""


class InlineCommits:
    """Commits in the loop: the outcomes are there when `submit` returns."""

    __slots__ = ("_ledger", "is_busy", "lanes", "wake")

    def __init__(self, ledger: Ledger) -> None:
        """Commit to `ledger`, which belongs to the thread of the loop."""
        self._ledger = ledger
        self.is_busy = False
        self.lanes = 1
        self.wake: Callable[[], None] = _nothing

    def choose(self, waiting: list[Asked]) -> tuple[list[Asked], list[Asked]]:
        """Take everything."""
        return waiting, []

    def submit(self, batch: Sequence[Operation], done: Done, failed: Failed) -> None:
        """Commit a batch and hand over its outcomes before returning."""
        try:
            outcomes = self._ledger.submit(batch)
        except BaseException as error:  # noqa: BLE001 - handed on, and ends the process
            failed(error)
        else:
            done(outcomes)

    def close(self) -> None:
        """Nothing is ever in flight between two calls."""


class ThreadCommits:
    """Commits in one worker thread, which alone touches the ledger while it runs."""

    __slots__ = ("_batches", "_ledger", "_loop", "_thread", "is_busy", "lanes", "wake")

    def __init__(self, ledger: Ledger, loop: asyncio.AbstractEventLoop) -> None:
        """Start the thread; outcomes are handed over in `loop`."""
        self._ledger = ledger
        self._loop = loop
        self._batches: SimpleQueue[tuple[Sequence[Operation], Done, Failed] | None] = SimpleQueue()
        self.is_busy = False
        self.lanes = 1
        self.wake: Callable[[], None] = _nothing
        self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
        self._thread.start()

    def choose(self, waiting: list[Asked]) -> tuple[list[Asked], list[Asked]]:
        """Take everything."""
        return waiting, []

    def submit(self, batch: Sequence[Operation], done: Done, failed: Failed) -> None:
        """Give a batch to the thread."""
        self.is_busy = True
        self._batches.put((batch, done, failed))

    def close(self) -> None:
        """Let the thread finish its batch and end it."""
        self._batches.put(None)
        self._thread.join()

    def _work(self) -> None:
        call = self._loop.call_soon_threadsafe
        while (work := self._batches.get()) is not None:
            batch, done, failed = work
            try:
                outcomes = self._ledger.submit(batch)
            except BaseException as error:  # noqa: BLE001 - handed on, and ends the process
                call(self._finished, failed, error)
            else:
                call(self._finished, done, outcomes)

    def _finished(self, then: Callable[..., None], result: object) -> None:
        self.is_busy = False
        then(result)


def _nothing() -> None:
    """Do nothing: what takes everything holds nothing back."""
