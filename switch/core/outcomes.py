"""What the ledger answers: one outcome for each operation (switch/core).

Done, refused with the reason, or `Unknown`.
"""

from __future__ import annotations

import msgspec

from switch.core.batches.values import BatchIs, BatchUnknown
from switch.core.operations import Advice, Row, Session


class Opened(msgspec.Struct, frozen=True, gc=False):
    """The intent is durable; what the card's day now has, this amount included, in fen."""

    committed_fen: int
    held_fen: int


class Repeated(msgspec.Struct, frozen=True, gc=False):
    """The same request came before: its row."""

    row: Row


class Clashed(msgspec.Struct, frozen=True, gc=False):
    """Another request had the same key."""

    row: Row


class CapExceeded(msgspec.Struct, frozen=True, gc=False):
    """The cap would be passed; amounts in fen without the one asked for."""

    limit_fen: int
    committed_fen: int
    held_fen: int


class Forestalled(msgspec.Struct, frozen=True, gc=False):
    """Its reversal came first."""


class Closed(msgspec.Struct, frozen=True, gc=False):
    """The outcome is durable: the row as it is now."""

    row: Row


class Superseded(msgspec.Struct, frozen=True, gc=False):
    """It has another outcome, which stands, or is being reversed: the row says which.

    Only a row that is APPROVED may be answered as approved.
    """

    row: Row


class Fenced(msgspec.Struct, frozen=True, gc=False):
    """Another incarnation holds it now, or the attempt was declared never to have happened."""


class Missing(msgspec.Struct, frozen=True, gc=False):
    """There is no such row."""


class ReversalQueued(msgspec.Struct, frozen=True, gc=False):
    """The 0420 is durable, now (`is_first`) or since an earlier cause."""

    row: Row
    is_first: bool


class NothingToReverse(msgspec.Struct, frozen=True, gc=False):
    """The original was declined, never sent, or is reversed already."""

    row: Row


class NotReversible(msgspec.Struct, frozen=True, gc=False):
    """The original is of a kind that has no reversal, or something was taken of it."""

    row: Row


class OriginalNotFound(msgspec.Struct, frozen=True, gc=False):
    """No transaction has this key or RRN."""


class Spent(msgspec.Struct, frozen=True, gc=False):
    """The original is not approved, or less is left of it than was asked for: its row."""

    row: Row


class Overtaken(msgspec.Struct, frozen=True, gc=False):
    """Others have taken of the original since this was priced: its row."""

    row: Row


class Found(msgspec.Struct, frozen=True, gc=False):
    """The original."""

    row: Row


class SessionIs(msgspec.Struct, frozen=True, gc=False):
    """The session after the operation."""

    session: Session | None


class NumbersLeased(msgspec.Struct, frozen=True, gc=False):
    """`first` to `first + count - 1` are ours."""

    first: int
    count: int


class Enlisted(msgspec.Struct, frozen=True, gc=False):
    """The number of the new incarnation; attempts begin with it."""

    incarnation: int


class Renewed(msgspec.Struct, frozen=True, gc=False):
    """The lease is longer."""


class TakenOver(msgspec.Struct, frozen=True, gc=False):
    """Open rows that are ours now and have no outcome."""

    rows: tuple[Row, ...]


class Claimed(msgspec.Struct, frozen=True, gc=False):
    """Advices to send now."""

    advices: tuple[Advice, ...]


class Resolved(msgspec.Struct, frozen=True, gc=False):
    """`verdict` is `done`, `refused` (another attempt decided) or `never`; the row as it is."""

    verdict: str
    row: Row | None


class TotalsAre(msgspec.Struct, frozen=True, gc=False):
    """Count and sum in fen by state; held and committed over all cap days; queued advices."""

    by_state: dict[int, tuple[int, int]]
    held_fen: int
    committed_fen: int
    queued: int


class Counted(msgspec.Struct, frozen=True, gc=False):
    """The counts of refusals are durable."""


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """It cannot be said whether the operation happened: ask with `Resolve`."""


Outcome = (
    Opened
    | Repeated
    | Clashed
    | CapExceeded
    | Forestalled
    | Closed
    | Superseded
    | Fenced
    | Missing
    | ReversalQueued
    | NothingToReverse
    | NotReversible
    | OriginalNotFound
    | Spent
    | Overtaken
    | Found
    | SessionIs
    | NumbersLeased
    | Enlisted
    | Renewed
    | TakenOver
    | Claimed
    | Resolved
    | TotalsAre
    | Counted
    | BatchIs
    | BatchUnknown
    | Unknown
)
