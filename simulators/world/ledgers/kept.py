"""What a world's switches ask of their ledger (simulators/world), and the one in memory.

A ledger outlives the processes that work on it; a power cut is another matter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Final, Protocol

from switch.core.batches.values import Batch
from switch.core.operations import Advice, Operation, Row
from switch.core.outcomes import Outcome, TotalsAre
from switch.ledger.memory import MemoryLedger
from switch.ledger.protocol import Books, Ledger

EVERYTHING: Final = 1 << 30
LAST_DAY: Final = 9999_12_31


class Whole(Ledger, Books, Protocol):
    """A ledger that decides and can be read."""


class Kept(Protocol):
    """A ledger that outlives processes."""

    @property
    def ledger(self) -> Whole:
        """The ledger that is open now."""

    def open(self) -> None:
        """Let a new process work on it."""

    def die(self, is_power_cut: bool) -> None:  # noqa: FBT001 - the one thing that differs
        """Lose the process; `is_power_cut` takes what was not synced, too."""

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        """Carry a batch out, to last. InvariantBroken: nothing of it was kept."""

    def rows(self) -> list[Row]:
        """Return all transactions."""

    def advices(self) -> list[Advice]:
        """Return the queued reversals."""

    def totals(self) -> TotalsAre:
        """Return the sums over everything."""

    def batches(self) -> list[Batch]:
        """Return terminals' batches that were settled."""

    def caps(self) -> dict[tuple[bytes, int], tuple[int, int]]:
        """Return what each card's day holds and has committed."""

    def close(self) -> None:
        """Let go of it at the end of the world."""


class Opened(ABC):
    """What is asked of a ledger of any kind while it is open."""

    @property
    @abstractmethod
    def ledger(self) -> Whole:
        """The ledger that is open now."""

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        """Carry a batch out."""
        return self.ledger.submit(batch)

    def rows(self) -> list[Row]:
        """Return all transactions, the newest first."""
        return self.ledger.transactions(limit=EVERYTHING)

    def advices(self) -> list[Advice]:
        """Return the queued reversals."""
        return self.ledger.advices()

    def totals(self) -> TotalsAre:
        """Return the sums over everything."""
        return self.ledger.totals()

    def batches(self) -> list[Batch]:
        """Return terminals' batches that were settled."""
        return self.ledger.batches(0, LAST_DAY)

    def caps(self) -> dict[tuple[bytes, int], tuple[int, int]]:
        """Return what each card's day holds and has committed, of cards that a row counts to."""
        cards = sorted({row.key.card for row in self.rows() if row.cap is not None})
        days = [(card, day) for card in cards for day in self.ledger.caps(card)]
        return {(card, day.day): (day.held_fen, day.committed_fen) for card, day in days}


class InMemory(Opened):
    """The ledger in memory. `is_shared` by switches, none of which knows that the others died."""

    def __init__(self, *, is_shared: bool = False) -> None:
        """Begin empty."""
        self._ledger = MemoryLedger()
        self._is_shared = is_shared

    @property
    def ledger(self) -> MemoryLedger:
        """The one ledger there is."""
        return self._ledger

    def open(self) -> None:
        """End the leases of whoever came before, where there can be nobody else."""
        if not self._is_shared:
            self._ledger.restart()

    def die(self, is_power_cut: bool) -> None:  # noqa: FBT001 - as `Kept`
        """Lose nothing: it lasts as long as this object."""

    def close(self) -> None:
        """Do nothing."""
