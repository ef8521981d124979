"""The one decision that all ledgers share (switch/ledger): a batch over the rows that it needs.

Pure: it reads a read set, never changes it, and returns what to write, each row once. Operations
see what earlier ones of the same batch did. An attempt that comes again gets its first outcome,
rebuilt from the row that it left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from switch.core.batches.values import AddDetails, EndBatch, SettleBatch
from switch.core.errors import InvariantBroken
from switch.core.operations import (
    Acknowledge,
    Claim,
    Close,
    CountRefusals,
    Enlist,
    FindByRrn,
    FindOriginal,
    Hasten,
    Launch,
    LeaseNumbers,
    LoadSession,
    NoteDownload,
    Open,
    Operation,
    Renew,
    Reroute,
    Resolve,
    Reverse,
    Row,
    SettleBill,
    SignOff,
    SignOn,
    TakeOver,
    Totals,
)
from switch.core.outcomes import (
    CapExceeded,
    Clashed,
    Closed,
    Fenced,
    Forestalled,
    Found,
    Missing,
    NothingToReverse,
    NotReversible,
    Opened,
    OriginalNotFound,
    Outcome,
    Repeated,
    Resolved,
    ReversalQueued,
    Superseded,
)
from switch.core.transaction import FINAL, TRANSITIONS, State
from switch.ledger import upkeep
from switch.ledger.legs.bills import follow, settle_bill
from switch.ledger.rows import EMPTY_DAY, CapKey, ReadSet, WriteSet
from switch.ledger.settling import batches
from switch.ledger.taking import find_by_rrn, taken
from switch.ledger.working import Working

_QUEUED_ONCE: Final = frozenset(
    {State.IN_DOUBT, State.REVERSING, State.REVERSED, State.REVERSAL_EXPIRED}
)
_JUST_OPENED: Final = frozenset({State.FORWARDED, State.ADVISED, State.MOVING})
_ON_ITS_WAY: Final = frozenset({State.ADVISED, State.CREDITING, State.ADVICE_EXPIRED})
"""What is repeated until its issuer has said what it did, and cannot be taken back before."""
_EXPIRED: Final = frozenset({State.REVERSAL_EXPIRED, State.ADVICE_EXPIRED})
_ENDS: Final = frozenset({State.REVERSED, State.APPROVED, State.DECLINED}) | _EXPIRED
_CLOSES: Final = frozenset({State.APPROVED, State.DECLINED, State.UNSENT, State.IN_DOUBT})


class Decision(msgspec.Struct, frozen=True, gc=False):
    """The outcomes of a batch, in order, and what must be stored before anyone hears of them."""

    outcomes: list[Outcome]
    written: WriteSet


def decide(batch: Sequence[Operation], stored: ReadSet) -> Decision:
    """Decide the operations in order over `stored`.

    Raises InvariantBroken where a decision would be impossible; nothing of the batch may be stored
    then.
    """
    working = Working(stored)
    outcomes: list[Outcome] = []
    fences = stored.fences
    fresh = working.written.fences
    for operation in batch:
        attempt = operation.attempt
        if attempt in fences or attempt in fresh:
            outcomes.append(Fenced())
        else:
            outcomes.append(_DECIDE[type(operation)](working, operation))
    return Decision(outcomes, working.written)


def _open(working: Working, operation: Open) -> Outcome:
    key, cap = operation.key, operation.cap
    if (row := working.row(key)) is not None:
        return _opened_before(working, operation, row)
    amount = operation.record.amount_fen
    if amount < 0:
        raise InvariantBroken("an amount is negative")
    day = EMPTY_DAY
    if cap is not None:
        day = working.cap(CapKey(key.bucket, key.card, cap.day))
        if day.committed_fen + day.held_fen + amount > cap.limit_fen:
            return CapExceeded(cap.limit_fen, day.committed_fen, day.held_fen)
    taking, plan = operation.taking, operation.plan
    if taking is not None and (refusal := taken(working, taking)) is not None:
        return refusal
    row = Row(
        key=key,
        fingerprint=operation.fingerprint,
        state=_opened_as(operation),
        record=operation.record,
        cap=cap,
        attempt=operation.attempt,
        incarnation=operation.incarnation,
        answer=operation.answer,
        plan=plan,
        is_reversible=operation.is_reversible,
        taking=taking,
        bill=operation.bill,
        linked=operation.linked,
    )
    working.written.transactions[key] = row
    if plan is not None:
        working.enqueue(row, operation.incarnation)
    if cap is None:
        return Opened(0, 0)
    working.account(row, None)
    return Opened(day.committed_fen, day.held_fen + amount)


def _opened_as(operation: Open) -> State:
    if operation.plan is None:
        return State.FORWARDED
    return State.MOVING if operation.linked else State.ADVISED


def _opened_before(working: Working, operation: Open, row: Row) -> Outcome:
    if row.state is State.FORESTALLED:
        return Forestalled()
    if row.attempt == operation.attempt and row.state in _JUST_OPENED:
        if row.cap is None:
            return Opened(0, 0)
        day = working.cap(CapKey(row.key.bucket, row.key.card, row.cap.day))
        return Opened(day.committed_fen, day.held_fen)
    return Repeated(row) if row.fingerprint == operation.fingerprint else Clashed(row)


def _close(working: Working, operation: Close) -> Outcome:
    state, plan = operation.state, operation.plan
    if state not in _CLOSES:
        raise InvariantBroken(f"{state.name} is no outcome")
    row = working.row(operation.key)
    if row is None or row.state is State.FORESTALLED:
        return Missing()
    if row.close_attempt == operation.attempt:
        # Approved, and a reversal came between: whoever asks again must not be told the first.
        is_overtaken = state is State.APPROVED and row.state is not state
        return Superseded(row) if is_overtaken else Closed(row)
    if row.incarnation != operation.incarnation:
        return Fenced()
    is_queued = state is State.IN_DOUBT and row.is_reversible
    is_free = not row.taken_fen and working.can_take_again(row)
    if row.state is State.APPROVED and is_queued and is_free:
        # The terminal was told that nobody knows, while an approval was on its way to us.
        state = State.REVERSING
    elif row.state is not State.FORWARDED:
        return Superseded(row)
    if operation.clearing_day:
        row = replace(row, record=replace(row.record, clearing_day=operation.clearing_day))
    row = working.become(
        row,
        state,
        close_attempt=operation.attempt,
        reason=operation.reason,
        answer=operation.answer or row.answer,
        plan=plan if is_queued else None,
    )
    if is_queued:
        working.enqueue(row, operation.incarnation)
    if row.bill is not None:
        row = follow(working, row, operation.incarnation, operation)
    return Closed(row)


def _launch(working: Working, operation: Launch) -> Outcome:
    row = working.row(operation.key)
    if row is None or row.state is State.FORESTALLED:
        return Missing()
    if row.close_attempt == operation.attempt:
        return Closed(row)
    if row.incarnation != operation.incarnation:
        return Fenced()
    if row.state is not State.FORWARDED or row.bill is not None:
        # What pays a bill is a debit, and has its bill to follow: it never becomes a credit.
        return Superseded(row)
    row = working.become(row, State.CREDITING, close_attempt=operation.attempt, plan=operation.plan)
    working.enqueue(row, operation.incarnation)
    return Closed(row)


def _reroute(working: Working, operation: Reroute) -> Outcome:
    row = working.row(operation.key)
    if row is None or row.state is State.FORESTALLED:
        return Missing()
    if row.incarnation != operation.incarnation:
        return Fenced()
    if row.state is not State.FORWARDED:
        return Superseded(row)
    record = replace(row.record, link=operation.link, trace=operation.trace)
    row = working.written.transactions[row.key] = replace(row, record=record)
    return Closed(row)


def _reverse(working: Working, operation: Reverse) -> Outcome:
    row = working.row(operation.key)
    if row is None:
        working.written.transactions[operation.key] = _tombstone(operation)
        return OriginalNotFound()
    if row.state is State.FORESTALLED:
        return OriginalNotFound()
    is_kept = row.state in _ON_ITS_WAY or not working.can_take_again(row)
    if not row.is_reversible or row.taken_fen or is_kept:
        # What was voided or refunded, even in part, would come back twice; and what a void freed
        # may be in use again. A credit on its way is told, and not taken back.
        return NotReversible(row)
    is_first = row.reverse_attempt == operation.attempt
    if row.state in _QUEUED_ONCE and (is_first or row.state is not State.REVERSED):
        return ReversalQueued(row, is_first)
    if row.state in FINAL:
        return NothingToReverse(row)
    row = working.become(
        row,
        State.REVERSING,
        plan=operation.plan,
        reason=operation.reason,
        reverse_attempt=operation.attempt,
    )
    # A transfer that is being carried out is queued already.
    working.enqueue_anew(row, operation.incarnation)
    return ReversalQueued(row, is_first=True)


def _tombstone(operation: Reverse) -> Row:
    """Make the row that remembers that a reversal came before its original."""
    return Row(
        key=operation.key,
        fingerprint=b"",
        state=State.FORESTALLED,
        record=replace(operation.record, sealed=b""),
        cap=None,
        attempt=operation.attempt,
        reverse_attempt=operation.attempt,
        incarnation=operation.incarnation,
        reason=operation.reason,
        is_reversible=False,
    )


def _acknowledge(working: Working, operation: Acknowledge) -> Outcome:
    state = operation.state
    if state not in _ENDS:
        raise InvariantBroken(f"{state.name} ends no reversal and no advice")
    row = working.row(operation.key)
    if row is None:
        return Missing()
    if row.state is State.REVERSED or (row.state is State.APPROVED and row.plan is not None):
        return Closed(row)
    if row.state is state:
        # A person has looked at it: the hold stays, and the ledger says why.
        row = working.written.transactions[row.key] = replace(row, reason=operation.reason)
        return Closed(row)
    is_queued = working.queued(row.key) is not None
    if state not in TRANSITIONS[row.state] or not (is_queued or row.state in _EXPIRED):
        return Missing()
    row = working.become(row, state, reason=operation.reason, answer=operation.answer or row.answer)
    queued = working.queued(row.key)
    if queued is not None:
        working.written.advices[row.key] = None
    if row.bill is not None:
        row = follow(working, row, queued.owner if queued is not None else 0)
    return Closed(row)


def _find_original(working: Working, operation: FindOriginal) -> Outcome:
    row = working.row(operation.key)
    if row is None or row.state is State.FORESTALLED:
        return OriginalNotFound()
    return Found(row)


def _resolve(working: Working, operation: Resolve) -> Outcome:
    row = working.row(operation.key)
    if row is not None and operation.of in {row.attempt, row.close_attempt, row.reverse_attempt}:
        return Resolved("done", row)
    working.written.fences[operation.of] = operation.attempt
    is_open = row is None or row.state is State.FORWARDED
    return Resolved("never" if is_open else "refused", row)


_DECIDE: Final[dict[type, Callable[[Working, Any], Outcome]]] = {
    Open: _open,
    Close: _close,
    Launch: _launch,
    Reroute: _reroute,
    Reverse: _reverse,
    FindOriginal: _find_original,
    FindByRrn: find_by_rrn,
    SignOn: upkeep.sign_on,
    SignOff: upkeep.sign_off,
    NoteDownload: upkeep.note_download,
    LoadSession: upkeep.load_session,
    LeaseNumbers: upkeep.lease_numbers,
    Enlist: upkeep.enlist,
    Renew: upkeep.renew,
    TakeOver: upkeep.take_over,
    Claim: upkeep.claim,
    Acknowledge: _acknowledge,
    SettleBill: settle_bill,
    Hasten: upkeep.hasten,
    Resolve: _resolve,
    CountRefusals: upkeep.count_refusals,
    Totals: upkeep.totals,
    SettleBatch: batches.settle_batch,
    AddDetails: batches.add_details,
    EndBatch: batches.end_batch,
}
