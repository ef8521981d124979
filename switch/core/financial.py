"""Financial requests from their frame to their answer: session, walk, open, forward, close.

One method per stop that can suspend; what comes back later comes back as a callback of the outbox.
Whatever the ledger does, a terminal is answered before its own timer ends, and what was answered
98 is reversed even if its close turns out approved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from messages.crypto.pin import PinBlockError, translate
from messages.reasons import Reason
from switch.core.configuration import Configuration
from switch.core.errors import InvariantBroken
from switch.core.incarnation.trace_numbers import Numbers, rrn_text, stan_text
from switch.core.issuers.links import IssuerLink, Links
from switch.core.issuers.messages import request_fields
from switch.core.issuers.pending import Waiting
from switch.core.issuers.store_and_forward import StoreAndForward
from switch.core.moment import local
from switch.core.operations import (
    Answer,
    CapCheck,
    CapExceeded,
    Clashed,
    Close,
    Closed,
    Fenced,
    Forestalled,
    Missing,
    Open,
    Opened,
    Outcome,
    Repeated,
    Resolve,
    Resolved,
    ReversalPlan,
    Reverse,
    Row,
    Superseded,
    TransactionKey,
    Unknown,
)
from switch.core.outbox import Outbox
from switch.core.rules import Decline, Rule
from switch.core.terminals.answers import Extra
from switch.core.terminals.intake import identify, record_of
from switch.core.terminals.request import Transaction
from switch.core.terminals.teller import Teller
from switch.core.transaction import State

_MILLISECOND_NS = 1_000_000
_APPROVED = frozenset({"00", "11", "A2", "A4", "A5", "A6"})
"""Class A but 10: a partial approval that nobody asked for is reversed."""
_PARTIAL = "10"
_TIMED_OUT, _TOO_LATE, _MALFUNCTION = "4021", "4006", "4002"
"""Reversal reasons (DE 60.1): ISO 8583:1993 message reason codes."""
_RESERVE = 1_000
"""Numbers kept for reversals: nothing new is opened with fewer at hand."""
RETRY_MS = 100
"""Before an operation of unknown outcome is submitted again."""


class Financial:
    """The financial transactions in flight in this process."""

    def __init__(
        self,
        outbox: Outbox,
        teller: Teller,
        links: Links,
        advices: StoreAndForward,
        numbers: tuple[Numbers, Numbers],
    ) -> None:
        """Begin with none in flight; `numbers` are those of STAN and RRN."""
        self._outbox = outbox
        self._teller = teller
        self._links = links
        self._advices = advices
        self.stans, self.rrns = numbers
        self._in_flight: dict[int, Transaction] = {}
        self._by_key: dict[TransactionKey, Transaction] = {}

    @property
    def in_flight(self) -> int:
        """Transactions between their frame and their answer."""
        return len(self._in_flight)

    def next_due_ns(self) -> int | None:
        """Return when the oldest transaction must be answered."""
        for txn in self._in_flight.values():
            return txn.answer_due_ns
        return None

    def expire(self, now_ns: int) -> None:
        """Answer whoever would otherwise give up on us, oldest first."""
        while self._in_flight:
            txn = next(iter(self._in_flight.values()))
            if txn.answer_due_ns > now_ns:
                return
            self._overdue(txn)

    # ------------------------------------------------------------------------------------- open

    def open(self, txn: Transaction) -> None:
        """Take a transaction that walked to its end: hold, intent, and on to the issuer."""
        link = self._links[txn.issuer.link]
        if refusal := self._unready(txn, link) or self._translate_pin(txn, link):
            self._refuse(txn, refusal)
            return
        identify(txn)
        before = self._by_key.get(txn.key)
        if before is not None:
            self._join(before, txn)
            return
        stan, rrn = self.stans.take(), self.rrns.take()
        if stan is None or rrn is None:
            self._refuse(txn, Decline(Reason.SYSTEM_ERROR, Rule.NUMBERS_AT_HAND))
            return
        business = txn.rule.business
        if business is not None and business.counts_to_cap:
            cap = txn.configuration.cap_on(txn.local.day)
            if cap is None:
                self._refuse(txn, Decline(Reason.SERVICE_NOT_OPEN, Rule.DAILY_CAP))
                return
            txn.cap = CapCheck(txn.local.day, cap.limit_fen)
        txn.stan, txn.rrn = stan_text(stan), rrn_text(rrn, txn.local.day)
        txn.transmission = self._outbox.local.transmission
        txn.attempt = self._outbox.attempt()
        txn.record = record_of(txn, self._outbox.at.utc_ms)
        self._in_flight[txn.ticket] = txn
        self._by_key[txn.key] = txn
        operation = Open(
            txn.attempt,
            txn.key,
            txn.fingerprint,
            txn.record,
            txn.cap,
            self._outbox.incarnation,
            txn.rule.reversal is not None,
        )
        self._outbox.submit(operation, partial(self._opened, txn))

    def _unready(self, txn: Transaction, link: IssuerLink) -> Decline | None:
        limits = txn.configuration.limits
        if not link.is_ready or len(link.pending) >= limits.pending_per_link:
            facts: dict[str, object] = {"link": link.link.name}
            return Decline(Reason.ROUTE_UNAVAILABLE, Rule.LINK_READY, facts)
        txn.trace.append(Rule.LINK_READY)
        if (
            len(self._in_flight) >= limits.transactions_in_flight
            or self.stans.left < _RESERVE
            or not self.rrns.left
        ):
            return Decline(Reason.SYSTEM_ERROR, Rule.NUMBERS_AT_HAND)
        return None

    def _translate_pin(self, txn: Transaction, link: IssuerLink) -> Decline | None:
        request, pik = txn.request, txn.pik
        if request.pin_block is None or pik is None:
            return None
        pan = request.pan
        from_pan = None if (request.security or "")[:1] == _PIN_WITHOUT_PAN else pan
        try:
            block = translate(bytes.fromhex(request.pin_block), pik, link.pik, from_pan, pan)
        except PinBlockError as error:
            why: dict[str, object] = {"why": error.reason}
            return Decline(Reason.PIN_BLOCK_WRONG, Rule.PIN_BLOCK_GOOD, why)
        txn.translated_pin = block.hex().upper()
        txn.link_pik_version = link.pik_version
        txn.trace.append(Rule.PIN_BLOCK_GOOD)
        return None

    def _join(self, before: Transaction, again: Transaction) -> None:
        """Send the one answer to the newest connection: this repeats what is in flight."""
        if before.fingerprint != again.fingerprint:
            self._refuse(again, Decline(Reason.DUPLICATE, Rule.FIRST_OF_ITS_KEY))
            return
        before.request.connection = again.request.connection
        before.request.frame = again.request.frame
        self._outbox.report("repeat_joined", terminal=again.terminal.id, rrn=before.rrn)

    def _opened(self, txn: Transaction, outcome: Outcome) -> None:
        match outcome:
            case Opened():
                self._forward(txn)
            case CapExceeded(limit_fen, committed_fen, held_fen):
                facts: dict[str, object] = {
                    "cap_fen": limit_fen,
                    "used_fen": committed_fen,
                    "held_fen": held_fen,
                    "asked_fen": txn.amount_fen,
                }
                self._refuse(txn, Decline(Reason.DAILY_CAP_EXCEEDED, Rule.DAILY_CAP, facts))
            case Repeated(row):
                self._repeated(txn, row)
            case Clashed():
                self._refuse(txn, Decline(Reason.DUPLICATE, Rule.FIRST_OF_ITS_KEY))
            case Forestalled():
                self._refuse(txn, Decline(Reason.ORIGINAL_NOT_FOUND, Rule.FIRST_OF_ITS_KEY))
            case Unknown():
                txn.state = State.OPEN_UNKNOWN
                self._resolve(txn)
            case _:
                raise InvariantBroken(f"an open got {type(outcome).__name__}")

    def _repeated(self, txn: Transaction, row: Row) -> None:
        if row.state is State.FORWARDED:
            self._refuse(txn, Decline(Reason.IN_PROGRESS, Rule.FIRST_OF_ITS_KEY))
        elif txn.configuration.repeats_get_stored_answer and row.answer is not None:
            self._teller.say(txn, row.answer, Extra(row.record.acquirer, row.record.issuer))
            self._finish(txn)
        else:
            self._refuse(txn, Decline(Reason.DUPLICATE, Rule.FIRST_OF_ITS_KEY))

    def _resolve(self, txn: Transaction) -> None:
        operation = Resolve(self._outbox.attempt(), txn.attempt, txn.key)
        self._outbox.submit(operation, partial(self._resolved, txn))

    def _resolved(self, txn: Transaction, outcome: Outcome) -> None:
        match outcome:
            case Resolved("done", _):
                self._close_unsent(txn)
            case Resolved():
                self._refuse(txn, Decline(Reason.ROUTE_UNAVAILABLE, Rule.FORWARDED_IN_TIME))
            case Unknown():
                self._outbox.after(RETRY_MS, partial(self._resolve, txn))
            case _:
                raise InvariantBroken(f"a resolve got {type(outcome).__name__}")

    # ---------------------------------------------------------------------------------- forward

    def _forward(self, txn: Transaction) -> None:
        if txn.is_reversed:
            # Its 0420 is durable and the issuer never saw it: 25 will be its answer.
            self._finish(txn)
            return
        timers, link = txn.configuration.timers, self._links[txn.issuer.link]
        latest_ns = txn.answer_due_ns - timers.issuer_ms * _MILLISECOND_NS
        if txn.answered or self._outbox.at.elapsed_ns > latest_ns or not link.is_ready:
            self._close_unsent(txn)
            return
        if txn.link_pik_version != link.pik_version and txn.translated_pin is not None:
            self._translate_pin(txn, link)
        fields = request_fields(txn, txn.translated_pin)
        txn.state = State.FORWARDED
        waiting = Waiting(
            mti=_ANSWER_OF[txn.request.mti],
            echoed={n: fields[n] for n in _ECHOED if n in fields},
            then=partial(self._issuer_answered, txn, link),
            timed_out=partial(self._doubt, txn, _TIMED_OUT),
            due_ns=self._outbox.at.elapsed_ns + timers.issuer_ms * _MILLISECOND_NS,
        )
        link.pending.add(txn.transmission, txn.stan, waiting)
        frame = link.wire.build(link.heads, txn.request.mti, fields, link.mac)
        self._outbox.to_link(link.link.name, frame)

    def _issuer_answered(
        self,
        txn: Transaction,
        link: IssuerLink,
        mti: str,
        texts: Mapping[int, str],
        frame: bytes,
    ) -> None:
        code = texts.get(39, "")
        if link.wire.is_rejected(frame):
            self._outbox.report("answer_rejected_by_header", link=link.link.name, rrn=txn.rrn)
            self._doubt(txn, _MALFUNCTION)
        elif not link.is_authentic(mti, texts, self._outbox.at.elapsed_ns):
            self._outbox.report("answer_mac_wrong", link=link.link.name, rrn=txn.rrn)
            self._doubt(txn, _MALFUNCTION)
        elif code == _PARTIAL or not code:
            self._outbox.report("answer_not_understood", link=link.link.name, rrn=txn.rrn)
            self._doubt(txn, _MALFUNCTION)
        else:
            txn.issuer_chip = texts.get(55)
            answer = self._teller.answer(txn, code, texts.get(38, ""), texts.get(54, ""))
            state = State.APPROVED if code in _APPROVED else State.DECLINED
            txn.state = State.CLOSING
            self._close(txn, state, answer, None)

    # ------------------------------------------------------------------------------------ close

    def _close(
        self, txn: Transaction, state: State, answer: Answer | None, plan: ReversalPlan | None
    ) -> None:
        operation = Close(
            self._outbox.attempt(),
            txn.key,
            self._outbox.incarnation,
            state,
            answer.code if answer else "",
            answer,
            plan,
        )
        self._outbox.submit(operation, partial(self._closed, txn, operation))

    def _close_unsent(self, txn: Transaction) -> None:
        if not txn.answered:
            decline = Decline(Reason.ROUTE_UNAVAILABLE, Rule.FORWARDED_IN_TIME)
            self._teller.refuse(txn, decline)
        self._close(txn, State.UNSENT, None, None)

    def _doubt(self, txn: Transaction, reason: str) -> None:
        """Say 98 now and close with a 0420: nobody knows what the issuer did."""
        if not txn.answered:
            self._teller.refuse(txn, Decline(Reason.ISSUER_SILENT, Rule.FORWARDED_IN_TIME))
        if txn.rule.reversal is None:
            self._close(txn, State.DECLINED, None, None)
        else:
            self._close(txn, State.IN_DOUBT, None, self.plan(reason, txn.configuration))

    def _closed(self, txn: Transaction, operation: Close, outcome: Outcome) -> None:
        match outcome:
            case Closed(row):
                self._after_close(txn, operation, row)
            case Superseded(row):
                self._outbox.report("answer_superseded", rrn=txn.rrn, state=row.state.name)
                self._finish(txn)
            case Fenced() | Missing():
                # Another process took the transaction over, and reverses it.
                self._outbox.report("close_fenced", rrn=txn.rrn)
                if not txn.answered:
                    self._teller.refuse(txn, Decline(Reason.ISSUER_SILENT, Rule.FORWARDED_IN_TIME))
                self._finish(txn)
            case Unknown():
                txn.state = State.CLOSE_UNKNOWN
                # The same attempt again gets the first result, whether there was one or not.
                again = partial(
                    self._outbox.submit, operation, partial(self._closed, txn, operation)
                )
                self._outbox.after(RETRY_MS, again)
            case _:
                raise InvariantBroken(f"a close got {type(outcome).__name__}")

    def _after_close(self, txn: Transaction, operation: Close, row: Row) -> None:
        if operation.state is State.IN_DOUBT:
            self._advices.wake()
        elif operation.answer is not None and not txn.answered:
            self._teller.say(
                txn,
                operation.answer,
                Extra(row.record.acquirer, row.record.issuer, txn.issuer_chip),
            )
        elif row.state is State.APPROVED:
            self._reverse_answered(txn)
        self._finish(txn)

    def _reverse_answered(self, txn: Transaction) -> None:
        """Take an approval back that became durable after the terminal was told 98."""
        operation = Reverse(
            self._outbox.attempt(),
            txn.key,
            self._outbox.incarnation,
            _TOO_LATE,
            self.plan(_TOO_LATE, txn.configuration),
            txn.record,
        )
        self.submit_reverse(operation, lambda _: self._advices.wake())

    def submit_reverse(self, operation: Reverse, then: Callable[[Outcome], None]) -> None:
        """Have a reversal decided, as often as it takes to know."""

        def decided(outcome: Outcome) -> None:
            if isinstance(outcome, Unknown):
                again = partial(self._outbox.submit, operation, decided)
                self._outbox.after(RETRY_MS, again)
            else:
                then(outcome)

        self._outbox.submit(operation, decided)

    def note_reversal(self, key: TransactionKey) -> None:
        """Remember that a terminal reversed this: it is never forwarded from now on."""
        txn = self._by_key.get(key)
        if txn is not None:
            txn.is_reversed = True

    def plan(self, reason: str, configuration: Configuration) -> ReversalPlan:
        """Return the identity of a new 0420; numbers are kept in reserve for it."""
        number = self.stans.take()
        if number is None:
            raise InvariantBroken("no number is left for a reversal")
        at = self._outbox.at
        return ReversalPlan(
            stan_text(number),
            local(at.utc_ms).transmission,
            reason,
            at.utc_ms,
            at.utc_ms + configuration.timers.advice_expiry_ms,
        )

    # ----------------------------------------------------------------------------------- answer

    def _overdue(self, txn: Transaction) -> None:
        """Answer in time whatever the ledger does; what comes of it later is settled then."""
        if not txn.answered:
            is_open = txn.state in {State.OPENING, State.OPEN_UNKNOWN}
            reason = Reason.ROUTE_UNAVAILABLE if is_open else Reason.ISSUER_SILENT
            self._teller.refuse(txn, Decline(reason, Rule.FORWARDED_IN_TIME))
        # It stays in flight until the ledger speaks, at the end of the queue.
        self._in_flight.pop(txn.ticket)
        txn.answer_due_ns = self._outbox.at.elapsed_ns + _AGAIN_NS
        self._in_flight[txn.ticket] = txn

    def _refuse(self, txn: Transaction, decline: Decline) -> None:
        if not txn.answered:
            self._teller.refuse(txn, decline)
        self._finish(txn)

    def _finish(self, txn: Transaction) -> None:
        self._in_flight.pop(txn.ticket, None)
        if txn.attempt and self._by_key.get(txn.key) is txn:
            del self._by_key[txn.key]


_AGAIN_NS = 3_600 * 1_000_000_000
_PIN_WITHOUT_PAN = "1"
_ECHOED = (3, 4, 32, 33, 41, 42)
_ANSWER_OF = {"0100": "0110", "0200": "0210"}
