"""The transactions in flight in this process, and the promise that each is answered in time.

Whatever a transaction waits for (ledger, issuer, session), its terminal hears of it before its own
timer ends; what comes later is settled then.
"""

from __future__ import annotations

from typing import Final

from messages.reasons import Reason
from switch.core.deadlines import Deadlines
from switch.core.incarnation.trace_numbers import Numbers
from switch.core.operations import (
    TransactionKey,
)
from switch.core.outbox import Outbox
from switch.core.rules import Decline, Rule
from switch.core.terminals.refusals import Refusals
from switch.core.terminals.request import Transaction
from switch.core.terminals.teller import Teller
from switch.core.transaction import State

_MOST_REFUSED: Final = 4_096
"""Refused requests that are remembered; a copy comes within seconds."""
_FOR_THE_MOMENT: Final = frozenset(
    {
        Reason.ROUTE_UNAVAILABLE,
        Reason.SYSTEM_ERROR,
        Reason.IN_PROGRESS,
        Reason.ISSUER_SILENT,
        Reason.DUPLICATE,
    }
)
"""Refusals of an advice after which a terminal sends it again: 91, 96, 09, 98 and 94."""
_NEVER: Final[tuple[bytes, Decline | None, int]] = b"", None, 0


class InFlight:
    """Transactions by ticket and by key, with the time by which each is answered."""

    def __init__(self, outbox: Outbox, teller: Teller, stans: Numbers, refusals: Refusals) -> None:
        """Begin with none; `stans` hold the number promised to each for its reversal."""
        self._teller = teller
        self._refusals = refusals
        self._stans = stans
        self._transactions: dict[int, Transaction] = {}
        self._by_key: dict[TransactionKey, Transaction] = {}
        self._refused: dict[TransactionKey, tuple[bytes, Decline, int]] = {}
        self._deadlines: Deadlines[int] = Deadlines(outbox.wake_by)

    def __len__(self) -> int:
        return len(self._transactions)

    @property
    def states(self) -> set[State]:
        """The states that the transactions are in."""
        return {txn.state for txn in self._transactions.values()}

    def next_due_ns(self) -> int:
        """Return when the next transaction must be answered, NEVER where none is in flight."""
        return self._deadlines.next_ns()

    def expire(self, now_ns: int) -> None:
        """Answer whoever would otherwise give up on us; what comes later is settled then."""
        for ticket in self._deadlines.expired(now_ns):
            txn = self._transactions[ticket]
            if not txn.answered:
                self._teller.refuse(txn, _late(txn))
                if (part := txn.part) is not None and part.late is not None:
                    part.late()

    def hold(self, txn: Transaction) -> None:
        """Keep a transaction that waits, so that it is answered in time whatever it waits for."""
        if txn.ticket not in self._transactions:
            self._transactions[txn.ticket] = txn
            self._deadlines.set(txn.ticket, txn.answer_due_ns)

    def keep(self, txn: Transaction) -> None:
        """Hold a transaction that has its key: its repeats are found from now on."""
        ticket = txn.ticket
        if ticket not in self._transactions:
            self._transactions[ticket] = txn
            self._deadlines.set(ticket, txn.answer_due_ns)
        self._by_key[txn.key] = txn

    def with_key(self, key: TransactionKey) -> Transaction | None:
        """Return the transaction in flight with this key, None where there is none."""
        return self._by_key.get(key)

    def refuse(self, txn: Transaction, decline: Decline) -> None:
        """Refuse what no row tells of: it is answered, unless it was, counted, and forgotten."""
        if not txn.answered:
            self._teller.refuse(txn, decline)
        if txn.part is not None and txn.part.then is not None:
            self.count_cap(txn, decline)
        elif not self._is_copy(txn):
            self._refusals.count(txn, decline, txn.answered)
        self.finish(txn)

    def give_up(self, txn: Transaction, decline: Decline) -> None:
        """Answer with a refusal, unless it was answered, and forget it; a row tells of it."""
        if not txn.answered:
            self._teller.refuse(txn, decline)
        self.finish(txn)

    def count_cap(self, leg: Transaction, decline: Decline) -> None:
        """Count a leg that had no room under its cap; of the refusal its transfer's row tells."""
        if decline.reason is Reason.DAILY_CAP_EXCEEDED:
            self._refusals.count(leg, decline, "")

    def _is_copy(self, txn: Transaction) -> bool:
        """Tell whether another request that was the same was refused, and counted, before."""
        if not txn.fingerprint:
            return False
        fingerprint, _, ticket = self._refused.get(txn.key, _NEVER)
        return fingerprint == txn.fingerprint and ticket != txn.ticket

    def refuse_for_good(self, txn: Transaction, decline: Decline) -> None:
        """Refuse what the ledger has nothing of, and remember it: its copies get no other answer.

        A terminal that was refused has let go of the request, and could not take an approval back.
        """
        self.remember(txn, decline)
        self.refuse(txn, decline)

    def remember(self, txn: Transaction, decline: Decline) -> None:
        """Remember a refusal for the copies of a request.

        An advice that was refused for the moment only may come again, and be accepted then.
        """
        if txn.rule.is_advice and decline.reason in _FOR_THE_MOMENT:
            return
        if self.refused(txn) is None:
            self._refused[txn.key] = txn.fingerprint, decline, txn.ticket
            if len(self._refused) > _MOST_REFUSED:
                del self._refused[next(iter(self._refused))]

    def refused(self, txn: Transaction) -> Decline | None:
        """Return how the first copy of a request was refused, None for one that was not."""
        fingerprint, decline, _ = self._refused.get(txn.key, _NEVER)
        return decline if fingerprint == txn.fingerprint else None

    def finish(self, txn: Transaction) -> None:
        """Forget a transaction: nothing more will come of it."""
        if self._transactions.pop(txn.ticket, None) is None:
            return
        self._deadlines.drop(txn.ticket)
        if txn.promised:
            self._stans.release()
        if txn.fingerprint and self._by_key.get(txn.key) is txn:
            del self._by_key[txn.key]
        if (part := txn.part) is not None and part.then is not None:
            part.then(txn)

    def note_reversal(self, key: TransactionKey) -> None:
        """Remember that a terminal reversed this: it is never forwarded or approved from now on."""
        txn = self._by_key.get(key)
        if txn is not None and txn.rule.reversal is not None:
            txn.is_reversed = True


def _late(txn: Transaction) -> Decline:
    """Return what a terminal is told that cannot wait any longer."""
    if txn.state not in {State.OPENING, State.OPEN_UNKNOWN}:
        return Decline(Reason.ISSUER_SILENT, Rule.FORWARDED_IN_TIME)
    # An advice that is being opened may be accepted yet, and nothing takes it back.
    if txn.attempt and txn.rule.is_advice:
        return Decline(Reason.IN_PROGRESS, Rule.FORWARDED_IN_TIME)
    return Decline(Reason.ROUTE_UNAVAILABLE, Rule.FORWARDED_IN_TIME)
