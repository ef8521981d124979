"""Promise: when all is quiet, nothing is held that no person must look at.

Manual cases may hold: they stand in the list of reversals that need a person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from simulators.checkers.finding import Finding
from simulators.world.history import History
from switch.core.operations import Row, TransactionKey
from switch.core.transaction import HELD, State
from switch.core.transfers.legs import is_transfer

PROMISE = "no hold is open after quiet"


def check(history: History) -> Iterator[Finding]:
    """Yield each transaction that is still open, and each queued reversal."""
    by_key = {row.key: row for row in history.end.rows}
    for row in history.end.rows:
        is_manual = row.state in _MANUAL
        if waits_for_a_person(row, by_key):
            continue
        is_inquiry = row.state is State.IN_DOUBT and not row.is_reversible
        if row.state in HELD and not is_manual and not is_inquiry:
            what = f"{row.record.rrn} is {row.state.name} with {row.record.amount_fen} fen"
            yield Finding(what, rrn=row.record.rrn)
        if is_manual and row.reason in _CLEAN:
            what = f"{row.record.rrn} is a manual case although it was answered {row.reason}"
            yield Finding(what, rrn=row.record.rrn)
    for advice in history.end.advices:
        rrn = advice.row.record.rrn
        if waits_for_a_person(advice.row, by_key):
            continue
        what = "advice" if advice.row.state is State.ADVISED else "reversal of"
        yield Finding(f"the {what} {rrn} is still queued", rrn=rrn)


def waits_for_a_person(row: Row, rows: Mapping[TransactionKey, Row]) -> bool:
    """Tell whether a transfer goes on only when a person has looked at one of its legs."""
    legs = [rows.get(key) for key in row.linked] if is_transfer(row) else []
    return any(leg is not None and leg.state in _MANUAL for leg in legs)


_MANUAL = frozenset({State.REVERSAL_EXPIRED, State.ADVICE_EXPIRED})
_CLEAN = frozenset({"00", "25"})
