"""What a case about a transaction is about, as the books stand (switch/settlement).

A leg of a transfer is its transfer, which moves what both legs move; what a void or a refund has
given back is no part of it any more.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from switch.core.moment import local
from switch.core.operations import Row
from switch.ledger.protocol import Books, Where
from switch.settlement.differences.terms import after
from switch.settlement.movements import Movement, movements
from switch.settlement.rules import Rules

_BOTH: Final = 2
_MOST: Final = 100_000
"""Transactions of a terminal's two days, among which legs are looked for."""


def whole_of(books: Books, rules: Rules, row: Row) -> tuple[Row, tuple[Movement, ...]]:
    """Return the transaction that a row is or is a leg of, and what is left of what it moves."""
    kind = rules.kinds.get(row.record.kind)
    if kind is None or not kind.is_transfer:
        return row, left_of(row, rules)
    near = _near(books, row)
    if kind.is_leg:
        row = next((each for each in near if each.key in row.linked), row)
    moved: list[Movement] = []
    legs = [each for each in near if each.key in row.linked]
    for leg in legs:
        of = rules.kind(leg.record.kind)
        moved += movements(leg, of, rules) if of is not None else []
    return row, tuple(moved) if len(legs) == _BOTH else ()


def left_of(row: Row, rules: Rules) -> tuple[Movement, ...]:
    """Return what a transaction moves, less the principal that a void or refund took of it."""
    kind = rules.kind(row.record.kind)
    if kind is None or row.taken_fen >= row.record.amount_fen > 0:
        return ()
    if not row.taken_fen:
        return tuple(movements(row, kind, rules))
    rest = replace(row.record, amount_fen=row.record.amount_fen - row.taken_fen, legs=())
    return tuple(movements(replace(row, record=rest), kind, replace(rules, subsidy_fen=0)))


def _near(books: Books, row: Row) -> list[Row]:
    """Return what the terminal did on the day of a row, the one before, and the one after."""
    day, terminal = local(row.record.opened_ms).day, row.key.terminal
    days = (after(day, -1), day, after(day, 1))
    return [
        each
        for day in days
        for each in books.transactions(_MOST, Where(terminal=terminal, day=day))
    ]
