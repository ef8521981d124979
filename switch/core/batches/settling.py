"""A terminal settles its batch (0500), uploads its details (0320), and ends it (60.3 = 207).

Totals are compared for each card class, and the result is said in DE 48 (domestic, then foreign).
What has no DE 39 in its answer is a result; with one, the message itself was refused.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from messages.dialects.dialect import TransactionRule
from messages.reasons import Reason
from messages.values import mask_pan
from switch.core.batches.values import (
    AddDetails,
    Batch,
    BatchIs,
    BatchUnknown,
    Counting,
    Detail,
    EndBatch,
    SettleBatch,
    Sums,
)
from switch.core.configuration import Configuration, Terminal
from switch.core.errors import InvariantBroken
from switch.core.outbox import RETRY_MS, Outbox
from switch.core.outcomes import Outcome, Unknown
from switch.core.terminals.request import Request
from switch.core.terminals.sessions import Sessions
from switch.core.terminals.wire import TerminalWires

SETTLEMENT, UPLOAD = "settlement", "batch_upload"
"""The transactions that are served here, by identifier."""
_DETAILS: Final = "201"
_OF_CHIPS: Final = frozenset({"203", "204", "205"})
_ENDS: Final = frozenset({"202", "207"})
_HALF: Final = 31
"""Digits of a card class in DE 48: amount 12, count 3, twice, and the result."""
_DETAIL, _MOST_AT_ONCE = 40, 8
"""Digits of a detail: class 2, STAN 6, PAN 20, amount 12; and how many one message has."""
_FOREIGN: Final = "01"
_BATCH_DIGITS: Final = 6

Told = Callable[[Reason, dict[int, str]], None]
"""Answers with a reason and the fields that only this answer has."""


class TerminalBatches:
    """Serves settlements and uploads; every outcome is one answer."""

    def __init__(self, outbox: Outbox, wire: TerminalWires, sessions: Sessions) -> None:
        """Count what the terminals' dialects say that counts."""
        self._outbox = outbox
        self._sessions = sessions
        rules = [rule for each in wire.all for rule in each.dialect.transactions]
        self._debits, self._credits = _of_side(rules, "debit"), _of_side(rules, "credit")

    def begin(
        self,
        rule: TransactionRule,
        request: Request,
        terminal: Terminal,
        configuration: Configuration,
        told: Told,
    ) -> None:
        """Take a settlement or an upload."""
        content = request.value("48") or ""
        code, number = request.network_code or "", request.batch or ""
        if len(number) != _BATCH_DIGITS:
            told(Reason.FORMAT_ERROR, {})
        elif rule.id == SETTLEMENT:
            self._settle(request, terminal, configuration, content, told)
        elif code == _DETAILS and (details := _details(content)) is not None:
            self._add(request, details, told)
        elif code in _OF_CHIPS and request.stan and request.pan:
            self._add(request, (_of_chip(request, configuration),), told)
        elif code in _ENDS and content.isdecimal():
            operation = EndBatch(self._outbox.attempt(), terminal.id, number, int(content))
            self._submit(operation, partial(self._kept, request, told))
        else:
            told(Reason.FORMAT_ERROR, {})

    def _settle(
        self,
        request: Request,
        terminal: Terminal,
        configuration: Configuration,
        content: str,
        told: Told,
    ) -> None:
        claimed = _claimed(content)
        if claimed is None:
            told(Reason.FORMAT_ERROR, {})
            return
        outbox, nothing = self._outbox, (Sums(), Sums())
        batch = Batch(
            terminal=terminal.id,
            number=request.batch or "",
            merchant=terminal.merchant,
            acquirer=terminal.acquirer,
            day=outbox.clearing_day(configuration.cut_over),
            settled_ms=outbox.at.utc_ms,
            claimed=claimed,
            counted=nothing,
            results=(0, 0),
        )
        counting = Counting(self._debits, self._credits, configuration.foreign)
        operation = SettleBatch(outbox.attempt(), batch, counting)
        self._submit(operation, partial(self._settled, request, told))

    def _add(self, request: Request, details: tuple[Detail, ...], told: Told) -> None:
        operation = AddDetails(
            self._outbox.attempt(), request.terminal or "", request.batch or "", details
        )
        self._submit(operation, partial(self._kept, request, told))

    def _submit(
        self, operation: SettleBatch | AddDetails | EndBatch, then: Callable[[Outcome], None]
    ) -> None:
        """Have it decided; the same again comes to the same, as often as it takes to know."""

        def decided(outcome: Outcome) -> None:
            if isinstance(outcome, Unknown):
                again = partial(self._outbox.submit, operation, decided)
                self._outbox.after(RETRY_MS, again)
            else:
                then(outcome)

        self._outbox.submit(operation, decided)

    def _settled(self, request: Request, told: Told, outcome: Outcome) -> None:
        match outcome:
            case BatchIs(batch):
                self._ended(batch)
                if not batch.is_balanced:
                    self._outbox.report(
                        "batch_unbalanced",
                        terminal=batch.terminal,
                        batch=batch.number,
                        results=list(batch.results),
                    )
                day = f"{batch.day % 10_000:04d}"
                fields = {15: day, 48: _content(batch), 49: request.currency or ""}
                fields[63] = request.value("63") or ""
                told(Reason.APPROVED, fields)
            case BatchUnknown():
                told(Reason.BATCH_MISMATCH, {})
            case _:
                raise InvariantBroken(f"a settlement got {type(outcome).__name__}")

    def _kept(self, request: Request, told: Told, outcome: Outcome) -> None:
        match outcome:
            case BatchIs(batch):
                self._ended(batch)
                content = request.value("48")
                told(Reason.APPROVED, {48: content} if content else {})
            case BatchUnknown():
                told(Reason.BATCH_MISMATCH, {})
            case _:
                raise InvariantBroken(f"an upload got {type(outcome).__name__}")

    def _ended(self, batch: Batch) -> None:
        """Look at the session anew: with its batch it has ended."""
        if batch.is_ended:
            self._sessions.forget(batch.terminal)


def _of_side(rules: list[TransactionRule], side: str) -> tuple[str, ...]:
    # In order: an operation is the same in every process, whatever its hash seed.
    found = {rule.id for rule in rules if rule.business and rule.business.settles == side}
    return tuple(sorted(found))


def _claimed(content: str) -> tuple[Sums, Sums] | None:
    """Read DE 48 of a 0500; None for what is not 62 digits."""
    if len(content) != 2 * _HALF or not content.isdecimal():
        return None
    return _sums(content[:_HALF]), _sums(content[_HALF:])


def _sums(half: str) -> Sums:
    return Sums(int(half[:12]), int(half[12:15]), int(half[15:27]), int(half[27:30]))


def _content(batch: Batch) -> str:
    """Return DE 48 of a 0510: the terminal's own totals, and a result in each half."""
    return "".join(
        f"{sums.debit_fen:012d}{sums.debit_count:03d}{sums.credit_fen:012d}"
        f"{sums.credit_count:03d}{result}"
        for sums, result in zip(batch.claimed, batch.results, strict=True)
    )


def _details(content: str) -> tuple[Detail, ...] | None:
    """Read DE 48 of an upload: a count, and at most eight details; None where it is wrong."""
    if not content.isdecimal() or len(content) % _DETAIL != 2:  # noqa: PLR2004 - the count
        return None
    count = int(content[:2])
    if count > _MOST_AT_ONCE or len(content) != 2 + count * _DETAIL:
        return None
    return tuple(_detail(content[at : at + _DETAIL]) for at in range(2, len(content), _DETAIL))


def _detail(text: str) -> Detail:
    shown = mask_pan(text[8:28].lstrip("0"))
    return Detail(_DETAILS, text[2:8], int(text[28:]), text[:2] == _FOREIGN, shown)


def _of_chip(request: Request, configuration: Configuration) -> Detail:
    """Return a TC, a failed IC transaction or a failed ARPC as it was uploaded."""
    shown = mask_pan(request.pan or "")
    return Detail(
        request.network_code or "",
        request.stan or "",
        int(request.amount or 0),
        shown.startswith(configuration.foreign),
        shown,
    )
