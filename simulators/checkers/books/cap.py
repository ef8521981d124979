"""Promise: held + committed of a card's day never passes the cap (notice 四(四)1).

Added up from the states that transactions had, one after another: none is over the cap, none is
refused while there is room, and in the end the ledger has of each day what its rows say. The cap is
that of the day of receipt, read from the table here and not asked of the switch. What is remitted
in cash counts on the payee's card, apart from what that card withdraws.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from simulators.checkers.finding import Finding
from simulators.checkers.states import changes
from simulators.world.history import Applied, History
from switch.core.moment import local
from switch.core.operations import (
    CapCheck,
    Open,
    Row,
    TransactionKey,
)
from switch.core.outcomes import CapExceeded
from switch.core.transaction import COMMITTED, HELD

PROMISE = "held + committed never passes a card's cap of the day"
_WITHDRAWALS: Final = ("withdrawal", 0)
_REMITTED: Final = "cash_remittance_credit"
_COUNTED: Final = {_REMITTED: ("remittance", 4_000_00_00)}
"""Kind -> its counter, and how many years (YYYY0000) later the ledger counts it."""
_NEAR_MIDNIGHT_MS = 180_000
"""A request received before midnight may be opened after it, or the wall clock may be moved."""


Day = tuple[bytes, int]
"""A card, and a day of the ledger."""


class _Sums:
    """What each card's day has, held and committed, from one change to the next."""

    def __init__(self) -> None:
        self.of: dict[Day, tuple[int, int]] = {}
        self._counted: dict[TransactionKey, tuple[Day, int, int]] = {}

    def take(self, row: Row, day: Day) -> Day | None:
        """Count a row as it is now; return the day that it counted to before."""
        before = self._counted.pop(row.key, None)
        if before is not None:
            self._add(before[0], -before[1], -before[2])
        held, committed = _counts(row)
        if held or committed:
            self._counted[row.key] = (day, held, committed)
            self._add(day, held, committed)
        return before[0] if before is not None else None

    def _add(self, day: Day, held: int, committed: int) -> None:
        was = self.of.get(day, (0, 0))
        self.of[day] = (was[0] + held, was[1] + committed)


def _counts(row: Row) -> tuple[int, int]:
    """Return what a row holds of its day, and what it has of it for good."""
    fen = row.record.amount_fen
    return fen if row.state in HELD else 0, fen if row.state in COMMITTED else 0


def check(history: History) -> Iterator[Finding]:
    """Yield each time that a card's day was over its cap or refused too early, and wrong days."""
    stored = {applied.number: row for applied, row in changes(history)}
    sums = _Sums()
    for applied in history.applied:
        row = stored.get(applied.number)
        if row is not None and row.cap is not None:
            yield from _counted(history, row, sums, applied.step)
        elif isinstance(applied.outcome, CapExceeded):
            yield from _refused(history, applied, sums)
    for row in history.end.rows:
        if row.record.kind == _REMITTED and row.cap is None:
            yield Finding(f"{row.record.rrn} is remitted and counts to nothing", rrn=row.record.rrn)
    yield from _in_the_end(history)


def _counted(history: History, row: Row, sums: _Sums, step: int) -> Iterator[Finding]:
    if row.cap is None:
        return
    day = (row.key.card, row.cap.day)
    before = sums.take(row, day)
    if before is not None and before != day:
        what = f"{row.record.rrn} moved from day {before[1]} to {day[1]}"
        yield Finding(what, rrn=row.record.rrn)
    total_fen = sum(sums.of.get(day, (0, 0)))
    on, counter = _day_of(row.cap, row.record.kind)
    limit = _limit_fen(history, on, counter)
    if total_fen > limit:
        of = " of remittances" if row.record.kind == _REMITTED else ""
        what = f"{row.record.shown_card} has {total_fen} fen{of} on {on}, cap {limit}"
        yield Finding(what, rrn=row.record.rrn, step=step)
    if before is None:
        yield from _other_day(row, on)


def _refused(history: History, applied: Applied, sums: _Sums) -> Iterator[Finding]:
    """Look at a refusal by the cap: there was no room, and the ledger said what the day had."""
    operation, outcome = applied.operation, applied.outcome
    if not isinstance(operation, Open) or not isinstance(outcome, CapExceeded):
        return
    cap, record = operation.cap, operation.record
    if cap is None:
        what = f"{record.rrn} counts to nothing, and is over it"
        yield Finding(what, rrn=record.rrn, step=applied.step)
        return
    held, committed = sums.of.get((operation.key.card, cap.day), (0, 0))
    on, counter = _day_of(cap, record.kind)
    limit = _limit_fen(history, on, counter)
    if held + committed + record.amount_fen <= limit:
        what = (
            f"{record.amount_fen} fen of {record.shown_card} were refused on {on} at "
            f"{held + committed} of {limit}"
        )
        yield Finding(what, rrn=record.rrn, step=applied.step)
    elif (outcome.held_fen, outcome.committed_fen) != (held, committed):
        said = f"{outcome.held_fen} held and {outcome.committed_fen} committed"
        what = f"{record.shown_card} has {held} and {committed} on {on}, a refusal said {said}"
        yield Finding(what, rrn=record.rrn, step=applied.step)


def _in_the_end(history: History) -> Iterator[Finding]:
    """Compare the ledger's counters with its rows: their sums, and those of each card's day."""
    end = history.end
    sums = _Sums()
    for row in end.rows:
        if row.cap is not None:
            sums.take(row, (row.key.card, row.cap.day))
    said = (end.totals.held_fen, end.totals.committed_fen)
    held, committed = (sum(day[part] for day in sums.of.values()) for part in (0, 1))
    for what, ours, theirs in zip(("hold", "commit"), (held, committed), said, strict=True):
        if ours != theirs:
            yield Finding(f"rows {what} {ours} fen, the cap counters say {theirs}")
    if end.caps is None:
        return
    shown = {(row.key.card, row.cap.day): row for row in end.rows if row.cap is not None}
    for day in sorted(end.caps.keys() | shown.keys()):
        ours_of, theirs_of = sums.of.get(day, (0, 0)), end.caps.get(day, (0, 0))
        if ours_of != theirs_of:
            found = shown.get(day)
            card = found.record.shown_card if found is not None else "a card without a row"
            what = (
                f"rows of {card} hold {ours_of[0]} and commit {ours_of[1]} fen on day {day[1]}, "
                f"its counter says {theirs_of[0]} and {theirs_of[1]}"
            )
            yield Finding(what, rrn=found.record.rrn if found is not None else "")


def _limit_fen(history: History, day: int, counter: str) -> int:
    """Return the cap of a counter on a day by the table, 0 before its first."""
    caps = [cap for cap in history.configuration.caps if cap.counter == counter]
    known = [(cap.from_day, cap.limit_fen) for cap in caps if cap.from_day <= day]
    return max(known)[1] if known else 0


def _day_of(cap: CapCheck, kind: str) -> tuple[int, str]:
    """Return the day that something counts to, and whose counter that is."""
    counter, later = _COUNTED.get(kind, _WITHDRAWALS)
    return cap.day - later, counter


def _other_day(row: Row, day: int) -> Iterator[Finding]:
    opened = row.record.opened_ms
    days = {
        local(ms).day for ms in (opened - _NEAR_MIDNIGHT_MS, opened, opened + _NEAR_MIDNIGHT_MS)
    }
    if day not in days:
        rrn = row.record.rrn
        what = f"{rrn} counts to {day}, opened on {local(opened).day}"
        yield Finding(what, rrn=rrn)
