"""Decisions about originals (switch/ledger): what a void, refund or completion takes of another.

Part of `decide`: in the decision that opens it, so that nothing is voided twice, or refunded over
its amount, whatever else is in flight.
"""

from __future__ import annotations

from switch.core.errors import InvariantBroken
from switch.core.operations import FindByRrn, Taking
from switch.core.outcomes import Found, OriginalNotFound, Outcome, Overtaken, Spent
from switch.core.transaction import State
from switch.ledger.working import Working


def find_by_rrn(working: Working, operation: FindByRrn) -> Outcome:
    """Find a transaction by what people quote."""
    row = working.by_rrn(operation.rrn)
    return OriginalNotFound() if row is None else Found(row)


def taken(working: Working, taking: Taking) -> Outcome | None:
    """Take of an original; return why that cannot be."""
    if taking.fen <= 0:
        raise InvariantBroken("nothing would be taken of an original")
    original = working.row(taking.of)
    if original is None or original.state is State.FORESTALLED:
        return OriginalNotFound()
    left_fen = original.record.amount_fen - original.taken_fen
    if original.state is not State.APPROVED or taking.fen > left_fen:
        return Spent(original)
    if taking.before_fen not in {-1, original.taken_fen}:
        return Overtaken(original)
    working.take(taking, taking.fen)
    return None
