"""Promise: money is conserved between issuer accounts, the ledger and the terminals' slips.

Three books kept by three parties. What may differ is listed by name: manual cases of the ledger,
and what terminals never learned.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from simulators.checkers.books.approvals import unresolved
from simulators.checkers.books.effects import PAID_OUT, effect_fen
from simulators.checkers.finding import Finding
from simulators.checkers.social.both import refused_late
from simulators.world.history import History
from switch.core.operations import Row
from switch.core.transaction import State

PROMISE = "money is conserved between issuers, ledger and slips"


def check(history: History) -> Iterator[Finding]:
    """Yield each difference between the books."""
    yield from _issuers(history)
    yield from _slips(history)


def _issuers(history: History) -> Iterator[Finding]:
    rows = {row.key: row for row in history.end.rows}
    for side in history.end.issuers:
        accounts = side.accounts
        moved = sum(movement.amount_fen for movement in accounts.movements)
        if accounts.opening_fen + moved != accounts.closing_fen:
            yield Finding(f"{side.name}: the movements do not explain the balances")
        here = [row for row in history.end.rows if row.record.link in side.links]
        ledger = sum(effect_fen(row, rows) for row in here if row.state is State.APPROVED)
        manual = {row.record.rrn for row in here if row.state in _MANUAL}
        debited = sum(
            debit.effect_fen
            for debit in accounts.debits.values()
            if not debit.is_returned and debit.rrn not in manual
        )
        if debited != ledger:
            yield Finding(f"{side.name}: accounts moved by {debited} fen, the ledger by {ledger}")


def _has_slip(row: Row) -> bool:
    """Tell whether a terminal prints one: of what moves money, or pays a bill without any."""
    record = row.record
    is_printed = row.bill is not None or (record.amount_fen and record.kind not in PAID_OUT)
    return row.state in _ACCEPTED and bool(is_printed) and len(row.linked) != 1


def _slips(history: History) -> Iterator[Finding]:
    known = unresolved(history)
    approved = {
        (row.key.terminal, row.key.batch, row.key.stan): (
            row.record.amount_fen,
            max(row.record.fee_fen, 0),  # a slip names no fee that is given back
        )
        for row in history.end.rows
        if _has_slip(row)
    }
    printed: dict[tuple[str, str, str], tuple[int, int]] = {}
    for memory in history.end.memories.values():
        for slip in memory.slips:
            place = (slip.terminal, slip.batch, slip.stan)
            if place in printed:
                yield Finding(f"{' '.join(place)} was printed twice")
            printed[place] = (slip.amount_fen, slip.fee_fen)
    late = refused_late(history)
    for place, (amount_fen, fee_fen) in sorted(printed.items()):
        if approved.get(place) != (amount_fen, fee_fen) and place not in late:
            told = f"{' '.join(place)} of {amount_fen} fen and a fee of {fee_fen}"
            yield Finding(f"the slip {told} is not approved in the ledger")
    for place in sorted(approved.keys() - printed.keys() - known.keys()):
        yield Finding(f"{' '.join(place)} is approved in the ledger, without a slip or a question")


_MANUAL: Final = frozenset({State.REVERSAL_EXPIRED, State.ADVICE_EXPIRED})
"""A person has to find out what the issuer did."""
_ACCEPTED: Final = frozenset({State.APPROVED, State.ADVISED, State.ADVICE_EXPIRED})
"""Told to the terminal as done; of an advice before its issuer has it."""
