"""Reversals and advices on their way: each is sent until acknowledged, or a person must look.

The queue is in the ledger; this sends what is due. 0420 is followed by 0421 with the same DE 7,
11 and 90; 0430 with 00 or 25 settles it, anything else is a manual case that keeps its hold. 0220
is followed by 0221, and a 0230 that approves settles it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from messages.crypto.vault import SealError
from messages.values import response_mti
from switch.core.configuration import Configuration
from switch.core.deadlines import NEVER
from switch.core.errors import InvariantBroken
from switch.core.issuers.line import IssuerLink
from switch.core.issuers.links import Links
from switch.core.issuers.messages import (
    REJECTED_BY_HEADER,
    advice_fields,
    reversal_fields,
    unseal,
)
from switch.core.issuers.pending import Waiting
from switch.core.operations import (
    Acknowledge,
    Advice,
    Answer,
    Claim,
    Row,
    TransactionKey,
)
from switch.core.outbox import RETRY_MS, Outbox
from switch.core.outcomes import (
    Claimed,
    Closed,
    Missing,
    Outcome,
    Unknown,
)
from switch.core.social.bill import FOLLOWS
from switch.core.terminals.answers import APPROVED
from switch.core.transaction import State
from switch.core.transfers.legs import is_transfer

SETTLED = frozenset({"00", "25"})
"""DE 39 of a 0430 that ends a reversal: done, or there was nothing to reverse."""
CLAIMED_AT_ONCE = 64
STRANDED_PER_LINK = 1_000
"""Reversals kept at hand for a line that is down; the rest comes as the ledger has it due."""
POLL_MS = 1_000
"""How often the queue is looked at while nothing else asks for it."""
_MILLISECOND_NS = 1_000_000
_TOLD = frozenset({State.ADVISED, State.CREDITING})
"""What is told until it is answered, and not taken back."""
_UNDECIDED = frozenset({"09", "68", "98", "A0"})
"""DE 39 of the answer to a credit that says nothing of the account: it is sent again."""
_ADVICE = "0220"
"""MTI of a credit whose request was not answered."""
_CREDIT = "29"
"""DE 3 of a pay-out."""
NOT_YET = frozenset({"09", "90", "91", "92", "96", "98"})
"""DE 39 by which a host says that it cannot say now: it is asked again."""
_REVERSAL, _REPEAT = "0420", "1"
"""MTI of a reversal, and MTI digit 4 of what is sent again."""


class StoreAndForward:
    """The sender of queued reversals."""

    def __init__(self, configuration: Configuration, outbox: Outbox, links: Links) -> None:
        """Begin with nothing claimed."""
        self.configuration = configuration
        self._outbox = outbox
        self._links = links
        self._is_claiming = False
        self._stranded: dict[str, dict[TransactionKey, Advice]] = {}
        self._look_ns = NEVER
        links.on_ready = self._send_stranded
        self.send_word: Callable[[Advice], None] = self._unsent
        """Sends what is queued about a bill, once nothing is to be reversed."""
        self.on_transfer: Callable[[Row], None] | None = None
        """Takes a transfer that is due: it has no message of its own."""
        self.on_leg: Callable[[Row], None] | None = None
        """Takes a leg whose message was answered for good."""

    def next_due_ns(self) -> int:
        """Return when the queue is looked at next, NEVER while it is being asked."""
        return NEVER if self._is_claiming else self._look_ns

    def wake(self) -> None:
        """Look at the queue as soon as possible: something was queued."""
        self._look_at(self._outbox.at.elapsed_ns)

    def _look_at(self, due_ns: int) -> None:
        self._look_ns = due_ns
        self._outbox.wake_by(due_ns)

    def expire(self, now_ns: int) -> None:
        """Claim what is due when it is time to look."""
        if self._is_claiming or now_ns < self._look_ns:
            return
        self._look_at(now_ns + POLL_MS * _MILLISECOND_NS)
        if not self._links.is_any_ready:
            return
        self._is_claiming = True
        operation = Claim(
            self._outbox.attempt(),
            self._outbox.incarnation,
            self._outbox.at.utc_ms,
            self.configuration.timers.advice_retry_ms,
            CLAIMED_AT_ONCE,
        )
        self._outbox.submit(operation, self._claimed)

    def _claimed(self, outcome: Outcome) -> None:
        self._is_claiming = False
        self._outbox.wake_by(self._look_ns)
        match outcome:
            case Claimed(advices):
                for advice in advices:
                    self._send(advice)
                if len(advices) == CLAIMED_AT_ONCE:
                    self.wake()
            case Unknown():
                return
            case _:
                raise InvariantBroken(f"a claim got {type(outcome).__name__}")

    def send_first(self, credit: Advice) -> None:
        """Send the request of a credit that has just become durable; its repeats are queued."""
        self._send(credit)

    def _send(self, advice: Advice) -> None:
        row = advice.row
        if row.bill is not None and row.state in FOLLOWS:
            self.send_word(advice)
            return
        if row.linked and self._is_transfer(row):
            return
        if row.plan is None:
            raise InvariantBroken("a queued reversal has no plan")
        if self._outbox.at.utc_ms >= row.plan.expires_ms:
            self._give_up(row, "expired")
            return
        link = self._links.get(row.record.link)
        if link is None or not link.is_ready:
            self.strand(row.record.link, advice)
            return
        try:
            sealed = unseal(row, self.configuration)
        except SealError as error:
            self._outbox.report("reversal_sealed", rrn=row.record.rrn, why=str(error))
            self._give_up(row, "sealed")
            return
        if row.state in _TOLD:
            mti, fields = row.record.mti, advice_fields(row, sealed, link.link.own_id)
            if row.state is State.CREDITING and advice.tries:
                mti = _ADVICE
        else:
            mti, fields = _REVERSAL, reversal_fields(row, sealed, link.link.own_id)
            if not link.wire.reversal_has_fee:
                fields.pop(28, None)
        self._expect(link, row, response_mti(mti), fields)
        sent_mti = mti if advice.tries <= 1 else f"{mti[:3]}{_REPEAT}"
        frame = link.wire.build(link.heads, sent_mti, fields, link.mac)
        self._outbox.to_link(link.link.name, frame)

    def strand(self, link: str, advice: Advice) -> None:
        """Keep what was claimed for a line that is down."""
        stranded = self._stranded.setdefault(link, {})
        if len(stranded) < STRANDED_PER_LINK:
            stranded[advice.row.key] = advice

    @property
    def word_ms(self) -> int:
        """How long the social-security host is given."""
        return self.configuration.timers.social_ms

    def _unsent(self, advice: Advice) -> None:
        raise InvariantBroken(f"nobody sends the word about the bill of {advice.row.record.rrn}")

    def _send_stranded(self, link: IssuerLink) -> None:
        """Send what was claimed while the line was down: its next turn may be minutes away."""
        for advice in self._stranded.pop(link.link.name, {}).values():
            self._send(advice)

    def _expect(self, link: IssuerLink, row: Row, mti: str, fields: Mapping[int, str]) -> None:
        timers = self.configuration.timers
        waiting = Waiting(
            mti,
            fields,
            (32, 33),
            partial(self._acknowledged, link, row),
            self.wake,
            self._outbox.at.elapsed_ns + timers.issuer_ms * _MILLISECOND_NS,
        )
        link.pending.add(fields[7], fields[11], waiting)

    def _acknowledged(
        self, link: IssuerLink, row: Row, mti: str, texts: Mapping[int, str], frame: bytes
    ) -> None:
        code = texts.get(39, "")
        if link.wire.is_rejected(frame):
            rejected = link.wire.reject_code(frame)
            if row.state is State.CREDITING:
                # An earlier copy may have been carried out: only its bank can say.
                told = {"rrn": row.record.rrn, "link": link.link.name, "reject_code": rejected}
                self._outbox.report("credit_rejected_by_header", **told)
                return
            self._give_up(row, f"{REJECTED_BY_HEADER} {rejected}")
        elif not link.is_authentic(mti, texts, self._outbox.at.elapsed_ns):
            self._outbox.report("answer_mac_wrong", link=link.link.name, rrn=row.record.rrn)
        elif row.state is State.CREDITING:
            self._credited(row, code, texts)
        elif row.state is State.ADVISED and code in APPROVED:
            self._end(row, State.APPROVED, code)
        elif row.record.processing_code[:2] == _CREDIT:
            # A pay-out that its issuer refuses is rejected; whoever ordered it pays another way.
            if code not in NOT_YET:
                self._end(row, State.DECLINED, code)
        elif row.state is not State.ADVISED and code in SETTLED:
            self._end(row, State.REVERSED, code)
        else:
            self._give_up(row, code)

    def _credited(self, row: Row, code: str, texts: Mapping[int, str]) -> None:
        """Take what a bank says of the credit of a transfer."""
        if not code or code in _UNDECIDED:
            self._outbox.report("credit_undecided", rrn=row.record.rrn, code=code)
            return
        at = self._outbox.local
        answer = Answer(at.time, at.date, at.date, row.record.rrn, texts.get(38, ""), code, "")
        state = State.APPROVED if code in APPROVED else State.DECLINED
        self._end(row, state, code, answer)

    def _is_transfer(self, row: Row) -> bool:
        """Hand a transfer that is due to whoever takes it up; False for anything else."""
        if not is_transfer(row):
            return False
        if self.on_transfer is not None:
            self.on_transfer(row)
        return True

    def _give_up(self, row: Row, why: str) -> None:
        """Leave it to a person: nothing more is sent."""
        is_advice = row.state in _TOLD
        event = "advice_needs_a_person" if is_advice else "reversal_needs_a_person"
        self._outbox.report(event, rrn=row.record.rrn, why=why)
        self._end(row, State.ADVICE_EXPIRED if is_advice else State.REVERSAL_EXPIRED, why)

    def _end(self, row: Row, state: State, why: str, answer: Answer | None = None) -> None:
        operation = Acknowledge(self._outbox.attempt(), row.key, state, why, answer)
        self._outbox.submit(operation, partial(self._ended, operation))

    def _ended(self, operation: Acknowledge, outcome: Outcome) -> None:
        match outcome:
            case Closed(row):
                if row.linked and self.on_leg is not None:
                    self.on_leg(row)
            case Missing():
                return
            case Unknown():
                # The same attempt again gets the first result, whether there was one or not.
                again = partial(self._outbox.submit, operation, partial(self._ended, operation))
                self._outbox.after(RETRY_MS, again)
            case _:
                raise InvariantBroken(f"an acknowledgement got {type(outcome).__name__}")
