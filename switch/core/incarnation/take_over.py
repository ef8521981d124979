"""A process joins the ledger: its incarnation, its numbers, and what a dead one left behind.

Intents without an outcome are closed as in doubt, each with its 0420; queued reversals become ours.
The lease is renewed while we live; a process that lost it is fenced and must stop. Leases are
compared by the wall clock: one that is wrong takes nothing over, and takes no requests.
"""

from __future__ import annotations

from functools import partial

from switch.core import operations
from switch.core.configuration import Configuration
from switch.core.deadlines import NEVER
from switch.core.errors import InvariantBroken, LeaseLost
from switch.core.financial.reversing import Reversing
from switch.core.incarnation.trace_numbers import BLOCK, Numbers
from switch.core.issuers.store_and_forward import StoreAndForward
from switch.core.operations import (
    Close,
    Enlist,
    LeaseNumbers,
    Renew,
    Row,
)
from switch.core.outbox import RETRY_MS, Outbox
from switch.core.outcomes import (
    Enlisted,
    Fenced,
    NumbersLeased,
    Outcome,
    Renewed,
    TakenOver,
    Unknown,
)
from switch.core.transaction import State
from switch.core.transfers.legs import is_credit

_AT_ONCE = 256
_DIED = "4002"
"""DE 60.1 of a reversal whose transaction a dead process left open: suspected malfunction."""
_MILLISECOND_NS = 1_000_000
MOST_SKEW_MS = 2_000
"""How far our wall clock may be from the ledger's."""


class TakeOver:
    """The start of a process, the renewal of its lease, and its supply of numbers."""

    def __init__(
        self,
        configuration: Configuration,
        outbox: Outbox,
        numbers: tuple[Numbers, ...],
        reversing: Reversing,
        advices: StoreAndForward,
    ) -> None:
        """Wait for `begin`."""
        self.configuration = configuration
        self._outbox = outbox
        self._numbers = numbers
        self._reversing = reversing
        self._advices = advices
        self._is_enlisted = False
        self._trusts_leases_ns = 0
        self.is_on_time = True
        self.due_ns = NEVER

    @property
    def is_done(self) -> bool:
        """Whether requests can be taken."""
        for numbers in self._numbers:
            if not numbers.left:
                return False
        return self._is_enlisted

    def compare(self, ahead_ms: int) -> None:
        """Take note of how far our clock is ahead of the ledger's."""
        is_on_time = abs(ahead_ms) <= MOST_SKEW_MS
        if is_on_time is not self.is_on_time:
            self.is_on_time = is_on_time
            event = "clock_agrees_again" if is_on_time else "clock_off"
            self._outbox.report(event, ahead_ms=ahead_ms)

    def begin(self, nonce: bytes) -> None:
        """Ask the ledger for an incarnation."""
        at = self._outbox.at
        until = at.utc_ms + self.configuration.timers.lease_ms
        attempt = int.from_bytes(nonce[:7], "big")
        operation = Enlist(attempt, nonce, at.utc_ms, until)
        self._outbox.submit(operation, partial(self._enlisted, operation))

    def _enlisted(self, operation: Enlist, outcome: Outcome) -> None:
        match outcome:
            case Enlisted(incarnation):
                self._outbox.incarnation = incarnation
                self._is_enlisted = True
                self._outbox.report("enlisted", incarnation=incarnation)
                for numbers in self._numbers:
                    numbers.ask = self._lease
                    self._lease(numbers)
                self._take()
                self._advices.wake()
                self._plan_renewal()
            case Unknown():
                again = partial(self._outbox.submit, operation, partial(self._enlisted, operation))
                self._outbox.after(RETRY_MS, again)
            case _:
                raise InvariantBroken(f"an enlistment got {type(outcome).__name__}")

    def _lease(self, numbers: Numbers) -> None:
        """Ask for another block of what runs low."""
        numbers.is_asked = True
        operation = LeaseNumbers(self._outbox.attempt(), numbers.name, BLOCK)
        self._outbox.submit(operation, partial(self._leased, numbers, operation))

    def _leased(self, numbers: Numbers, operation: LeaseNumbers, outcome: Outcome) -> None:
        match outcome:
            case NumbersLeased(first, count):
                numbers.add(first, count)
                # A link may be waiting for a number to sign on with.
                self._outbox.wake_by(self._outbox.at.elapsed_ns)
            case Unknown():
                then = partial(self._leased, numbers, operation)
                self._outbox.after(RETRY_MS, partial(self._outbox.submit, operation, then))
            case _:
                raise InvariantBroken(f"a lease of numbers got {type(outcome).__name__}")

    def _take(self) -> None:
        operation = operations.TakeOver(
            self._outbox.attempt(), self._outbox.incarnation, self._outbox.at.utc_ms, _AT_ONCE
        )
        self._outbox.submit(operation, self._taken)

    def _taken(self, outcome: Outcome) -> None:
        match outcome:
            case TakenOver(rows):
                self._adopt(rows)
            case Unknown():
                self._outbox.after(RETRY_MS, self._take)
            case _:
                raise InvariantBroken(f"a take-over got {type(outcome).__name__}")

    def _adopt(self, rows: tuple[Row, ...]) -> None:
        if rows and self._reversing.stans.free < len(rows):
            # A reversal needs a number of its own; they are on their way.
            self._outbox.after(RETRY_MS, partial(self._adopt, rows))
            return
        if rows:
            self._outbox.report("taken_over", open=len(rows))
        for row in rows:
            self._close(row)
        if len(rows) == _AT_ONCE:
            self._take()
        if rows:
            self._advices.wake()

    def _close(self, row: Row) -> None:
        state, plan = State.DECLINED, None
        if is_credit(row):
            state = State.UNSENT
        elif row.is_reversible:
            state = State.IN_DOUBT
            plan = self._reversing.plan(_DIED, self.configuration)
            if plan is None:
                raise InvariantBroken("numbers were counted and are not there")
        operation = Close(
            self._outbox.attempt(), row.key, self._outbox.incarnation, state, "", None, plan
        )
        self._submit_close(operation)

    def _submit_close(self, operation: Close) -> None:
        self._outbox.submit(operation, partial(self._closed, operation))

    def _closed(self, operation: Close, outcome: Outcome) -> None:
        if isinstance(outcome, Unknown):
            self._outbox.after(RETRY_MS, partial(self._submit_close, operation))
        else:
            self._advices.wake()

    def _plan_renewal(self) -> None:
        lease_ns = self.configuration.timers.lease_ms * _MILLISECOND_NS
        self.due_ns = self._outbox.at.elapsed_ns + lease_ns // 3
        self._outbox.wake_by(self.due_ns)

    def expire(self, now_ns: int) -> None:
        """Renew the lease when a third of it has passed."""
        if now_ns < self.due_ns:
            return
        self._plan_renewal()
        until = self._outbox.at.utc_ms + self.configuration.timers.lease_ms
        operation = Renew(self._outbox.attempt(), self._outbox.incarnation, until)
        self._outbox.submit(operation, partial(self._renewed, now_ns))

    def _renewed(self, asked_ns: int, outcome: Outcome) -> None:
        now_ns = self._outbox.at.elapsed_ns
        lease_ns = self.configuration.timers.lease_ms * _MILLISECOND_NS
        if isinstance(outcome, Unknown) or now_ns - asked_ns > lease_ns * 2 // 3:
            # The ledger was away, and the others could not renew theirs either.
            self._trusts_leases_ns = now_ns + lease_ns
        match outcome:
            case Renewed():
                if self.is_on_time and now_ns >= self._trusts_leases_ns:
                    self._take()
            case Unknown():
                return
            case Fenced():
                raise LeaseLost("another process took over: our lease had ended")
            case _:
                raise InvariantBroken(f"a renewal got {type(outcome).__name__}")
