"""Reversals from inside: a 0420 has its identity once, and its number is promised beforehand.

Every transaction that is opened has a number kept for it, so that a doubt can always be closed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from switch.core.configuration import Configuration
from switch.core.incarnation.trace_numbers import Numbers, stan_text
from switch.core.operations import (
    Operation,
    ReversalPlan,
)
from switch.core.outbox import RETRY_MS, Outbox
from switch.core.outcomes import (
    Outcome,
    Unknown,
)
from switch.core.terminals.request import Transaction


class Reversing:
    """Makes the plans of reversals, and has them decided."""

    def __init__(self, outbox: Outbox, stans: Numbers) -> None:
        """Take numbers from those of DE 11."""
        self._outbox = outbox
        self.stans = stans

    def promised_plan(self, txn: Transaction, reason: str) -> ReversalPlan:
        """Return the identity of the 0420 of a transaction in flight, with its promised number."""
        txn.promised = False
        return self._plan(self.stans.redeem(), reason, txn.configuration)

    def plan(self, reason: str, configuration: Configuration) -> ReversalPlan | None:
        """Return the identity of a new 0420; None where no number is free for it."""
        number = self.stans.take()
        return None if number is None else self._plan(number, reason, configuration)

    def _plan(self, number: int, reason: str, configuration: Configuration) -> ReversalPlan:
        at = self._outbox.at
        return ReversalPlan(
            stan_text(number),
            self._outbox.local.transmission,
            reason,
            at.utc_ms,
            at.utc_ms + configuration.timers.advice_expiry_ms,
        )

    def submit(self, operation: Operation, then: Callable[[Outcome], None]) -> None:
        """Have a reversal or a part of a transfer decided, as often as it takes to know.

        The same attempt again gets the first result, whether there was one or not.
        """

        def decided(outcome: Outcome) -> None:
            if isinstance(outcome, Unknown):
                again = partial(self._outbox.submit, operation, decided)
                self._outbox.after(RETRY_MS, again)
            else:
                then(outcome)

        self._outbox.submit(operation, decided)
