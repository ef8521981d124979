"""Telling a terminal: a transaction's refusals, each with a report, and its answers.

The answer is MACed with the keys that its request came under, whatever the session is by then.
"""

from __future__ import annotations

from functools import partial

from messages.crypto.mac import MacAlgorithm
from messages.reasons import Reason
from switch.core.effects import SendToTerminal
from switch.core.operations import (
    Answer,
)
from switch.core.outbox import TO_TERMINALS, Outbox
from switch.core.rules import Decline
from switch.core.terminals.answers import SIGN_ON_AGAIN, Extra, financial, mac_for
from switch.core.terminals.request import Request, Transaction
from switch.core.terminals.wire import TerminalWire, TerminalWires


class Teller:
    """Answers to financial requests."""

    def __init__(self, outbox: Outbox, wire: TerminalWires) -> None:
        """Speak the terminals' dialect."""
        self._outbox = outbox
        self._wire = wire

    def code_for(self, txn: Transaction, reason: Reason) -> str:
        """Return the code for a reason in the dialect of a transaction's terminal."""
        return self._wire.code_for(txn.request, reason)

    def refuse(self, txn: Transaction, decline: Decline) -> Answer:
        """Say a refusal now, and return it; the transaction itself may go on."""
        code = self.code_for(txn, decline.reason)
        self._outbox.report(
            "declined",
            reason=decline.reason.value,
            rule=int(decline.rule),
            code=code,
            terminal=txn.request.terminal,
            stan=txn.request.stan,
            **decline.facts,
        )
        answer = self.answer(txn, code, "", "")
        extra = Extra(txn.acquirer, txn.issuer_id)
        self.say(txn, answer, extra, sign_on_again=decline.reason in SIGN_ON_AGAIN)
        return answer

    def answer(self, txn: Transaction, code: str, authorisation: str, balances: str) -> Answer:
        """Return what is said and kept; DE 15 belongs to what came as far as an issuer."""
        local = txn.local
        is_dated = txn.issuer_id and txn.request.amount is not None
        return Answer(
            local.time,
            local.date,
            f"{txn.clearing_day % 10_000:04d}" if is_dated else "",
            txn.rrn,
            authorisation,
            code,
            balances,
        )

    def say(
        self, txn: Transaction, answer: Answer, extra: Extra, *, sign_on_again: bool = False
    ) -> None:
        """Send an answer to wherever the request, or its last repeat, came from."""
        txn.answered = answer.code
        if (part := txn.part) is not None and part.then is not None:
            return
        self._outbox.make_later(
            TO_TERMINALS,
            partial(
                _said,
                self._wire.of(txn.request),
                (txn.request.connection, txn.request, answer, extra),
                mac_for(answer.code, txn.mac),
                sign_on_again=sign_on_again,
                asks=txn.asks,
            ),
        )


def _said(
    wire: TerminalWire,
    said: tuple[int, Request, Answer, Extra],
    mac: MacAlgorithm | None,
    *,
    sign_on_again: bool,
    asks: str,
) -> SendToTerminal:
    connection, request, answer, extra = said
    fields = financial(request, answer, extra)
    frame = wire.answer(request, fields, mac, sign_on_again=sign_on_again, asks=asks)
    return SendToTerminal(connection, frame)
