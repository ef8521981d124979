"""The rows while a batch is being decided (switch/ledger): what is stored, and what changed since.

Every amount moves in `Working.account`, and every state changes in `Working.become`.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from switch.core.batches.values import Batch
from switch.core.errors import InvariantBroken
from switch.core.operations import (
    Row,
    Session,
    Taking,
    TransactionKey,
)
from switch.core.transaction import COMMITTED, FINAL, HELD, TRANSITIONS, State
from switch.ledger.rows import EMPTY_DAY, Block, CapDay, CapKey, Lease, Queued, ReadSet, WriteSet

_COUNTED: Final = tuple((int(state in HELD), int(state in COMMITTED)) for state in (0, *State))
"""By state: whether the amount counts as held, and whether as committed."""
_MOVED: Final = tuple(
    tuple((held - was_held, committed - was_committed) for held, committed in _COUNTED)
    for was_held, was_committed in _COUNTED
)
"""By the state before and the one after: how often the amount is added to what is held, and to what
is committed."""


class Working:
    """What is stored, and over it what the batch has written so far."""

    __slots__ = ("stored", "written")

    def __init__(self, stored: ReadSet) -> None:
        """Begin with nothing changed."""
        self.stored = stored
        self.written = WriteSet()

    def row(self, key: TransactionKey) -> Row | None:
        """Return the row with this key, None where there is none."""
        row = self.written.transactions.get(key)
        return self.stored.transactions.get(key) if row is None else row

    def by_rrn(self, rrn: str) -> Row | None:
        """Return the row with this RRN, None where there is none."""
        key = self.stored.by_rrn.get(rrn)
        if key is not None:
            return self.row(key)
        found = (row for row in self.written.transactions.values() if row.record.rrn == rrn)
        return next(found, None)

    def cap(self, key: CapKey) -> CapDay:
        """Return what a card's day has."""
        day = self.written.caps.get(key)
        return self.stored.caps.get(key, EMPTY_DAY) if day is None else day

    def queued(self, key: TransactionKey) -> Queued | None:
        """Return how a row's 0420 stands, None where none is queued."""
        if key in self.written.advices:
            return self.written.advices[key]
        return self.stored.advices.get(key)

    def session(self, terminal: str) -> Session | None:
        """Return the session of a terminal, None where it never signed on."""
        return self.written.sessions.get(terminal) or self.stored.sessions.get(terminal)

    def batch(self, key: tuple[str, str]) -> Batch | None:
        """Return a terminal's batch by its number, None where nothing of it was settled."""
        return self.written.batches.get(key) or self.stored.batches.get(key)

    def rows_of_batch(self, terminal: str, number: str) -> list[Row]:
        """Return the transactions of a terminal's batch."""
        keys = dict.fromkeys(self.stored.keys_of_batch(terminal, number))
        changed = self.written.transactions
        keys |= {key: None for key in changed if (key.terminal, key.batch) == (terminal, number)}
        return [row for key in keys if (row := self.row(key)) is not None]

    def block(self, name: str) -> Block:
        """Return the numbers of this name."""
        return self.written.blocks.get(name) or self.stored.blocks.get(name) or Block(1, 0, 0)

    def lease(self, incarnation: int) -> Lease | None:
        """Return the lease of an incarnation, None where there never was one."""
        return self.written.leases.get(incarnation) or self.stored.leases.get(incarnation)

    def is_lapsed(self, incarnation: int, now_ms: int) -> bool:
        """Tell whether nobody alive holds what this incarnation left."""
        lease = self.lease(incarnation)
        return lease is None or lease.until_ms < now_ms

    def account(self, row: Row, before: State | None) -> None:
        """Move a row's amount within its day from what `before` meant to what its state means."""
        if row.cap is None:
            return
        state, amount = row.state, row.record.amount_fen
        held, committed = _MOVED[before or 0][state]
        if not amount or not (held or committed):
            return
        key = CapKey(row.key.bucket, row.key.card, row.cap.day)
        day = self.cap(key)
        after = CapDay(day.held_fen + held * amount, day.committed_fen + committed * amount)
        if after.held_fen < 0 or after.committed_fen < 0:
            was = State(before or 0).name
            raise InvariantBroken(f"a hold was not there: {was} to {state.name}")
        self.written.caps[key] = after

    def become(self, row: Row, state: State, **changes: Any) -> Row:  # noqa: ANN401 - fields of Row
        """Give a row its next state; the cap follows.

        Final rows lose their card data, and give back what they took of their original. An approved
        void frees what its original took, until it is itself reversed.
        """
        if state not in TRANSITIONS[row.state]:
            raise InvariantBroken(f"{row.state.name} cannot become {state.name}")
        if state in FINAL:
            if row.record.sealed:
                changes["record"] = replace(row.record, sealed=b"")
            if row.taking is not None and row.taking.fen:
                self.take(row.taking, -row.taking.fen)
        elif row.taking is not None and row.taking.frees:
            if state is State.APPROVED:
                self._free(row.taking)
            elif row.state is State.APPROVED:
                self._take_again(row.taking)
        after = replace(row, state=state, **changes)
        self.account(after, row.state)
        self.written.transactions[row.key] = after
        return after

    def can_take_again(self, row: Row) -> bool:
        """Tell whether an approved void can still be reversed: what it freed was not used since."""
        found = self._of_its_original(row.taking) if row.state is State.APPROVED else None
        if found is None:
            return True
        _, first = found
        return first.state is State.APPROVED and not first.taken_fen

    def _of_its_original(self, taking: Taking | None) -> tuple[Row, Row] | None:
        """Return what a void voids, and what that one took of; None where it took of nothing."""
        original = self.row(taking.of) if taking is not None and taking.frees else None
        if original is None or original.taking is None:
            return None
        first = self.row(original.taking.of)
        if first is None:
            raise InvariantBroken("an original that something takes of is not there")
        return original, first

    def _free(self, taking: Taking) -> None:
        """Give back what a voided completion took of its authorisation."""
        if (found := self._of_its_original(taking)) is not None and found[0].taking is not None:
            self.take(found[0].taking, -found[0].taking.fen)
            free = replace(found[0].taking, fen=0)
            self.written.transactions[found[0].key] = replace(found[0], taking=free)

    def _take_again(self, taking: Taking) -> None:
        """Take again what was freed: all of it, as a completion does."""
        if (found := self._of_its_original(taking)) is not None and found[0].taking is not None:
            whole = replace(found[0].taking, fen=found[1].record.amount_fen)
            self.take(whole, whole.fen)
            self.written.transactions[found[0].key] = replace(found[0], taking=whole)

    def take(self, taking: Taking, fen: int) -> None:
        """Take so much more of an original, or give it back where `fen` is negative."""
        original = self.row(taking.of)
        if original is None or original.state is not State.APPROVED:
            raise InvariantBroken("an original that something takes of is not there")
        taken_fen = original.taken_fen + fen
        if not 0 <= taken_fen <= original.record.amount_fen:
            raise InvariantBroken(f"{taken_fen} fen would be taken of an original")
        self.written.transactions[original.key] = replace(original, taken_fen=taken_fen)

    def enqueue(self, row: Row, owner: int) -> None:
        """Queue the one 0420 or 0220 that a row ever has; it takes the place of a bill's."""
        if row.plan is None:
            raise InvariantBroken("a queued message without a plan")
        if row.bill is None and self.queued(row.key) is not None:
            raise InvariantBroken("a second queued message of one row")
        self.enqueue_anew(row, owner)

    def enqueue_anew(self, row: Row, owner: int) -> None:
        """Queue what a row has to have done now, whatever it was queued for before."""
        if row.plan is None:
            raise InvariantBroken("a queued message without a plan")
        self.written.advices[row.key] = Queued(0, row.plan.due_ms, owner)
