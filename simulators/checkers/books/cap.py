"""Promise: held + committed of a card's day never passes the cap (notice 四(四)1).

Added up from the states that transactions had, one after another; the ledger's own counters are
only compared at the end. The cap is that of the configuration on the day of receipt. What is
remitted in cash counts on the payee's card, apart from what that card withdraws.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from simulators.checkers.finding import Finding
from simulators.checkers.states import changes
from simulators.world.history import History
from switch.core.moment import local
from switch.core.operations import (
    Row,
)
from switch.core.transaction import COMMITTED, HELD

PROMISE = "held + committed never passes a card's cap of the day"
_WITHDRAWALS: Final = ("withdrawal", 0)
_REMITTED: Final = "cash_remittance_credit"
_COUNTED: Final = {_REMITTED: ("remittance", 4_000_00_00)}
"""Kind -> its counter, and how many years (YYYY0000) later the ledger counts it."""
_NEAR_MIDNIGHT_MS = 180_000
"""A request received before midnight may be opened after it, or the wall clock may be moved."""


def check(history: History) -> Iterator[Finding]:
    """Yield each time that a card's day was over its cap, and each wrong day."""
    counted: dict[object, tuple[tuple[bytes, int], int]] = {}
    sums: dict[tuple[bytes, int], int] = defaultdict(int)
    for applied, row in changes(history):
        if row.cap is None:
            continue
        day = (row.key.card, row.cap.day)
        before = counted.pop(row.key, None)
        if before is not None:
            sums[before[0]] -= before[1]
        if row.state in HELD or row.state in COMMITTED:
            counted[row.key] = (day, row.record.amount_fen)
            sums[day] += row.record.amount_fen
        if before is not None and before[0] != day:
            what = f"{row.record.rrn} moved from day {before[0][1]} to {day[1]}"
            yield Finding(what, rrn=row.record.rrn)
        yield from _over(history, row, sums[day], applied.step)
        if before is None:
            yield from _other_day(row)
    for row in history.end.rows:
        if row.record.kind == _REMITTED and row.cap is None:
            yield Finding(f"{row.record.rrn} is remitted and counts to nothing", rrn=row.record.rrn)
    held = sum(s.record.amount_fen for s in history.end.rows if s.cap and s.state in HELD)
    if held != history.end.totals.held_fen:
        what = f"rows hold {held} fen, the cap counters say {history.end.totals.held_fen}"
        yield Finding(what)


def _over(history: History, row: Row, total_fen: int, step: int) -> Iterator[Finding]:
    if row.cap is None:
        return
    day, counter = _day_of(row)
    of = " of remittances" if row.record.kind == _REMITTED else ""
    cap = history.configuration.cap_on(day, counter)
    limit = cap.limit_fen if cap is not None else 0
    if total_fen > limit:
        shown = row.record.shown_card
        what = f"{shown} has {total_fen} fen{of} on {day}, cap {limit}"
        yield Finding(what, rrn=row.record.rrn, step=step)


def _day_of(row: Row) -> tuple[int, str]:
    """Return the day that a row counts to, and whose counter that is."""
    counter, later = _COUNTED.get(row.record.kind, _WITHDRAWALS)
    return (row.cap.day if row.cap is not None else later) - later, counter


def _other_day(row: Row) -> Iterator[Finding]:
    if row.cap is None:
        return
    opened = row.record.opened_ms
    days = {
        local(ms).day for ms in (opened - _NEAR_MIDNIGHT_MS, opened, opened + _NEAR_MIDNIGHT_MS)
    }
    day, _ = _day_of(row)
    if day not in days:
        rrn = row.record.rrn
        what = f"{rrn} counts to {day}, opened on {local(opened).day}"
        yield Finding(what, rrn=rrn)
