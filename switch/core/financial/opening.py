"""Opening (stop 10 of the walk): repeats, numbers, the cap hold and the intent in one operation.

A repeat of what is in flight joins it; a repeat of what has finished gets 94, or what its first was
told. Neither is ever forwarded.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace

from messages.reasons import Reason
from routing.table import Candidate
from switch.core.errors import InvariantBroken
from switch.core.financial.closing import Closing
from switch.core.financial.in_flight import InFlight
from switch.core.financial.originals import judge, spent
from switch.core.financial.rerouting import no_line, over
from switch.core.incarnation.trace_numbers import Numbers, rrn_text
from switch.core.issuers.line import IssuerLink
from switch.core.issuers.links import Links
from switch.core.issuers.messages import NO_REASON, private_60_tail
from switch.core.issuers.pins import translate_pin
from switch.core.operations import (
    Answer,
    CapCheck,
    FindOriginal,
    Open,
    Resolve,
    ReversalPlan,
    Row,
)
from switch.core.outbox import RETRY_MS, Outbox
from switch.core.outcomes import (
    CapExceeded,
    Clashed,
    Forestalled,
    Found,
    Opened,
    OriginalNotFound,
    Outcome,
    Overtaken,
    Repeated,
    Resolved,
    Spent,
    Unknown,
)
from switch.core.rules import Decline, Rule
from switch.core.social.bills import Bills
from switch.core.terminals.answers import APPROVED, Extra
from switch.core.terminals.identity import identify, record_of
from switch.core.terminals.request import Transaction
from switch.core.terminals.teller import Teller
from switch.core.transaction import State
from switch.core.transfers.counters import withdrawal_day

_NUMBERS_EACH = 2
"""One DE 11 for its own message, and one that is kept for its reversal."""


class Opening:
    """Takes what has walked to the ledger's door."""

    def __init__(
        self,
        outbox: Outbox,
        teller: Teller,
        links: Links,
        closing: tuple[Closing, Bills],
        numbers: tuple[Numbers, Numbers],
    ) -> None:
        """Hand what is opened to its bill or its issuer; `numbers` are those of STAN and RRN."""
        self._outbox = outbox
        self._teller = teller
        self._links = links
        self._closing, self._bills = closing
        self.in_flight: InFlight = self._closing.in_flight
        self._stans, self._rrns = numbers
        self.is_usable = links.is_usable
        self.begin_transfer: Callable[[Transaction], Decline | None]
        """What a transfer is opened by, in place of one `Open`."""

    def open(self, txn: Transaction) -> Decline | None:
        """Take a transaction that walked to its end: hold, intent, and on to the issuer.

        What is returned is a refusal that nobody has been told yet.
        """
        identify(txn)
        before = self.in_flight.with_key(txn.key)
        if before is not None:
            return self._join(before, txn)
        refusal = self.in_flight.refused(txn) or self._tried(txn)
        if refusal is not None:
            self.in_flight.remember(txn, refusal)
        return refusal

    def refuse_for_its_day(self, txn: Transaction, refusal: Decline) -> None:
        """Refuse what its day or the registry does not admit, unless an earlier copy was let in.

        That copy came before a midnight or a reload, and what became of it stands; and a copy of
        what was refused then is refused as before, whatever is open by now.
        """
        identify(txn)
        before = self.in_flight.with_key(txn.key)
        if before is not None:
            if (clash := self._join(before, txn)) is not None:
                self.in_flight.refuse(txn, clash)
        elif (known := self.in_flight.refused(txn)) is not None:
            self.in_flight.refuse(txn, known)
        else:
            self.in_flight.keep(txn)
            self._look_back(txn, refusal)

    def keep_refused(self, txn: Transaction, decline: Decline) -> None:
        """Remember an advice that was refused before it could be opened, for its original's sake.

        While a copy of it is in flight, that one decides.
        """
        if not txn.rule.is_advice:
            return
        identify(txn)
        if self.in_flight.with_key(txn.key) is None:
            self.in_flight.remember(txn, decline)

    def _tried(self, txn: Transaction) -> Decline | None:
        """Open a transaction that is neither in flight nor refused; return a refusal to tell."""
        line = txn.line if _is_payee_reached(txn) else None
        if txn.rule.is_advice:
            return self._open(txn, self._links[txn.link])
        refusal = no_line(txn) if line is None else self._unready(txn, line)
        if line is None or refusal is not None:
            # It may repeat what was answered long ago, and that answer stands.
            self.in_flight.keep(txn)
            self._look_back(txn, refusal or no_line(txn))
            return None
        link = self._links[line.link]
        if (refusal := translate_pin(txn, link)) is not None:
            return refusal
        if txn.part is not None:
            return self.begin_transfer(txn)
        return _capped(txn) or self._open(txn, link)

    def open_leg(self, leg: Transaction) -> Decline | None:
        """Open the debit of a transfer; what becomes of it is told to its `then`."""
        return self._open(leg, self._links[leg.link])

    def _open(self, txn: Transaction, link: IssuerLink) -> Decline | None:
        outbox = self._outbox
        txn.transmission = outbox.local.transmission
        stan = self._links.take_stan(link, txn.transmission)
        rrn = self._rrns.take() if stan is not None else None
        if stan is None or rrn is None:
            return Decline(Reason.SYSTEM_ERROR, Rule.NUMBERS_AT_HAND)
        if txn.rule.reversal is not None:
            self._stans.promise()
            txn.promised = True
        txn.stan, txn.rrn = stan, rrn_text(rrn, txn.local.day)
        txn.tail = private_60_tail(txn)
        self.in_flight.keep(txn)
        self._submit(txn)
        return None

    def _submit(self, txn: Transaction) -> None:
        outbox = self._outbox
        txn.attempt = outbox.attempt()
        plan = accepted = None
        if txn.rule.is_advice:
            plan, accepted = self._plan(txn), self._accepted(txn)
        make = partial(_opening, txn, outbox.at.utc_ms, outbox.incarnation, plan, accepted)
        outbox.submit_later(make, partial(self._opened, txn))

    def _plan(self, txn: Transaction) -> ReversalPlan:
        """Return the identity of an advice's 0220, due at once."""
        due_ms = self._outbox.at.utc_ms
        expires_ms = due_ms + txn.configuration.timers.advice_expiry_ms
        return ReversalPlan(txn.stan, txn.transmission, NO_REASON, due_ms, expires_ms)

    def _accepted(self, txn: Transaction) -> Answer:
        """Return what a terminal is told of its advice once that is durable."""
        return self._teller.answer(txn, self._teller.code_for(txn, Reason.APPROVED), "", "")

    def _go_on(self, txn: Transaction) -> None:
        """Forward what is open; an advice is accepted, and forwarded from the queue."""
        if txn.rule.is_advice:
            self._closing.accept(txn, self._accepted(txn))
        elif txn.bill is not None:
            self._bills.reserve(txn)
        else:
            self._closing.forward(txn)

    def _unready(self, txn: Transaction, line: Candidate) -> Decline | None:
        txn.trace += over(line)
        if self._stans.free < _NUMBERS_EACH or not self._rrns.free:
            return Decline(Reason.SYSTEM_ERROR, Rule.NUMBERS_AT_HAND)
        return None

    def _join(self, before: Transaction, again: Transaction) -> Decline | None:
        """Send the one answer to the newest connection: this repeats what is in flight."""
        if before.fingerprint != again.fingerprint:
            return _clash(again)
        if before.answered:
            return Decline(Reason.DUPLICATE, Rule.FIRST_OF_ITS_KEY, {"rrn": before.rrn})
        before.request.connection = again.request.connection
        before.request.frame = again.request.frame
        before.mac = again.mac
        self.in_flight.finish(again)
        self._outbox.report("repeat_joined", terminal=again.terminal.id, rrn=before.rrn)
        return None

    def _look_back(self, txn: Transaction, refusal: Decline) -> None:
        operation = FindOriginal(self._outbox.attempt(), txn.key)
        self._outbox.submit(operation, partial(self._looked_back, txn, refusal))

    def _looked_back(self, txn: Transaction, refusal: Decline, outcome: Outcome) -> None:
        match outcome:
            case Found(row):
                self.seen_before(txn, row)
            case OriginalNotFound():
                self.in_flight.refuse_for_good(txn, refusal)
            case Unknown():
                self._outbox.after(RETRY_MS, partial(self._look_back, txn, refusal))
            case _:
                raise InvariantBroken(f"a look back got {type(outcome).__name__}")

    def _opened(self, txn: Transaction, outcome: Outcome) -> None:
        match outcome:
            case Opened():
                self._go_on(txn)
            case CapExceeded(limit_fen, committed_fen, held_fen):
                facts: dict[str, object] = {
                    "cap_fen": limit_fen,
                    "used_fen": committed_fen,
                    "held_fen": held_fen,
                    "asked_fen": txn.amount_fen,
                }
                if txn.part is None:
                    decline = Decline(Reason.DAILY_CAP_EXCEEDED, Rule.DAILY_CAP, facts)
                else:
                    decline = Decline(Reason.DAILY_CAP_EXCEEDED, Rule.COUNTER_ROOM, facts)
                self._refuse_unopened(txn, decline)
            case Repeated(row) | Clashed(row):
                self.seen_before(txn, row)
            case Forestalled() | OriginalNotFound():
                self._refuse_unopened(
                    txn, Decline(Reason.ORIGINAL_NOT_FOUND, Rule.FIRST_OF_ITS_KEY)
                )
            case Spent():
                self._refuse_unopened(txn, spent(txn, outcome))
            case Overtaken(row):
                # Others took of the same original meanwhile: its part of the fee is another now.
                if (refusal := judge(txn, row)) is not None:
                    self._refuse_unopened(txn, refusal)
                else:
                    self._submit(txn)
            case Unknown():
                txn.move(State.OPEN_UNKNOWN)
                self._resolve(txn)
            case _:
                raise InvariantBroken(f"an open got {type(outcome).__name__}")

    def _refuse_unopened(self, txn: Transaction, decline: Decline) -> None:
        """Refuse what the ledger did not open: its RRN names nothing."""
        txn.rrn = ""
        self.in_flight.refuse_for_good(txn, decline)

    def seen_before(self, txn: Transaction, row: Row) -> None:
        """Answer what is not the first of its key: 94, or what its first was told."""
        txn.rrn = ""
        if row.fingerprint != txn.fingerprint:
            self.in_flight.refuse(txn, _clash(txn))
            return
        answer = row.answer
        # An approval that was reversed since is not said again.
        is_true = answer is not None and (
            row.state is State.APPROVED or answer.code not in APPROVED
        )
        if txn.configuration.repeats_get_stored_answer and answer is not None and is_true:
            if not txn.answered:
                said = replace(answer, balances="")
                record = row.record
                extra = Extra(record.acquirer, record.issuer, fee_fen=record.fee_fen)
                self._teller.say(txn, said, extra)
            self.in_flight.finish(txn)
        else:
            facts: dict[str, object] = {"original": row.record.rrn, "state": row.state.name}
            self.in_flight.refuse(txn, Decline(Reason.DUPLICATE, Rule.FIRST_OF_ITS_KEY, facts))

    def _resolve(self, txn: Transaction) -> None:
        operation = Resolve(self._outbox.attempt(), txn.attempt, txn.key)
        self._outbox.submit(operation, partial(self._resolved, txn))

    def _resolved(self, txn: Transaction, outcome: Outcome) -> None:
        match outcome:
            case Resolved("done", _):
                if txn.rule.is_advice:
                    self._go_on(txn)
                else:
                    self._closing.close_unsent(txn)
            case Resolved(_, Row() as row) if row.state is not State.FORESTALLED:
                self.seen_before(txn, row)
            case Resolved():
                self._refuse_unopened(
                    txn, Decline(Reason.ROUTE_UNAVAILABLE, Rule.FORWARDED_IN_TIME)
                )
            case Unknown():
                self._outbox.after(RETRY_MS, partial(self._resolve, txn))
            case _:
                raise InvariantBroken(f"a resolve got {type(outcome).__name__}")


def _capped(txn: Transaction) -> Decline | None:
    """Say what a withdrawal is held against; refuse it where no cap is in force yet."""
    business = txn.rule.business
    if business is None or not business.counts_to_cap or not txn.configuration.is_cap_kept:
        return None
    cap = txn.configuration.cap_on(txn.local.day)
    if cap is None:
        return Decline(Reason.SERVICE_NOT_OPEN, Rule.DAILY_CAP)
    day = withdrawal_day(txn.local.day, txn.acquirer, txn.configuration)
    txn.cap = CapCheck(day, cap.limit_fen)
    return None


def _is_payee_reached(txn: Transaction) -> bool:
    """Tell whether a line leads to whoever is paid, where somebody is."""
    part = txn.part
    return part is None or part.payee is None or part.payee.line is not None


def _opening(
    txn: Transaction,
    opened_ms: int,
    incarnation: int,
    plan: ReversalPlan | None,
    accepted: Answer | None,
) -> Open:
    """Return the operation that opens a transaction, and give it its record."""
    txn.record = record_of(txn, opened_ms)
    return Open(
        txn.attempt,
        txn.key,
        txn.fingerprint,
        txn.record,
        txn.cap,
        incarnation,
        txn.rule.reversal is not None,
        txn.taking,
        plan,
        accepted,
        txn.bill,
        txn.part.linked if txn.part is not None else (),
    )


def _clash(txn: Transaction) -> Decline:
    """Refuse a request whose key another one had: always 94, and always reported."""
    why: dict[str, object] = {"why": "another request had this key", "kind": txn.rule.id}
    return Decline(Reason.DUPLICATE, Rule.FIRST_OF_ITS_KEY, why)
