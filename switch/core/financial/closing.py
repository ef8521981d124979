"""From an open intent to its outcome: forward, match, close, answer (stops 11 to 14 of the walk).

What was answered 98 is reversed even if its close turns out approved, and what was opened too late
to leave the issuer its time is closed unsent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple

from msgspec.structs import replace

from messages.crypto.mac import MacAlgorithm
from messages.reasons import Reason
from routing.table import Case
from switch.core.effects import SendToLink
from switch.core.errors import InvariantBroken
from switch.core.financial.in_flight import InFlight
from switch.core.financial.rerouting import Rerouting
from switch.core.financial.reversing import Reversing
from switch.core.issuers.line import IssuerLink
from switch.core.issuers.links import Links
from switch.core.issuers.messages import REJECTED, request_fields
from switch.core.issuers.pending import Waiting
from switch.core.issuers.pins import translate_pin
from switch.core.issuers.store_and_forward import StoreAndForward
from switch.core.moment import day_near, is_date, next_day
from switch.core.operations import (
    Answer,
    Close,
    ReversalPlan,
    Reverse,
    Row,
)
from switch.core.outbox import RETRY_MS, TO_LINKS, Outbox
from switch.core.outcomes import (
    Closed,
    Fenced,
    Missing,
    Outcome,
    Superseded,
    Unknown,
)
from switch.core.rules import Decline, Rule
from switch.core.social.bill import BillState
from switch.core.social.messages import ECHOED, inquiry_fields
from switch.core.social.payload import from_host
from switch.core.terminals.answers import APPROVED, WITHOUT_MAC, Extra
from switch.core.terminals.request import Transaction
from switch.core.terminals.teller import Teller
from switch.core.transaction import State

_MILLISECOND_NS = 1_000_000
_PARTIAL = "10"
"""A partial approval that nobody asked for is reversed."""
_TIMED_OUT, _TOO_LATE, _MALFUNCTION = "4021", "4006", "4002"
"""Reversal reasons (DE 60.1): ISO 8583:1993 message reason codes."""
_SILENT: Final = Decline(Reason.ISSUER_SILENT, Rule.FORWARDED_IN_TIME)
_ECHOED = (3, 4, 32, 33, 41, 42)
_ANSWER_OF = {"0100": "0110", "0200": "0210"}


class _Sent(NamedTuple):
    """The link that a request went over, and the period of its breaker."""

    link: IssuerLink
    period: int


class _End(NamedTuple):
    """What a close says: the state, what becomes of a bill, and why where no code tells it."""

    state: State
    bill: BillState | None = None
    why: str = ""


_APPROVES, _DECLINES, _DOUBTS = map(_End, (State.APPROVED, State.DECLINED, State.IN_DOUBT))


class Closing:
    """Carries what the ledger has opened to its issuer and to its outcome."""

    def __init__(
        self,
        outbox: Outbox,
        teller: Teller,
        sides: tuple[Links, StoreAndForward],
        in_flight: InFlight,
        reversing: Reversing,
    ) -> None:
        """Work on the transactions in flight."""
        self._outbox = outbox
        self._teller = teller
        self._links, self._advices = sides
        self.in_flight = in_flight
        self._reversing = reversing
        self._rerouting = Rerouting(outbox, in_flight)
        self.confirm: Callable[[Transaction, Answer], None] = self._unconfirmed
        """Takes a debited payment whose bill is to be confirmed before its answer is said."""

    def forward(self, txn: Transaction) -> None:
        """Send an opened transaction to its issuer, or close it unsent (91)."""
        if txn.is_reversed:
            # Its 0420 follows in the ledger's order; the issuer never sees it, and will say 25.
            self.in_flight.finish(txn)
            return
        timers, line, now_ns = txn.configuration.timers, txn.line, self._outbox.at.elapsed_ns
        latest_ns = txn.answer_due_ns - timers.issuer_ms * _MILLISECOND_NS
        if txn.answered or now_ns > latest_ns or line is None:
            self.close_unsent(txn)
            return
        link = self._links[line.link]
        if not self._links.is_usable(line.link) or link.pending.has(txn.transmission, txn.stan):
            # It went down while the ledger decided; nothing was sent yet.
            if not self._rerouting.begin(txn, self.forward):
                self.close_unsent(txn)
            return
        if txn.translated_pin is not None and txn.link_pik is not link.pik:
            # Another line, or its key changed while the ledger decided.
            translate_pin(txn, link)
        is_service = txn.way.is_service
        fields = (inquiry_fields if is_service else request_fields)(txn, link.link.own_id)
        sent = _Sent(link, link.breaker.sent(now_ns))
        txn.move(State.FORWARDED)
        waiting = Waiting(
            _ANSWER_OF[txn.request.mti],
            fields,
            ECHOED if is_service else _ECHOED,
            partial(self._issuer_answered, txn, sent),
            partial(self._silent, txn, sent),
            now_ns + (timers.social_ms if is_service else timers.issuer_ms) * _MILLISECOND_NS,
        )
        link.pending.add(txn.transmission, txn.stan, waiting)
        self._outbox.make_later(
            TO_LINKS, partial(_request, link, txn.request.mti, fields, link.mac)
        )

    def accept(self, txn: Transaction, answer: Answer) -> None:
        """Tell a terminal that its advice is accepted: it is durable, and on its way."""
        txn.move(State.ADVISED)
        if not txn.answered:
            self._teller.say(txn, answer, Extra(txn.acquirer, txn.issuer_id))
        self._advices.wake()
        self.in_flight.finish(txn)

    def _silent(self, txn: Transaction, sent: _Sent) -> None:
        self._links.failed(sent.link, sent.period)
        self._doubt(txn, _TIMED_OUT)

    def _issuer_answered(
        self, txn: Transaction, sent: _Sent, mti: str, texts: Mapping[int, str], frame: bytes
    ) -> None:
        link = sent.link
        if link.wire.is_rejected(frame):
            self._rejected(txn, sent, link.wire.reject_code(frame))
            return
        if not link.is_authentic(mti, texts, self._outbox.at.elapsed_ns):
            why = "answer_mac_wrong"
        else:
            self._links.answered(link)
            self._believed(txn, link, texts)
            return
        self._outbox.report(why, link=link.link.name, rrn=txn.rrn)
        self._links.failed(link, sent.period)
        self._doubt(txn, _MALFUNCTION)

    def _rejected(self, txn: Transaction, sent: _Sent, code: str) -> None:
        """Take back what was refused before it was processed: nobody declined it."""
        name = sent.link.link.name
        self._outbox.report("answer_rejected_by_header", link=name, rrn=txn.rrn, reject_code=code)
        self._links.failed(sent.link, sent.period)
        facts = {"reject_code": code}
        self._doubt(txn, REJECTED, Decline(Reason.MESSAGE_REJECTED, Rule.HEADER_TAKEN, facts))

    def _believed(self, txn: Transaction, link: IssuerLink, texts: Mapping[int, str]) -> None:
        code = texts.get(39, "")
        if code == _PARTIAL or not code:
            self._outbox.report("answer_not_understood", link=link.link.name, rrn=txn.rrn)
            self._doubt(txn, _MALFUNCTION)
        else:
            txn.issuer_chip = texts.get(55)
            if txn.way.is_service:
                txn.lines = from_host(texts.get(48, ""))
            if code in WITHOUT_MAC:
                # These speak of the issuer's leg; a terminal would take them for its own keys.
                self._outbox.report("issuer_at_odds", link=link.link.name, rrn=txn.rrn, code=code)
                code = self._teller.code_for(txn, Reason.SYSTEM_ERROR)
            answer = self._teller.answer(txn, code, texts.get(38, ""), texts.get(54, ""))
            date = texts.get(15, "")
            # The clearing centre sets DE 15, and off us that is not the switch.
            if txn.way.case is Case.MEMBER and is_date(date):
                if _may_be(txn, date):
                    answer = replace(answer, settlement_date=date)
                else:
                    facts = {"link": link.link.name, "rrn": txn.rrn, "date": date}
                    self._outbox.report("clearing_day_not_believed", **facts)
            self._close(txn, _APPROVES if code in APPROVED else _DECLINES, answer, None)

    def _close(
        self,
        txn: Transaction,
        end: _End,
        answer: Answer | None,
        plan: ReversalPlan | None,
    ) -> None:
        txn.move(State.CLOSING)
        operation = Close(
            self._outbox.attempt(),
            txn.key,
            self._outbox.incarnation,
            end.state,
            end.why or (answer.code if answer else ""),
            answer,
            plan,
            _clearing_day(txn, answer),
            end.bill,
            answer.code if answer is not None and end.bill is not None else "",
        )
        self._outbox.submit(operation, partial(self._closed, txn, operation))

    def close_unsent(self, txn: Transaction, bill: BillState | None = None) -> None:
        """Answer 91, and let go of what was held for a request that nobody got.

        `bill` is what becomes of its bill, where the host may not have heard of it.
        """
        if not txn.answered:
            decline = Decline(Reason.ROUTE_UNAVAILABLE, Rule.FORWARDED_IN_TIME)
            self._teller.refuse(txn, decline)
        self._close(txn, _End(State.UNSENT, bill), None, None)

    def refuse_unsent(self, txn: Transaction, answer: Answer) -> None:
        """Pass on that the host refused the bill: nothing is debited, nothing was reserved."""
        self._close(txn, _End(State.UNSENT, BillState.CANCELLED), answer, None)

    def approve_unsent(self, txn: Transaction, answer: Answer) -> None:
        """Approve a payment that has nothing to debit; its bill is confirmed."""
        self._close(txn, _APPROVES, answer, None)

    def _doubt(self, txn: Transaction, reason: str, decline: Decline = _SILENT) -> None:
        """Say 98 now and close with a 0420: nobody knows what the issuer did."""
        answer = None
        if not txn.answered:
            answer = self._teller.refuse(txn, decline)
        if txn.rule.reversal is None:
            # Nothing is reversed, so that the row itself must say that it was answered.
            end = _End(State.DECLINED, why=REJECTED) if reason == REJECTED else _DECLINES
            self._close(txn, end, answer, None)
        else:
            self._close(txn, _DOUBTS, answer, self._reversing.promised_plan(txn, reason))

    def _closed(self, txn: Transaction, operation: Close, outcome: Outcome) -> None:
        match outcome:
            case Closed(row):
                self._after_close(txn, operation, row)
            case Superseded(row):
                self._outbox.report("answer_superseded", rrn=txn.rrn, state=row.state.name)
                if txn.part is not None:
                    txn.part.row = row
                self.in_flight.finish(txn)
            case Fenced() | Missing():
                # Another process took the transaction over, and reverses it.
                self._outbox.report("close_fenced", rrn=txn.rrn)
                if not txn.answered:
                    self._teller.refuse(txn, _SILENT)
                self.in_flight.finish(txn)
            case Unknown():
                if txn.state is State.CLOSING:
                    txn.move(State.CLOSE_UNKNOWN)
                # The same attempt again gets the first result, whether there was one or not.
                again = partial(
                    self._outbox.submit, operation, partial(self._closed, txn, operation)
                )
                self._outbox.after(RETRY_MS, again)
            case _:
                raise InvariantBroken(f"a close got {type(outcome).__name__}")

    def _after_close(self, txn: Transaction, operation: Close, row: Row) -> None:
        if txn.part is not None:
            txn.part.row = row
        if operation.state is State.IN_DOUBT:
            self._advices.wake()
        elif operation.state is State.APPROVED and txn.answered:
            self._reverse_answered(txn, row)
        elif operation.answer is not None and not txn.answered and not txn.is_reversed:
            # A terminal that has reversed it is never told that it was approved.
            if row.bill is not None and row.bill.state is BillState.CONFIRMING:
                self.confirm(txn, operation.answer)
                return
            self.say(txn, operation.answer)
        if row.bill is not None:
            self._advices.wake()
        self.in_flight.finish(txn)

    def say(self, txn: Transaction, answer: Answer) -> None:
        """Say an answer to a transaction that was opened."""
        record = txn.record
        extra = Extra(record.acquirer, record.issuer, txn.issuer_chip, record.fee_fen, txn.lines)
        self._teller.say(txn, answer, extra)

    def _unconfirmed(self, txn: Transaction, _answer: Answer) -> None:
        raise InvariantBroken(f"nobody confirms the bill of {txn.rrn}")

    def _reverse_answered(self, txn: Transaction, row: Row) -> None:
        """Take an approval back that became durable after the terminal was told 98."""
        if row.state is not State.APPROVED or txn.rule.reversal is None:
            return
        operation = Reverse(
            self._outbox.attempt(),
            txn.key,
            self._outbox.incarnation,
            _TOO_LATE,
            self._reversing.promised_plan(txn, _TOO_LATE),
            txn.record,
        )
        self._reversing.submit(operation, lambda _: self._advices.wake())


def _request(link: IssuerLink, mti: str, fields: dict[int, str], mac: MacAlgorithm) -> SendToLink:
    return SendToLink(link.link.name, link.wire.build(link.heads, mti, fields, mac))


def _may_be(txn: Transaction, date: str) -> bool:
    """Tell whether MMDD may be the clearing day: the one it was opened with, or a later one.

    A day is cleared from what was received on it and the day before, once; what is given any other
    day would be in no clearing.
    """
    day, opened = day_near(txn.local.day, date), txn.record.clearing_day
    return opened <= day <= max(opened, next_day(txn.local.day))


def _clearing_day(txn: Transaction, answer: Answer | None) -> int:
    """Return the day that a clearing centre said, 0 for the one that it was opened with."""
    date = answer.settlement_date if answer is not None else ""
    opened = txn.record.clearing_day
    return day_near(txn.local.day, date) if date and int(date) != opened % 10_000 else 0
