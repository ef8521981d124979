"""What a ledger is (switch/ledger): batches of operations in, outcomes in the same order out.

The books are the same state for people to read, kept apart from the path of a transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Protocol

import msgspec

from switch.core.batches.values import Batch
from switch.core.operations import (
    Advice,
    Operation,
    Row,
)
from switch.core.outcomes import (
    Outcome,
    TotalsAre,
)
from switch.core.transaction import State

NEWEST: Final = 100
"""Transactions that the books show where nobody says how many."""


class LedgerFailed(Exception):  # noqa: N818 - a fact that stops the process
    """The store can no longer promise anything: stop, and restart from what it holds.

    Never submit the batch again in this process: after a failed fsync the kernel may have dropped
    the pages and report the next fsync as good.
    """


class LedgerOpenError(Exception):
    """The store cannot be opened: in use, of a newer format, or incomplete."""


class Ledger(Protocol):
    """The durable state, written in batches."""

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        """Decide a batch in order, make it durable, and return its outcomes in that order.

        One batch at a time, from any thread. Raises LedgerFailed when it cannot be made durable
        and InvariantBroken when a decision is impossible; in both cases the process must stop.
        """

    def close(self) -> None:
        """Finish what is being written and let go of the store."""


class SharedLedger(Protocol):
    """A ledger that several processes share: batches are awaited, several at a time."""

    async def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        """As `Ledger.submit`, but what cannot be said in time is `Unknown`.

        Several batches may be in flight if no two have a card or a transaction in common.
        """

    async def clock_ms(self) -> int | None:
        """Return what the ledger's own clock shows, in UTC; None where it does not answer."""

    async def close(self) -> None:
        """Let go of the store."""


class Where(msgspec.Struct, frozen=True, gc=False):
    """Which transactions: every value that is not empty must match.

    `day` is the Shanghai day of receipt, YYYYMMDD.
    """

    rrn: str = ""
    terminal: str = ""
    day: int = 0
    state: State | None = None


EVERYWHERE: Final = Where()


class CapShown(msgspec.Struct, frozen=True, order=True, gc=False):
    """A card's day for people: YYYYMMDD, amounts in fen."""

    day: int
    held_fen: int
    committed_fen: int


class Refusals(msgspec.Struct, frozen=True, order=True, gc=False):
    """What the switch refused without a row, by all its processes: of a day, point and bank.

    `merchant` and `issuer` are empty where they were not known; `code` is DE 39 as it was said,
    `reason` our name for it.
    """

    day: int
    merchant: str
    issuer: str
    code: str
    reason: str
    count: int


class Books(Protocol):
    """The ledger for people; nothing here takes part in a decision."""

    def transactions(self, limit: int = NEWEST, where: Where = EVERYWHERE) -> list[Row]:
        """Return at most `limit` transactions, the newest first."""

    def caps(self, card: bytes) -> list[CapShown]:
        """Return the days of a card (its keyed hash) in order."""

    def advices(self) -> list[Advice]:
        """Return the queued reversals, the first due first."""

    def batches(self, from_day: int, until_day: int) -> list[Batch]:
        """Return terminals' batches by clearing day, terminal and number; days inclusive."""

    def rows(self, from_day: int, until_day: int, *, only_reversed: bool = False) -> Iterator[Row]:
        """Yield the transactions of receipt days, both inclusive, in the order of opening.

        They are read in pages, so that a year of them takes no more memory than a day.
        """

    def first_day(self) -> int:
        """Return the first receipt day of all, 0 where there is no transaction."""

    def full_days(
        self, from_day: int, until_day: int, limit_fen: int
    ) -> Iterator[tuple[bytes, int]]:
        """Yield the days of cards (keyed hash and YYYYMMDD) that have no less than a limit."""

    def refusals(self, from_day: int, until_day: int) -> Iterator[Refusals]:
        """Yield what was refused without a row, by day, point, bank, code and reason."""

    def totals(self) -> TotalsAre:
        """Return the sums over everything, added up from the rows."""
