"""Decisions about bills (switch/ledger/legs): the second leg follows the first in the same commit.

Part of `decide`. A row has one place in the queue: its 0420 comes first, and what the host must be
told of the bill takes the place when that is done.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from switch.core.errors import InvariantBroken
from switch.core.operations import Close, Row, SettleBill
from switch.core.outcomes import Closed, Missing, Outcome, Superseded
from switch.core.social.bill import BILL_TRANSITIONS, FOLLOWS, QUEUED, Bill, BillState, is_left
from switch.core.transaction import State
from switch.ledger.rows import Queued
from switch.ledger.working import Working

_ENDS: Final = {
    BillState.CONFIRMED: BillState.CONFIRMING,
    BillState.CANCELLED: BillState.CANCELLING,
    BillState.PERSON: BillState.CANCELLING,
}
"""How a queued word about a bill may end -> what was queued."""
_BY_A_PERSON: Final = 0
"""The attempt of what a person decides: no process ever has it."""


def follow(working: Working, row: Row, owner: int, close: Close | None = None) -> Row:
    """Give a row's bill the state that follows from its debit's, and queue what the host is told.

    A close may say otherwise: a bill that the host refused was never reserved.
    """
    bill, asked = row.bill, close.bill if close is not None else None
    state = asked or FOLLOWS.get(row.state)
    if bill is None or state is None or state is bill.state:
        return row
    told = close.told if close is not None and close.told else bill.told
    row = _become(working, row, replace(bill, told=told), state)
    if state in QUEUED:
        working.written.advices[row.key] = Queued(0, row.record.opened_ms, owner)
    return row


def settle_bill(working: Working, operation: SettleBill) -> Outcome:
    """Take what the host answered; a word that came too late changes nothing."""
    row, state = working.row(operation.key), operation.state
    bill = row.bill if row is not None else None
    if row is None or bill is None:
        return Missing()
    queued = working.queued(row.key)
    if state is BillState.CANCELLING:
        return _refused(working, row, bill, operation)
    if state not in _ENDS:
        raise InvariantBroken(f"{state.name} is no answer of a host")
    if bill.state is state:
        if state is BillState.PERSON and operation.attempt == _BY_A_PERSON:
            # A person has looked at it: it stays as it is, and the ledger says why.
            row = replace(row, bill=replace(bill, told=operation.told))
            working.written.transactions[row.key] = row
        return Closed(row)
    is_due = FOLLOWS.get(row.state) is _ENDS[state] or bill.state is BillState.PERSON
    if operation.attempt == _BY_A_PERSON and state is BillState.CONFIRMED:
        # The host booked it, while nobody can say what became of the debit's reversal.
        is_due = is_left(row.state, bill)
    if not is_due or state not in BILL_TRANSITIONS[bill.state]:
        return Superseded(row)
    row = _become(working, row, replace(bill, told=operation.told), state)
    if queued is not None:
        working.written.advices[row.key] = None
    return Closed(row)


def _refused(working: Working, row: Row, bill: Bill, operation: SettleBill) -> Outcome:
    """Reverse a debit whose bill the host would not confirm: it is cancelled after that."""
    queued = working.queued(row.key)
    if row.state is State.REVERSING and bill.told == operation.told:
        return Closed(row)
    is_confirming = row.state is State.APPROVED and bill.state is BillState.CONFIRMING
    if not is_confirming or queued is None or row.taken_fen:
        return Superseded(row)
    if operation.plan is None:
        raise InvariantBroken("a debit is reversed without a plan")
    row = working.become(
        row,
        State.REVERSING,
        plan=operation.plan,
        reason=operation.plan.reason,
        bill=replace(bill, told=operation.told),
    )
    working.enqueue(row, queued.owner)
    return Closed(row)


def _become(working: Working, row: Row, bill: Bill, state: BillState) -> Row:
    if state not in BILL_TRANSITIONS[bill.state]:
        raise InvariantBroken(f"a bill that is {bill.state.name} cannot become {state.name}")
    row = replace(row, bill=replace(bill, state=state))
    working.written.transactions[row.key] = row
    return row
