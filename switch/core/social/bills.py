"""Two legs, one promise: a bill is reserved before the card is debited, and confirmed after it.

Debit declined: the bill is cancelled. Debit unknown: its 0420 first, then the bill is cancelled.
Confirmation unknown: it is repeated until the host answers. What is owed stands in the ledger, so a
process that dies leaves it to the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from messages.reasons import Reason
from messages.values import response_mti
from switch.core.errors import InvariantBroken
from switch.core.financial.closing import Closing
from switch.core.financial.reversing import Reversing
from switch.core.issuers.line import IssuerLink
from switch.core.issuers.links import Links
from switch.core.issuers.pending import Waiting
from switch.core.issuers.store_and_forward import NOT_YET, SETTLED, StoreAndForward
from switch.core.operations import Advice, Answer, Row, SettleBill, TransactionKey
from switch.core.outbox import RETRY_MS, Outbox
from switch.core.outcomes import Closed, Missing, Outcome, Superseded, Unknown
from switch.core.rules import Rule
from switch.core.social.bill import BillState
from switch.core.social.messages import ECHOED, RESERVE, reservation_fields, word_fields, word_mti
from switch.core.social.payload import from_host
from switch.core.terminals.answers import APPROVED, WITHOUT_MAC
from switch.core.terminals.request import Transaction
from switch.core.terminals.teller import Teller
from switch.core.transaction import State

_REFUSED = "4002"
"""DE 60.1 of the 0420 of a debit whose bill was not confirmed: suspected malfunction."""
_REPEAT = "1"
"""MTI digit 4 of what is sent again."""
_MILLISECOND_NS = 1_000_000


class _Sent(NamedTuple):
    """The line that a reservation went over, and the period of its breaker."""

    link: IssuerLink
    period: int


class Bills:
    """The host's legs of payments, and of what undoes them."""

    def __init__(
        self,
        outbox: Outbox,
        teller: Teller,
        sides: tuple[Links, StoreAndForward],
        closing: Closing,
        reversing: Reversing,
    ) -> None:
        """Stand between the opening of a payment and its debit, and after that."""
        self._outbox = outbox
        self._teller = teller
        self._links, self._advices = sides
        self._closing = closing
        self._reversing = reversing
        self._confirming: dict[TransactionKey, tuple[Transaction, Answer]] = {}
        closing.confirm = self.confirm
        self._advices.send_word = self._send_word

    # ------------------------------------------------------------------------------ reservation

    def reserve(self, txn: Transaction) -> None:
        """Reserve the bill of an opened payment; the debit goes on from there."""
        bill = txn.bill
        if bill is None:
            raise InvariantBroken("a payment without a bill has nothing to reserve")
        link, now_ns = self._links[bill.link], self._outbox.at.elapsed_ns
        usable = self._links.is_usable(bill.link) and not txn.answered and not txn.is_reversed
        key = (txn.transmission, txn.stan)
        if not usable or link.pending.has(*key):
            self._closing.close_unsent(txn, BillState.CANCELLED)
            return
        fields = reservation_fields(txn, bill, link.link.own_id)
        sent = _Sent(link, link.breaker.sent(now_ns))
        waiting = Waiting(
            response_mti(RESERVE),
            fields,
            ECHOED,
            partial(self._reserved, txn, sent),
            partial(self._silent, txn, sent),
            now_ns + txn.configuration.timers.social_ms * _MILLISECOND_NS,
        )
        link.pending.add(*key, waiting)
        self._outbox.to_link(link.link.name, link.wire.build(link.heads, RESERVE, fields, link.mac))

    def _silent(self, txn: Transaction, sent: _Sent) -> None:
        """Nothing was debited: what the host may have reserved is cancelled."""
        self._links.failed(sent.link, sent.period)
        self._closing.close_unsent(txn, BillState.CANCELLING)

    def _reserved(
        self, txn: Transaction, sent: _Sent, mti: str, texts: Mapping[int, str], frame: bytes
    ) -> None:
        if (doubt := _doubt(sent.link, self._outbox.at.elapsed_ns, mti, texts, frame)) is not None:
            self._disbelieve(sent.link, txn.rrn, doubt)
            self._silent(txn, sent)
            return
        self._links.answered(sent.link)
        code = texts[39]
        txn.lines = from_host(texts.get(48, ""))
        if code not in APPROVED:
            if code in WITHOUT_MAC:
                code = self._teller.code_for(txn, Reason.SYSTEM_ERROR)
            self._outbox.report("bill_refused", rrn=txn.rrn, code=code)
            self._closing.refuse_unsent(txn, self._teller.answer(txn, code, "", ""))
            return
        txn.trace.append(Rule.BILL_RESERVED)
        if txn.amount_fen:
            self._closing.forward(txn)
        else:
            # The funds bear all of it: there is nothing to debit.
            self._closing.approve_unsent(txn, self._teller.answer(txn, code, "", ""))

    def _disbelieve(self, link: IssuerLink, rrn: str, doubt: _Doubt) -> None:
        """Report an answer that is none."""
        self._outbox.report(doubt.event, link=link.link.name, rrn=rrn, **doubt.facts)

    # ----------------------------------------------------------------------------- confirmation

    def confirm(self, txn: Transaction, answer: Answer) -> None:
        """Hold the answer to a debited payment until the host confirmed its bill, or for a while.

        The confirmation is queued with the debit's outcome: it is repeated whatever comes of this.
        """
        self._confirming[txn.key] = (txn, answer)
        self._advices.wake()
        left_ms = (txn.answer_due_ns - self._outbox.at.elapsed_ns) // _MILLISECOND_NS
        wait_ms = max(0, min(txn.configuration.timers.social_ms, left_ms - 1))
        self._outbox.after(wait_ms, partial(self._say, txn.key))

    def _say(self, key: TransactionKey, refusal: str = "") -> None:
        """Answer a payment that waits for its confirmation; the debit is durable."""
        txn, answer = self._confirming.pop(key, (None, None))
        if txn is None or answer is None:
            return
        if refusal:
            answer = self._teller.answer(txn, refusal, "", "")
        if not txn.answered and not txn.is_reversed:
            self._closing.say(txn, answer)
        self._closing.in_flight.finish(txn)

    # ----------------------------------------------------------------- what the host is told of it

    def _send_word(self, advice: Advice) -> None:
        """Send a queued confirmation or cancellation; its next turn is set already."""
        row = advice.row
        bill = row.bill
        if bill is None:
            raise InvariantBroken("a word about no bill is queued")
        link = self._links.get(bill.link)
        if link is None or not link.is_ready:
            self._advices.strand(bill.link, advice)
            return
        transmission = self._outbox.local.transmission
        stan = self._links.take_stan(link, transmission)
        if stan is None:
            return
        mti, key = word_mti(bill), (transmission, stan)
        fields = word_fields(row, bill, link.link.own_id, key)
        waiting = Waiting(
            response_mti(mti),
            fields,
            ECHOED,
            partial(self._answered, link, row),
            self._advices.wake,
            self._outbox.at.elapsed_ns + self._advices.word_ms * _MILLISECOND_NS,
        )
        link.pending.add(*key, waiting)
        sent_mti = mti if advice.tries <= 1 else f"{mti[:3]}{_REPEAT}"
        frame = link.wire.build(link.heads, sent_mti, fields, link.mac)
        self._outbox.to_link(link.link.name, frame)

    def _answered(
        self, link: IssuerLink, row: Row, mti: str, texts: Mapping[int, str], frame: bytes
    ) -> None:
        bill = row.bill
        if bill is None:
            return
        if (doubt := _doubt(link, self._outbox.at.elapsed_ns, mti, texts, frame)) is not None:
            # It stays queued, and is told again.
            self._disbelieve(link, row.record.rrn, doubt)
            return
        code = texts[39]
        if code in NOT_YET:
            return
        lines = from_host(texts.get(48, ""))
        if bill.state is BillState.CANCELLING:
            state = BillState.CANCELLED if code in SETTLED else BillState.PERSON
            if state is BillState.PERSON:
                self._outbox.report("bill_needs_a_person", rrn=row.record.rrn, why=code)
            self._settle(row, SettleBill(self._outbox.attempt(), row.key, state, code), lines)
        elif code in APPROVED:
            state = BillState.CONFIRMED
            self._settle(row, SettleBill(self._outbox.attempt(), row.key, state, code), lines)
        else:
            self._refused(row, code, lines)

    def _refused(self, row: Row, code: str, lines: str) -> None:
        """Reverse a debit whose bill was not confirmed; without a number, ask again later."""
        self._outbox.report("bill_not_confirmed", rrn=row.record.rrn, why=code)
        plan = self._reversing.plan(_REFUSED, self._advices.configuration)
        if plan is not None:
            state = BillState.CANCELLING
            operation = SettleBill(self._outbox.attempt(), row.key, state, code, plan)
            self._settle(row, operation, lines)

    def _settle(self, row: Row, operation: SettleBill, lines: str) -> None:
        self._outbox.submit(operation, partial(self._settled, row, operation, lines))

    def _settled(self, row: Row, operation: SettleBill, lines: str, outcome: Outcome) -> None:
        match outcome:
            case Closed(after):
                self._tell(after, operation, lines)
            case Superseded() | Missing():
                return
            case Unknown():
                again = partial(self._settle, row, operation, lines)
                self._outbox.after(RETRY_MS, again)
            case _:
                raise InvariantBroken(f"the end of a bill got {type(outcome).__name__}")

    def _tell(self, row: Row, operation: SettleBill, lines: str) -> None:
        if row.state is State.REVERSING:
            self._advices.wake()
        waiting = self._confirming.get(row.key)
        if waiting is not None:
            waiting[0].lines = lines or waiting[0].lines
            is_refused = operation.state is BillState.CANCELLING
            self._say(row.key, operation.told if is_refused else "")


class _Doubt(NamedTuple):
    """Why an answer of a host is not believed: an event of the log, and what it tells."""

    event: str
    facts: Mapping[str, str]


def _doubt(
    link: IssuerLink, now_ns: int, mti: str, texts: Mapping[int, str], frame: bytes
) -> _Doubt | None:
    """Return what is wrong with an answer, None where nothing is."""
    if link.wire.is_rejected(frame):
        # It has no code of its own (DE 39): what the header says is all there is.
        return _Doubt("answer_rejected_by_header", {"reject_code": link.wire.reject_code(frame)})
    if not link.is_authentic(mti, texts, now_ns):
        return _Doubt("answer_mac_wrong", {})
    if not texts.get(39):
        return _Doubt("answer_not_understood", {})
    return None
