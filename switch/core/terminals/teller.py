"""Telling a terminal: a transaction's refusals, each with a report, and its answers.

The answer is MACed with the keys that its request came under, whatever the session is by then.
"""

from __future__ import annotations

from switch.core.operations import Answer
from switch.core.outbox import Outbox
from switch.core.rules import Decline
from switch.core.terminals.answers import SIGN_ON_AGAIN, Extra, code_for, financial, mac_for
from switch.core.terminals.request import Transaction
from switch.core.terminals.wire import TerminalWire


class Teller:
    """Answers to financial requests."""

    def __init__(self, outbox: Outbox, wire: TerminalWire) -> None:
        """Speak the terminals' dialect."""
        self._outbox = outbox
        self._wire = wire

    def refuse(self, txn: Transaction, decline: Decline) -> None:
        """Say a refusal now; the transaction itself may go on."""
        code = code_for(self._wire.dialect, decline.reason)
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
        self.say(txn, answer, Extra(txn.acquirer), sign_on_again=decline.reason in SIGN_ON_AGAIN)
        txn.answered = code

    def answer(self, txn: Transaction, code: str, authorisation: str, balances: str) -> Answer:
        """Return what is said and kept; DE 15 and 37 belong to what was opened only."""
        at, was_opened = txn.local, bool(txn.rrn)
        return Answer(
            at.time,
            at.date,
            at.date if was_opened and txn.request.amount is not None else "",
            txn.rrn,
            authorisation,
            code,
            balances,
        )

    def say(
        self, txn: Transaction, answer: Answer, extra: Extra, *, sign_on_again: bool = False
    ) -> None:
        """Send an answer to wherever the request, or its last repeat, came from."""
        frame = self._wire.answer(
            txn.request,
            financial(txn.request, answer, extra),
            mac_for(answer.code, txn.mac),
            sign_on_again=sign_on_again,
        )
        self._outbox.to_terminal(txn.request.connection, frame)
