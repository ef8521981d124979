"""The rows that a batch reads and the rows that it writes (switch/ledger).

A batch is read set -> decide -> write set. A store either fills a read set with what `needs` names
(SELECT ... FOR UPDATE of the distinct keys), or keeps one and applies each write set to it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from switch.core.batches.values import Batch
from switch.core.operations import (
    RefusalKey,
    Row,
    Session,
    TransactionKey,
)
from switch.core.outcomes import (
    TotalsAre,
)
from switch.core.transaction import State


class CapKey(msgspec.Struct, frozen=True, order=True, array_like=True, gc=False):
    """A card's day: the bucket and keyed hash of the card, and YYYYMMDD."""

    bucket: int
    card: bytes
    day: int


class CapDay(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a card's day has: amounts in fen."""

    held_fen: int
    committed_fen: int


class Queued(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How the delivery of a row's 0420 or 0220 stands; `owner` is an incarnation."""

    tries: int
    due_ms: int
    owner: int


class Block(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The numbers of one name: the next free one, and the last lease (attempt and first number)."""

    free: int
    attempt: int
    first: int


class Lease(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An incarnation's lease; `until_ms` is UTC, or FENCED once it was taken over."""

    nonce: bytes
    until_ms: int


FENCED: Final = -1
EMPTY_DAY: Final = CapDay(0, 0)


def raise_counts(counts: dict[RefusalKey, int], by: Mapping[RefusalKey, int]) -> None:
    """Take over counts of refusals: of two under one key the greater stands."""
    for key, count in by.items():
        counts[key] = max(count, counts.get(key, 0))


class WriteSet:
    """The rows that a batch leaves behind, each once: a key has its last value.

    A queued reversal that is None has left the queue. `fences` maps an attempt that must never
    happen to the attempt that said so.
    """

    __slots__ = (
        "advices", "batches", "blocks", "caps", "fences", "leases", "refusals", "sessions",
        "transactions",
    )  # fmt: skip

    def __init__(self) -> None:
        """Begin with nothing."""
        self.transactions: dict[TransactionKey, Row] = {}
        self.caps: dict[CapKey, CapDay] = {}
        self.sessions: dict[str, Session] = {}
        self.advices: dict[TransactionKey, Queued | None] = {}
        self.blocks: dict[str, Block] = {}
        self.leases: dict[int, Lease] = {}
        self.fences: dict[int, int] = {}
        self.batches: dict[tuple[str, str], Batch] = {}
        self.refusals: dict[RefusalKey, int] = {}

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)

    def update(self, later: WriteSet) -> None:
        """Take over what a later batch wrote."""
        for name in self.__slots__:
            if name != "refusals":
                getattr(self, name).update(getattr(later, name))
        raise_counts(self.refusals, later.refusals)


class ReadSet:
    """Rows as they are stored, for `decide` to read and never to change.

    `totals` is there when a batch needs it (see `needs`). `by_rrn` leads from DE 37 to each row.
    """

    __slots__ = (
        "_due", "advices", "batches", "blocks", "by_rrn", "caps", "fences", "in_batch", "intents",
        "leases", "refusals", "sessions", "totals", "transactions",
    )  # fmt: skip

    def __init__(self) -> None:
        """Begin with nothing."""
        self.transactions: dict[TransactionKey, Row] = {}
        self.by_rrn: dict[str, TransactionKey] = {}
        self.intents: dict[TransactionKey, Row] = {}
        self.caps: dict[CapKey, CapDay] = {}
        self.sessions: dict[str, Session] = {}
        self.advices: dict[TransactionKey, Queued] = {}
        self.blocks: dict[str, Block] = {}
        self.leases: dict[int, Lease] = {}
        self.fences: dict[int, int] = {}
        self.totals: TotalsAre | None = None
        self.batches: dict[tuple[str, str], Batch] = {}
        self.refusals: dict[RefusalKey, int] = {}
        """Only where the read set is the ledger: no decision reads them."""
        self.in_batch: dict[tuple[str, str], list[TransactionKey]] = {}
        """What a store looked up of a batch; without it all that is here is looked through."""
        self._due: list[tuple[int, TransactionKey]] = []

    def apply(self, written: WriteSet) -> None:
        """Take over what a batch wrote."""
        for key, row in written.transactions.items():
            self.put(key, row)
        for key, queued in written.advices.items():
            self.queue(key, queued)
        self.caps.update(written.caps)
        self.sessions.update(written.sessions)
        self.blocks.update(written.blocks)
        self.leases.update(written.leases)
        self.fences.update(written.fences)
        self.batches.update(written.batches)
        raise_counts(self.refusals, written.refusals)

    def put(self, key: TransactionKey, row: Row) -> None:
        """Store a row; those without an outcome are listed as intents too."""
        self.transactions[key] = row
        if row.record.rrn:
            self.by_rrn[row.record.rrn] = key
        if row.state is State.FORWARDED:
            self.intents[key] = row
        else:
            self.intents.pop(key, None)

    def keys_of_batch(self, terminal: str, number: str) -> list[TransactionKey]:
        """Return the transactions of a terminal's batch."""
        found = self.in_batch.get((terminal, number))
        if found is None:
            wanted = (terminal, number)
            found = [key for key in self.transactions if (key.terminal, key.batch) == wanted]
        return found

    def queue(self, key: TransactionKey, queued: Queued | None) -> None:
        """Store how a 0420 stands, or take it off the queue."""
        if queued is None:
            self.advices.pop(key, None)
        else:
            self.advices[key] = queued
            heapq.heappush(self._due, (queued.due_ms, key))

    def due(
        self, now_ms: int, limit: int, is_claimable: Callable[[int], bool]
    ) -> list[TransactionKey]:
        """Return at most `limit` queued rows that are due, of the owners that may be claimed."""
        seen: dict[tuple[int, TransactionKey], bool] = {}
        left = limit
        while self._due and left and self._due[0][0] <= now_ms:
            entry = heapq.heappop(self._due)
            queued = self.advices.get(entry[1])
            # An entry is stale when its row has left the queue or was given another time since.
            if queued is not None and queued.due_ms == entry[0] and entry not in seen:
                seen[entry] = is_claimable(queued.owner)
                left -= seen[entry]
        for entry in seen:
            heapq.heappush(self._due, entry)
        return [key for (_, key), is_ours in seen.items() if is_ours]
