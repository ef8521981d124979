"""Refusals that no row of the ledger tells of, counted by day, point, bank and reason.

What the switch refuses by itself is never opened, so its ledger would know nothing of it. Each
process counts, and writes whole counts in an operation of the batch at hand, once a second at most:
a refusal costs no commit of its own, and what a crash can lose is the last second of them.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from switch.core.deadlines import NEVER
from switch.core.errors import InvariantBroken
from switch.core.operations import CountRefusals, RefusalKey
from switch.core.outbox import RETRY_MS, Outbox
from switch.core.outcomes import Counted, Outcome, Unknown
from switch.core.rules import Decline
from switch.core.terminals.request import Transaction

TOLD_EVERY_MS: Final = 1_000
"""So long after a refusal its count is with the ledger at the latest."""
MOST_AT_ONCE: Final = 1_000
"""Counts of one operation; what is more comes with the next."""
DAYS_KEPT: Final = 3
"""A request of the day before may still be refused after midnight."""
_MS: Final = 1_000_000


class Refusals:
    """The counts of this process, and which of them the ledger has not yet."""

    def __init__(self, outbox: Outbox) -> None:
        """Begin with none."""
        self._outbox = outbox
        self._counts: dict[RefusalKey, int] = {}
        self._untold: dict[RefusalKey, None] = {}
        self._last_day = 0
        self._is_telling = False
        self._every_ms = TOLD_EVERY_MS
        self.due_ns = NEVER

    def count(self, txn: Transaction, decline: Decline, code: str) -> None:
        """Count a request that was refused with this code, and of which there is no row."""
        key = RefusalKey(
            txn.local.day,
            self._outbox.incarnation,
            txn.terminal.merchant if txn.acquirer else "",
            txn.issuer_id or _bank_of(txn),
            code,
            decline.reason.value,
        )
        if key.day > self._last_day:
            self._last_day = key.day
            self._forget()
        self._counts[key] = self._counts.get(key, 0) + 1
        self._untold[key] = None
        self._plan()

    def drain(self) -> None:
        """Tell the ledger at once from now on: this process is about to end."""
        self._every_ms = 0
        if self._untold:
            self.due_ns = NEVER
            self._plan()

    def expire(self, now_ns: int) -> None:
        """Tell the ledger what is due."""
        if now_ns < self.due_ns:
            return
        self.due_ns = NEVER
        some = list(self._untold)[:MOST_AT_ONCE]
        for key in some:
            del self._untold[key]
        self._is_telling = True
        counts = tuple((key, self._counts[key]) for key in some)
        self._submit(CountRefusals(self._outbox.attempt(), counts))

    def _plan(self) -> None:
        if self.due_ns == NEVER and not self._is_telling:
            self.due_ns = self._outbox.at.elapsed_ns + self._every_ms * _MS
            self._outbox.wake_by(self.due_ns)

    def _submit(self, operation: CountRefusals) -> None:
        self._outbox.submit(operation, partial(self._counted, operation))

    def _counted(self, operation: CountRefusals, outcome: Outcome) -> None:
        match outcome:
            case Counted():
                self._is_telling = False
                if self._untold:
                    self._plan()
            case Unknown():
                self._outbox.after(RETRY_MS, partial(self._submit, operation))
            case _:
                raise InvariantBroken(f"counts of refusals got {type(outcome).__name__}")

    def _forget(self) -> None:
        """Forget the counts of days that are long over: they get no more."""
        over = sorted({key.day for key in self._counts})[: -(DAYS_KEPT - 1)]
        for key in [each for each in self._counts if each.day in over]:
            if key not in self._untold:
                del self._counts[key]


def _bank_of(txn: Transaction) -> str:
    """Return the bank of a card whose walk had begun and ended before its route; else nothing.

    A request that no session and no MAC proves says nothing of any bank.
    """
    card = txn.configuration.card_range(txn.request.pan or "") if txn.trace else None
    return "" if card is None else card.issuer
