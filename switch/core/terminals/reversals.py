"""A terminal's 0400: durable before it is answered, idempotent, whatever the original did.

It is matched by DE 41 + 42 + its own 60.2 + 11 and the card, under the MAC key in force, whatever
batch is open now; it goes where its original went, never by BIN again.
"""

from __future__ import annotations

from functools import partial

from messages.dialects.dialect import TransactionRule
from messages.reasons import Reason
from messages.values import mask_pan
from switch.core.configuration import Configuration, Terminal
from switch.core.errors import InvariantBroken
from switch.core.financial.in_flight import InFlight
from switch.core.financial.reversing import Reversing
from switch.core.issuers.store_and_forward import StoreAndForward
from switch.core.operations import (
    Answer,
    Record,
    Reverse,
    Row,
)
from switch.core.outbox import Outbox
from switch.core.outcomes import (
    NothingToReverse,
    NotReversible,
    OriginalNotFound,
    Outcome,
    ReversalQueued,
)
from switch.core.terminals.answers import SIGN_ON_AGAIN, Extra, financial, mac_for
from switch.core.terminals.identity import transaction_key
from switch.core.terminals.intake import mac_decline
from switch.core.terminals.request import Request, TerminalKeys
from switch.core.terminals.sessions import Sessions
from switch.core.terminals.wire import TerminalWires

_REASONS = {"98": "4021", "A0": "4002", "06": "4007", "96": "4002"}
"""DE 39 of a 0400 -> DE 60.1 of the 0420 (ISO 8583:1993 message reason codes)."""
_UNSPECIFIED = "4001"


class Reversals:
    """Takes reversals from terminals."""

    def __init__(
        self,
        outbox: Outbox,
        wire: TerminalWires,
        sessions: Sessions,
        transactions: tuple[InFlight, Reversing],
        advices: StoreAndForward,
    ) -> None:
        """Work beside the transactions in flight."""
        self._outbox = outbox
        self._wire = wire
        self._sessions = sessions
        self._in_flight, self._reversing = transactions
        self._advices = advices
        self._kinds: dict[str, tuple[TransactionRule, ...]] = {}
        for rule in (rule for each in wire.all for rule in each.dialect.transactions):
            if rule.reversal_mti is not None:
                self._kinds[rule.reversal_mti] = (*self._kinds.get(rule.reversal_mti, ()), rule)

    def handles(self, mti: str) -> bool:
        """Tell whether messages of this MTI are reversals."""
        return mti in self._kinds

    def begin(self, request: Request, configuration: Configuration) -> None:
        """Take a reversal; every outcome is an 0410."""
        terminal = configuration.terminals.get(request.terminal or "")
        if terminal is None:
            self._answer(request, Reason.TERMINAL_UNKNOWN, None)
        elif request.merchant != terminal.merchant:
            self._answer(request, Reason.MERCHANT_UNKNOWN, None)
        else:
            then = partial(self._check, request, terminal, configuration)
            keys = self._sessions.at_hand(request)
            if keys is None:
                self._sessions.load(terminal.id, configuration, partial(then, True))  # noqa: FBT003
            else:
                then(False, keys)  # noqa: FBT003 - the copy, which may be old

    def _check(
        self,
        request: Request,
        terminal: Terminal,
        configuration: Configuration,
        is_fresh: bool,  # noqa: FBT001 - bound by position before the keys are known
        keys: TerminalKeys | None,
    ) -> None:
        # Whatever batch is open, and signed off or not: the last working key proves it.
        decline = mac_decline(request, keys)
        if decline is not None and not is_fresh:
            again = partial(self._check, request, terminal, configuration, True)  # noqa: FBT003
            self._sessions.load(terminal.id, configuration, again)
        elif decline is not None:
            self._answer(request, decline.reason, keys)
        elif not self._is_known(request):
            self._answer(request, Reason.TRANSACTION_UNKNOWN, keys)
        elif not request.pan or not request.stan or not request.batch:
            self._answer(request, Reason.FORMAT_ERROR, keys)
        else:
            self._reverse(request, terminal, configuration, keys)

    def _is_known(self, request: Request) -> bool:
        return any(
            all(request.value(path) in allowed for path, allowed in rule.match.items())
            for rule in self._kinds[request.mti]
        )

    def _reverse(
        self,
        request: Request,
        terminal: Terminal,
        configuration: Configuration,
        keys: TerminalKeys | None,
    ) -> None:
        key = transaction_key(request, configuration)
        reason = _REASONS.get(request.code or "", _UNSPECIFIED)
        plan = self._reversing.plan(reason, configuration)
        if plan is None:
            self._answer(request, Reason.SYSTEM_ERROR, keys)
            return
        self._in_flight.note_reversal(key)
        operation = Reverse(
            self._outbox.attempt(),
            key,
            self._outbox.incarnation,
            reason,
            plan,
            self._record(request, terminal, configuration),
        )
        then = partial(self._decided, request, keys)
        self._reversing.submit(operation, then)

    def _record(self, request: Request, terminal: Terminal, configuration: Configuration) -> Record:
        """Return what is remembered of a reversal whose original nobody knows."""
        at = self._outbox.local
        return Record(
            kind="reversal",
            amount_fen=int(request.amount or "0"),
            shown_card=mask_pan(request.pan or ""),
            sealed=b"",
            rrn="",
            link="",
            link_stan="",
            transmission=at.transmission,
            issuer="",
            acquirer=terminal.acquirer,
            clearing_day=at.day,
            opened_ms=self._outbox.at.utc_ms,
            time=at.time,
            date=at.date,
            mti=request.mti,
            processing_code=request.processing_code or "",
            entry_mode=request.entry_mode or "",
            condition_code=request.condition_code or "",
            configuration=configuration.number,
            trace=b"",
        )

    def _decided(self, request: Request, keys: TerminalKeys | None, outcome: Outcome) -> None:
        match outcome:
            case ReversalQueued(row, is_first):
                if is_first:
                    self._advices.wake()
                self._answer(request, Reason.APPROVED, keys, row)
            case NothingToReverse(row):
                self._answer(request, Reason.APPROVED, keys, row)
            case NotReversible(row):
                self._answer(request, Reason.TRANSACTION_UNKNOWN, keys, row)
            case OriginalNotFound():
                self._answer(request, Reason.ORIGINAL_NOT_FOUND, keys)
            case _:
                raise InvariantBroken(f"a reversal got {type(outcome).__name__}")

    def _answer(
        self,
        request: Request,
        reason: Reason,
        keys: TerminalKeys | None,
        row: Row | None = None,
    ) -> None:
        code = self._wire.code_for(request, reason)
        at = self._outbox.local
        if reason is not Reason.APPROVED:
            self._outbox.report(
                "reversal_refused",
                reason=reason.value,
                code=code,
                terminal=request.terminal,
                stan=request.stan,
            )
        answer = Answer(
            at.time,
            at.date,
            f"{row.record.clearing_day % 10_000:04d}" if row is not None else "",
            row.record.rrn if row is not None else "",
            "",
            code,
            "",
        )
        acquirer = row.record.acquirer if row is not None else ""
        frame = self._wire.of(request).answer(
            request,
            financial(request, answer, Extra(acquirer)),
            mac_for(code, keys.mac if keys else None),
            sign_on_again=reason in SIGN_ON_AGAIN,
        )
        self._outbox.to_terminal(request.connection, frame)
