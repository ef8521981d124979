"""Transfers that nobody carries out any more (switch/core): taken up, and brought to an end.

A transfer is in the ledger's queue from its opening to its end, so whoever is alive gets it when it
is due. What is done next is the table's word over what the ledger has of its legs.
"""

from __future__ import annotations

from functools import partial

from switch.core.configuration import Configuration
from switch.core.errors import InvariantBroken
from switch.core.financial.reversing import Reversing
from switch.core.issuers.store_and_forward import StoreAndForward
from switch.core.operations import (
    Acknowledge,
    FindOriginal,
    Hasten,
    Reverse,
    Row,
    TransactionKey,
)
from switch.core.outbox import RETRY_MS, Outbox
from switch.core.outcomes import (
    Found,
    NothingToReverse,
    OriginalNotFound,
    Outcome,
    ReversalQueued,
    Unknown,
)
from switch.core.transaction import State
from switch.core.transfers.carrying import Carrying
from switch.core.transfers.legs import is_transfer
from switch.core.transfers.table import Step, next_step

_CAUSE = "4002"
"""DE 60.1 of a leg's 0420: the process that carried the transfer out is gone."""
_ENDS = {
    Step.END_BOTH: State.APPROVED,
    Step.END_NONE: State.DECLINED,
    Step.END_UNDONE: State.REVERSED,
}


class _Looking:
    """A transfer that is looked at: its row, and the legs as far as they are known."""

    __slots__ = ("legs", "row", "states")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.legs: list[Row | None] = [None, None]
        self.states: list[State | None] = [None, None]


class Driving:
    """Takes up what the queue hands out, one look at a time for each transfer."""

    def __init__(
        self,
        configuration: Configuration,
        outbox: Outbox,
        advices: StoreAndForward,
        reversing: Reversing,
        carrying: Carrying,
    ) -> None:
        """Be told by the queue of transfers that are due, and of legs that are over."""
        self.configuration = configuration
        self._outbox = outbox
        self._advices = advices
        self._reversing = reversing
        self._carrying = carrying
        self._driven: set[TransactionKey] = set()
        advices.on_transfer = self.take_up
        advices.on_leg = self.leg_ended

    def leg_ended(self, row: Row) -> None:
        """Go on with the transfer of a leg whose message was answered for good."""
        if row.state is State.REVERSED or not self._carrying.credited(row):
            self._hasten(row.linked[0])

    def _hasten(self, parent: TransactionKey) -> None:
        operation = Hasten(self._outbox.attempt(), parent, self._outbox.at.utc_ms)

        def due(outcome: Outcome) -> None:
            if isinstance(outcome, Unknown):
                self._outbox.after(RETRY_MS, partial(self._hasten, parent))
            else:
                self._advices.wake()

        self._outbox.submit(operation, due)

    def take_up(self, row: Row) -> None:
        """Look at a transfer that is due, unless it is being carried out or looked at."""
        if not is_transfer(row) or row.key in self._driven:
            return
        if row.state is State.MOVING and self._carrying.is_live(row):
            return
        self._driven.add(row.key)
        self._look(_Looking(row), 0)

    def _look(self, at: _Looking, leg: int) -> None:
        """Read the legs one after the other, then act."""
        if leg == len(at.legs):
            self._act(at)
            return
        operation = FindOriginal(self._outbox.attempt(), at.row.linked[leg])
        self._outbox.submit(operation, partial(self._looked, at, leg))

    def _looked(self, at: _Looking, leg: int, outcome: Outcome) -> None:
        match outcome:
            case Found(row):
                at.legs[leg], at.states[leg] = row, row.state
            case OriginalNotFound():
                at.legs[leg] = at.states[leg] = None
            case Unknown():
                self._leave(at)
                return
            case _:
                raise InvariantBroken(f"a look at a leg got {type(outcome).__name__}")
        self._look(at, leg + 1)

    def _act(self, at: _Looking) -> None:
        debit, credit = at.states
        match step := next_step(at.row.state, debit, credit):
            case Step.WAIT:
                self._leave(at)
            case Step.UNDO_CREDIT:
                self._undo(at, 1)
            case Step.UNDO_DEBIT:
                self._undo(at, 0)
            case _:
                self._end(at, _ENDS[step])

    def _undo(self, at: _Looking, leg: int) -> None:
        """Reverse a leg; one that the ledger does not know can never come from then on."""
        reason = at.row.reason if at.row.state is State.REVERSING else _CAUSE
        plan = self._reversing.plan(reason, self.configuration)
        if plan is None:
            self._leave(at)
            return
        operation = Reverse(
            self._outbox.attempt(),
            at.row.linked[leg],
            self._outbox.incarnation,
            reason,
            plan,
            at.row.record,
        )
        self._reversing.submit(operation, partial(self._undone, at, leg))

    def _undone(self, at: _Looking, leg: int, outcome: Outcome) -> None:
        match outcome:
            case OriginalNotFound():
                at.states[leg] = State.FORESTALLED
            case NothingToReverse(row):
                at.states[leg] = row.state
            case ReversalQueued(row, _):
                at.states[leg] = row.state
                self._advices.wake()
            case _:
                # It is on its way again: another process was faster. Look once more, later.
                self._leave(at)
                return
        self._act(at)

    def _end(self, at: _Looking, state: State) -> None:
        operation = Acknowledge(self._outbox.attempt(), at.row.key, state, self._why(at))
        self._reversing.submit(operation, lambda _: self._leave(at))

    def _why(self, at: _Looking) -> str:
        """Return what a transfer's end is told by: the code of the leg that decided it."""
        credit = at.legs[1]
        if at.row.state is State.REVERSING:
            return at.row.reason
        return credit.reason if credit is not None and credit.reason else _CAUSE

    def _leave(self, at: _Looking) -> None:
        self._driven.discard(at.row.key)
