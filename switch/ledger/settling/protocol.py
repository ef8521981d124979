"""What is kept of settlement beside the ledger (switch/ledger): clearings, marks, cases.

A clearing is kept once and never changed; bodies are whoever's that keeps them. Days are YYYYMMDD.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Protocol

import msgspec


class MarkState(IntEnum):
    """What became of a transaction that was not simply cleared on its own day."""

    CARRIED = 1
    """It had no outcome when its day was cleared."""
    VOID = 2
    """It came to nothing before it was cleared."""
    LATE = 3
    """It was cleared on a later day."""
    RETURNED = 4
    """It was cleared, and given back on a later day."""


class Mark(msgspec.Struct, frozen=True, order=True, gc=False):
    """A transaction (DE 37) that is an exception, since which clearing day, and how it stands."""

    rrn: str
    day: int
    state: MarkState


class Kept(msgspec.Struct, frozen=True, gc=False):
    """A record of settlement: a case by its number, with what makes it this case and no other."""

    number: int
    key: str
    version: int
    is_open: bool
    body: bytes


class AlreadyClearedError(Exception):
    """A day was cleared already, or a later one."""


class ChangedMeanwhileError(Exception):
    """Somebody else has changed a case since it was read."""


class SettlementStore(Protocol):
    """The store of settlement; every method is one transaction."""

    def last_day(self) -> int:
        """Return the last day that was cleared, 0 for none."""

    def days(self) -> list[int]:
        """Return the days that were cleared, in order."""

    def clearing(self, day: int) -> bytes | None:
        """Return what was kept of a day, None where it was not cleared."""

    def marks(self, rrns: Sequence[str]) -> dict[str, Mark]:
        """Return the marks of these transactions, where they have one."""

    def carried(self) -> list[Mark]:
        """Return what still waits for its outcome, in order."""

    def keep_clearing(self, day: int, body: bytes, marks: Sequence[Mark]) -> None:
        """Keep the clearing of a day with its marks. AlreadyClearedError."""

    def add_cases(self, cases: Sequence[tuple[str, bytes]]) -> int:
        """Add open cases by their keys; those that are there stay. Return how many are new."""

    def cases(self, *, is_open: bool | None = None) -> list[Kept]:
        """Return cases by number; all of them, or those that are open, or those that are not."""

    def case(self, number: int) -> Kept | None:
        """Return a case, None where there is none of this number."""

    def change_case(self, kept: Kept) -> None:
        """Replace the version that was read (`kept.version`). ChangedMeanwhileError."""

    def generation(self) -> int:
        """Return a number that grows with every case that is added or changed."""

    def amend(
        self, new: Sequence[tuple[str, bytes]], changed: Sequence[Kept], generation: int = 0
    ) -> int:
        """Add and change cases, all or none, as the two methods above do; return how many are new.

        Where a generation is given, nothing may have happened since: ChangedMeanwhileError.
        """

    def close(self) -> None:
        """Let go of the store."""
