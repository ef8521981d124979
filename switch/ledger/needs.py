"""What a store must read before it decides an operation (switch/ledger).

Besides what is named here, a read set always has the fences of the batch's own attempts. A row
brings along how its 0420 or 0220 is queued, the day that `cap_of` names (an amount always moves on
the day that the row was opened for), and the row that `original_of` names, which it takes of, with
what that one takes of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from switch.core.batches.values import AddDetails, EndBatch, SettleBatch
from switch.core.operations import (
    Acknowledge,
    Claim,
    Close,
    CountRefusals,
    Enlist,
    FindByRrn,
    FindOriginal,
    Hasten,
    Launch,
    LeaseNumbers,
    LoadSession,
    NoteDownload,
    Open,
    Operation,
    Renew,
    Reroute,
    Resolve,
    Reverse,
    Row,
    SettleBill,
    SignOff,
    SignOn,
    TakeOver,
    Totals,
    TransactionKey,
)
from switch.ledger.rows import CapKey

INCARNATIONS: Final = "incarnation"
"""The name of the block that incarnations are numbered from."""


class SessionKey(msgspec.Struct, frozen=True, order=True, gc=False):
    """The session of a terminal."""

    terminal: str


class BlockKey(msgspec.Struct, frozen=True, order=True, gc=False):
    """A block of numbers."""

    name: str


class RrnKey(msgspec.Struct, frozen=True, order=True, gc=False):
    """The transaction with an RRN, and its place in `ReadSet.by_rrn`."""

    rrn: str


class BatchKey(msgspec.Struct, frozen=True, order=True, gc=False):
    """A terminal's batch by its number; `merchant` where its transactions are needed too."""

    terminal: str
    number: str
    merchant: str = ""


class Leases(msgspec.Struct, frozen=True, gc=False):
    """The leases of all incarnations."""


class Intents(msgspec.Struct, frozen=True, gc=False):
    """The first `limit` rows without an outcome, by attempt, that `incarnation` may take over."""

    incarnation: int
    now_ms: int
    limit: int


class Due(msgspec.Struct, frozen=True, gc=False):
    """The first `limit` queued rows, by time, that are due and that `incarnation` may claim."""

    incarnation: int
    now_ms: int
    limit: int


class Sums(msgspec.Struct, frozen=True, gc=False):
    """The totals of everything stored."""


Need = (
    TransactionKey
    | RrnKey
    | CapKey
    | SessionKey
    | BlockKey
    | BatchKey
    | Leases
    | Intents
    | Due
    | Sums
)


def needs(operation: Operation) -> tuple[Need, ...]:
    """Return what to read, and in a shared store to lock, before this operation is decided."""
    return _NEEDS[type(operation)](operation)


def cap_of(row: Row) -> CapKey | None:
    """Return the day that a row's amount counts to, None where it counts to none."""
    cap = row.cap
    return None if cap is None else CapKey(row.key.bucket, row.key.card, cap.day)


def original_of(row: Row) -> TransactionKey | None:
    """Return the row that a row takes of, None where it takes of none."""
    taking = row.taking
    return None if taking is None else taking.of


def _open(operation: Open) -> tuple[Need, ...]:
    key, cap, taking = operation.key, operation.cap, operation.taking
    told: tuple[Need, ...] = (key,)
    if cap is not None:
        told = (key, CapKey(key.bucket, key.card, cap.day))
    return told if taking is None else (*told, taking.of)


def _row(
    operation: (
        Close
        | Launch
        | Reroute
        | Reverse
        | FindOriginal
        | Acknowledge
        | SettleBill
        | Hasten
        | Resolve
    ),
) -> tuple[Need, ...]:
    return (operation.key,)


def _session(operation: SignOn | SignOff | NoteDownload | LoadSession) -> tuple[Need, ...]:
    return (SessionKey(operation.terminal),)


def _settled(operation: SettleBatch) -> tuple[Need, ...]:
    batch = operation.batch
    return SessionKey(batch.terminal), BatchKey(batch.terminal, batch.number, batch.merchant)


def _uploaded(operation: AddDetails | EndBatch) -> tuple[Need, ...]:
    return SessionKey(operation.terminal), BatchKey(operation.terminal, operation.number)


_NEEDS: Final[dict[type, Callable[[Any], tuple[Need, ...]]]] = {
    Open: _open,
    Close: _row,
    Launch: _row,
    Reroute: _row,
    Reverse: _row,
    FindOriginal: _row,
    FindByRrn: lambda operation: (RrnKey(operation.rrn),),
    Acknowledge: _row,
    SettleBill: _row,
    Hasten: _row,
    Resolve: _row,
    SignOn: _session,
    SignOff: _session,
    NoteDownload: _session,
    LoadSession: _session,
    LeaseNumbers: lambda operation: (BlockKey(operation.name),),
    Enlist: lambda _: (BlockKey(INCARNATIONS), Leases()),
    Renew: lambda _: (Leases(),),
    TakeOver: lambda o: (Leases(), Intents(o.incarnation, o.now_ms, o.limit)),
    Claim: lambda o: (Leases(), Due(o.incarnation, o.now_ms, o.limit)),
    CountRefusals: lambda _: (),
    Totals: lambda _: (Sums(),),
    SettleBatch: _settled,
    AddDetails: _uploaded,
    EndBatch: _uploaded,
}
