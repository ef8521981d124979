"""Carrying a transfer out (switch/core): reserve the credit, debit, launch the credit, answer.

The debit comes first and is a transaction like any other. Only when it is durable does the credit
go on its way, and from then on it is repeated until its bank says what it did. Whatever goes wrong
is left to the table that any process decides by.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from msgspec.structs import replace

from messages.reasons import Reason
from switch.core.errors import InvariantBroken
from switch.core.financial.in_flight import InFlight
from switch.core.financial.reversing import Reversing
from switch.core.incarnation.trace_numbers import Numbers, rrn_text
from switch.core.issuers.links import Links
from switch.core.issuers.store_and_forward import StoreAndForward
from switch.core.operations import (
    Acknowledge,
    Advice,
    Answer,
    CapCheck,
    Close,
    Launch,
    Open,
    ReversalPlan,
    Reverse,
    Row,
)
from switch.core.outbox import Outbox
from switch.core.outcomes import (
    CapExceeded,
    Clashed,
    Closed,
    Forestalled,
    Missing,
    Opened,
    Outcome,
    Repeated,
)
from switch.core.rules import Decline, Rule
from switch.core.terminals.answers import APPROVED, WITHOUT_MAC, Extra
from switch.core.terminals.request import Transaction
from switch.core.terminals.teller import Teller
from switch.core.transaction import State
from switch.core.transfers.counters import check_of
from switch.core.transfers.moving import Moving

NUMBERS: Final = (4, 3)
"""Of DE 11 and DE 37: both legs and a reversal of each; transfer, debit and credit."""
_TOO_LATE, _REFUSED = "4021", "4001"
"""Reversal reasons (DE 60.1): the outcome came too late, or the other leg was refused."""
_MS: Final = 1_000_000


class Carrying:
    """Takes transfers that walked to the ledger's door."""

    def __init__(
        self,
        outbox: Outbox,
        teller: Teller,
        sides: tuple[Links, StoreAndForward],
        transactions: tuple[InFlight, Reversing],
        numbers: tuple[Numbers, Numbers],
    ) -> None:
        """Work on the transactions in flight; `open_leg` and `seen_before` are Opening's."""
        self._outbox = outbox
        self._teller = teller
        self._links, self._advices = sides
        self._in_flight, self._reversing = transactions
        self._stans, self._rrns = numbers
        self._moving: dict[int, Moving] = {}
        self.open_leg: Callable[[Transaction], Decline | None]
        self.seen_before: Callable[[Transaction, Row], None]

    def begin(self, txn: Transaction) -> Decline | None:
        """Open a transfer; what is returned is a refusal that nobody has been told yet."""
        part, business = txn.part, txn.rule.business
        if part is None or part.payee is None or business is None:
            raise InvariantBroken("a transfer without a payee")
        if self._stans.free < NUMBERS[0] or self._rrns.free < NUMBERS[1]:
            return Decline(Reason.SYSTEM_ERROR, Rule.NUMBERS_AT_HAND)
        check = check_of(business.counter, txn.local.day, txn.configuration)
        if isinstance(check, Decline):
            return check
        caps: dict[str, CapCheck | None] = {"payer": None, "payee": None}
        caps[business.counts_on] = check
        if check is not None:
            txn.trace.append(Rule.COUNTER_ROOM)
        moving = Moving(txn, part.payee, caps)
        txn.rrn = rrn_text(self._number(self._rrns), txn.local.day)
        txn.attempt = self._outbox.attempt()
        txn.record = moving.record(self._outbox.at.utc_ms)
        part.late = partial(self._late, moving)
        self._in_flight.keep(txn)
        self._moving[txn.ticket] = moving
        operation = Open(
            txn.attempt,
            txn.key,
            txn.fingerprint,
            txn.record,
            None,
            self._outbox.incarnation,
            plan=self._parent_plan(txn, txn.configuration.timers.answer_ms),
            linked=moving.legs,
        )
        self._reversing.submit(operation, partial(self._opened, moving))
        return None

    def _number(self, numbers: Numbers) -> int:
        number = numbers.take()
        if number is None:
            raise InvariantBroken("numbers were counted and are not there")
        return number

    def _parent_plan(self, txn: Transaction, after_ms: int, reason: str = "") -> ReversalPlan:
        """Return when a transfer is looked at next; no message of its own is ever sent."""
        due_ms = self._outbox.at.utc_ms + after_ms
        expires_ms = due_ms + txn.configuration.timers.advice_expiry_ms
        return ReversalPlan("", "", reason, due_ms, expires_ms)

    # ------------------------------------------------------------------- opening, and the debit

    def _opened(self, moving: Moving, outcome: Outcome) -> None:
        txn = moving.txn
        match outcome:
            case Opened():
                self._reserve(moving)
            case Repeated(row) | Clashed(row):
                self._forget(moving)
                self.seen_before(txn, row)
            case Forestalled():
                txn.rrn = ""
                self._forget(moving)
                decline = Decline(Reason.ORIGINAL_NOT_FOUND, Rule.FIRST_OF_ITS_KEY)
                self._in_flight.refuse(txn, decline)
            case _:
                raise InvariantBroken(f"the open of a transfer got {type(outcome).__name__}")

    def _reserve(self, moving: Moving) -> None:
        """Open the credit, which is not sent yet: what it counts to is held from now on."""
        txn, outbox = moving.txn, self._outbox
        if txn.answered or txn.is_reversed:
            self._end_none(moving, None)
            return
        link = self._links[(moving.payee.line or moving.payee.way.candidates[0]).link]
        txn.transmission = outbox.local.transmission
        stan = self._links.take_stan(link, txn.transmission)
        rrn = self._rrns.take()
        if stan is None or rrn is None:
            self._end_none(moving, Decline(Reason.SYSTEM_ERROR, Rule.NUMBERS_AT_HAND))
            return
        attempt = outbox.attempt()
        number = (stan, rrn_text(rrn, txn.local.day))
        record = moving.credit_record(number, attempt, outbox.at.utc_ms)
        operation = Open(
            attempt,
            moving.credit,
            txn.fingerprint,
            record,
            moving.cap,
            outbox.incarnation,
            linked=(txn.key,),
        )
        self._reversing.submit(operation, partial(self._reserved, moving, operation))

    def _reserved(self, moving: Moving, operation: Open, outcome: Outcome) -> None:
        txn = moving.txn
        match outcome:
            case Opened():
                moving.is_reserved = True
                if txn.answered or txn.is_reversed:
                    self._end_none(moving, None)
                    return
                txn.move(State.MOVING)
                if moving.debit.part is not None:
                    moving.debit.part.then = partial(self._debited, moving, operation)
                refusal = self.open_leg(moving.debit)
                if refusal is not None:
                    self._end_none(moving, refusal)
            case CapExceeded(limit_fen, committed_fen, held_fen):
                refusal = no_room(txn, limit_fen, committed_fen, held_fen)
                self._in_flight.count_cap(txn, refusal)
                self._end_none(moving, refusal)
            case _:
                # Another process has taken it up: its reversal came, or we were away too long.
                self._end_none(moving, Decline(Reason.ROUTE_UNAVAILABLE, Rule.FIRST_OF_ITS_KEY))

    def _debited(self, moving: Moving, operation: Open, leg: Transaction) -> None:
        """Go on when the debit is over: it is durable, or it is none."""
        txn, row = moving.txn, moving.debit_row
        if row is None or row.state is not State.APPROVED or leg.answered not in APPROVED:
            self._end_none(moving, None, leg.answered)
        elif txn.answered or txn.is_reversed:
            self._undo(moving, _TOO_LATE)
        else:
            self._launch(moving, operation)

    # ------------------------------------------------------------------------------- the credit

    def _launch(self, moving: Moving, operation: Open) -> None:
        moving.is_launched = True
        at, timers = self._outbox.at, moving.txn.configuration.timers
        plan = moving.launch_plan(operation.record, at.utc_ms + timers.issuer_ms)
        launch = Launch(self._outbox.attempt(), moving.credit, self._outbox.incarnation, plan)
        self._reversing.submit(launch, partial(self._launched, moving))

    def _launched(self, moving: Moving, outcome: Outcome) -> None:
        if isinstance(outcome, Closed):
            row = outcome.row
            if row.state is State.CREDITING and row.plan is not None:
                self._advices.send_first(
                    Advice(row=row, tries=0, due_ms=row.plan.due_ms, owner=row.incarnation)
                )
        elif not moving.is_over:
            self._undo(moving, _TOO_LATE)

    def credited(self, row: Row) -> bool:
        """Take note that a credit is over; False where nobody in this process waits for it."""
        live = self._in_flight.with_key(row.linked[0])
        moving = self._moving.get(live.ticket) if live is not None else None
        if moving is None or not moving.is_launched or moving.is_over:
            return False
        if moving.txn.answered or moving.txn.is_reversed:
            self._forget(moving)
            self._in_flight.finish(moving.txn)
            return False
        if row.state is State.APPROVED:
            self._end_both(moving)
            return True
        if row.state is State.DECLINED:
            self._give_back(moving, row.reason)
            return True
        return False

    def _end_both(self, moving: Moving) -> None:
        txn, debit = moving.txn, moving.debit_row
        said = debit.answer if debit is not None else None
        if said is None:
            raise InvariantBroken("an approved debit has no answer")
        answer = replace(said, rrn=txn.rrn)
        self._end(moving, State.APPROVED, answer)

    def _give_back(self, moving: Moving, code: str) -> None:
        """Reverse the debit of a credit that was refused, and tell why."""
        plan = self._reversing.plan(_REFUSED, moving.txn.configuration)
        if plan is None:
            self._undo(moving, _REFUSED)
            return
        reverse = Reverse(
            self._outbox.attempt(),
            moving.debit.key,
            self._outbox.incarnation,
            _REFUSED,
            plan,
            moving.debit.record,
        )
        if code in WITHOUT_MAC:
            # These speak of the issuer's leg; a terminal would take them for its own keys.
            code = self._teller.code_for(moving.txn, Reason.SYSTEM_ERROR)
        answer = self._teller.answer(moving.txn, code, "", "")

        def reversed_(_: Outcome) -> None:
            self._advices.wake()
            self._end(moving, State.DECLINED, answer)

        self._reversing.submit(reverse, reversed_)

    # --------------------------------------------------------------------------------- the ends

    def _end(self, moving: Moving, state: State, answer: Answer) -> None:
        """Give a transfer its outcome, and tell its terminal once that is durable."""
        operation = Acknowledge(self._outbox.attempt(), moving.txn.key, state, answer.code, answer)
        self._reversing.submit(operation, partial(self._ended, moving, answer))

    def _ended(self, moving: Moving, answer: Answer, outcome: Outcome) -> None:
        txn = moving.txn
        if isinstance(outcome, Missing):
            # A reversal came between: the table takes it from here, and nothing is approved.
            self._advices.wake()
        elif txn.answered and answer.code in APPROVED:
            self._undo(moving, _TOO_LATE)
            return
        elif not txn.answered and not txn.is_reversed:
            record = txn.record
            self._teller.say(
                txn, answer, Extra(record.acquirer, record.issuer, None, record.fee_fen)
            )
        self._forget(moving)
        self._in_flight.finish(txn)

    def _end_none(self, moving: Moving, decline: Decline | None, code: str = "") -> None:
        """End a transfer of which nothing was credited, and the debit is none or goes back."""
        txn = moving.txn
        if not txn.answered:
            if decline is None:
                decline = Decline(Reason.ROUTE_UNAVAILABLE, Rule.FORWARDED_IN_TIME)
            if code:
                answer = self._teller.answer(txn, code, "", "")
                self._teller.say(txn, answer, Extra(txn.acquirer, txn.issuer_id))
            else:
                self._teller.refuse(txn, decline)
        answer = self._teller.answer(txn, txn.answered, "", "")
        self._release(moving)
        self._end(moving, State.DECLINED, answer)

    def _release(self, moving: Moving) -> None:
        """Let go of a credit that was reserved; one on its way is no longer ours to close."""
        if not moving.is_reserved:
            return
        moving.is_reserved = False
        close = Close(
            self._outbox.attempt(),
            moving.credit,
            self._outbox.incarnation,
            State.UNSENT,
            moving.txn.answered,
            None,
            None,
        )
        self._reversing.submit(close, _nothing)

    def _late(self, moving: Moving) -> None:
        """Take a transfer back whose terminal was told that nobody knows."""
        if moving.is_launched and not moving.is_over:
            self._undo(moving, _TOO_LATE)

    def _undo(self, moving: Moving, reason: str) -> None:
        """Leave a transfer to the table, to be taken back leg by leg."""
        txn = moving.txn
        self._release(moving)
        if not txn.answered and not txn.is_reversed:
            self._teller.refuse(txn, Decline(Reason.ISSUER_SILENT, Rule.FORWARDED_IN_TIME))
        reverse = Reverse(
            self._outbox.attempt(),
            txn.key,
            self._outbox.incarnation,
            reason,
            self._parent_plan(txn, 0, reason),
            txn.record,
        )
        self._reversing.submit(reverse, lambda _: self._advices.wake())
        self._forget(moving)
        self._in_flight.finish(txn)

    def _forget(self, moving: Moving) -> None:
        moving.is_over = True
        self._moving.pop(moving.txn.ticket, None)

    def is_live(self, row: Row) -> bool:
        """Tell whether this process is still carrying a transfer out."""
        live = self._in_flight.with_key(row.key)
        return live is not None and live.ticket in self._moving


def no_room(txn: Transaction, limit_fen: int, committed_fen: int, held_fen: int) -> Decline:
    """Return the refusal of an amount for which a counter has no room."""
    facts: dict[str, object] = {
        "cap_fen": limit_fen,
        "used_fen": committed_fen,
        "held_fen": held_fen,
        "asked_fen": txn.amount_fen,
    }
    return Decline(Reason.DAILY_CAP_EXCEEDED, Rule.COUNTER_ROOM, facts)


def _nothing(_: Outcome) -> None:
    """Take an outcome that changes nothing."""
