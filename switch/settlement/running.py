"""A clearing run (switch/settlement): days in order, each from the books, each kept once.

The books are those of any ledger, the store that of settlement; nothing here opens either.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Final

import msgspec

from switch.core.operations import Row
from switch.core.transaction import State
from switch.ledger.protocol import Books, Where
from switch.ledger.settling.protocol import MarkState, SettlementStore
from switch.settlement.cases import Case, decoded
from switch.settlement.clearing import (
    LOOK_BACK_DAYS,
    Adjustment,
    Clearer,
    Clearing,
    Entry,
    Sink,
    clear_day,
)
from switch.settlement.rules import Rules

_PAGE: Final = 500
ONCE_APPROVED: Final = frozenset(
    {State.APPROVED, State.REVERSING, State.REVERSED, State.REVERSAL_EXPIRED}
)
"""How a transaction may stand by now that was approved when its day was cleared."""
_decode: Final = msgspec.msgpack.Decoder(Clearing).decode
_encode: Final = msgspec.msgpack.Encoder().encode


def day_after(day: int, days: int = 1) -> int:
    """Return the day so many days later, YYYYMMDD; earlier where negative."""
    then = date(day // 10_000, day // 100 % 100, day % 100) + timedelta(days=days)
    return int(then.strftime("%Y%m%d"))


def days_to_clear(books: Books, store: SettlementStore, until: int) -> list[int]:
    """Return the days that are to be cleared up to `until`, in order: none is ever left out."""
    last = store.last_day()
    if not last:
        first = books.first_day()
        if not first:
            return []
        # What was received before midnight may belong to the day before by the centre's word.
        last = day_after(first, -2)
    days = []
    day = day_after(last)
    while day <= until:
        days.append(day)
        day = day_after(day)
    return days


def clear(
    books: Books, store: SettlementStore, rules: Rules, day: int, sink: Sink | None = None
) -> tuple[Clearing, Clearer]:
    """Clear a day; nothing is kept yet (see `keep`). InvariantBroken where it does not sum up."""
    carried = [mark.rrn for mark in store.carried()]
    clearer = Clearer(day, rules, sink, frozenset(carried))
    clearer.take_adjustments(adjustments_of(store, day))
    rows = books.rows(day_after(day, -LOOK_BACK_DAYS), day, only_reversed=True)
    made = clear_day(
        clearer,
        books.rows(day_after(day, -1), day_after(day)),
        _named(books, carried),
        pages(rows),
        store.marks,
    )
    return made, clearer


def keep(store: SettlementStore, made: Clearing, clearer: Clearer) -> None:
    """Keep a clearing with its marks. AlreadyClearedError."""
    store.keep_clearing(made.day, _encode(made), clearer.marks)


def kept(store: SettlementStore, day: int) -> Clearing | None:
    """Return a clearing that was kept, None where the day was not cleared."""
    body = store.clearing(day)
    return None if body is None else _decode(body)


def entries(books: Books, store: SettlementStore, rules: Rules, made: Clearing) -> Iterator[Entry]:
    """Yield what a day that was cleared consists of, in the order in which it was cleared.

    Whatever became of it since: what was approved then may be reversed by now.
    """
    passed, day = frozenset(made.passed_over or ()), made.day
    for page in pages(books.rows(day_after(day, -1), day_after(day))):
        own = [
            row
            for row in page
            if row.record.clearing_day == day
            and row.state in ONCE_APPROVED
            and row.record.rrn not in passed
        ]
        marks = store.marks([row.record.rrn for row in own if row.state is State.REVERSED])
        for row in own:
            mark = marks.get(row.record.rrn)
            if mark is None or mark.state is not MarkState.VOID:
                yield from _entry(row, rules, 1)
    for rrns, sign in ((made.late_of, 1), (made.returned_of, -1)):
        for row in _named(books, rrns):
            yield from _entry(row, rules, sign)


def _entry(row: Row, rules: Rules, sign: int) -> Iterator[Entry]:
    kind = rules.kind(row.record.kind)
    if kind is not None:
        yield Entry(row, kind, sign)


def adjustments_of(store: SettlementStore, day: int) -> list[Adjustment]:
    """Return what cases ask for on a clearing day, in order of their numbers."""
    found = []
    for each in store.cases():
        case: Case = decoded(each)
        found += [
            Adjustment(each.number, case.rrn, note.action, note.movements, case.acquirer)
            for note in case.notes
            if note.clearing_day == day and note.movements
        ]
    return found


def _named(books: Books, rrns: Sequence[str]) -> Iterator[Row]:
    for rrn in rrns:
        yield from books.transactions(1, Where(rrn=rrn))


def pages(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Yield rows in pages, for what is looked up by the page."""
    left = iter(rows)
    while page := list(islice(left, _PAGE)):
        yield page
