"""What the embedded ledger has in memory (switch/ledger/embedded): a read set that stays small.

Always there: sessions, numbers, leases, the queue, and every transaction that is not over. The
others leave once the tables have them, the longest unused first, and are found there again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Final

from switch.core.batches.values import Batch
from switch.core.operations import (
    Close,
    Operation,
    Row,
    TransactionKey,
)
from switch.core.transaction import State
from switch.ledger.embedded.tables import Tables
from switch.ledger.needs import BatchKey, RrnKey, cap_of, needs, original_of
from switch.ledger.rows import CapDay, CapKey, ReadSet, WriteSet

KEPT: Final = 20_000
"""Rows of transactions that are over and of caps that stay in memory, some 2 KiB each."""


_Key = TransactionKey | CapKey | tuple[str, str]
_Value = Row | CapDay | Batch


class Shelf:
    """The rows in memory, and the way to those that are not."""

    __slots__ = (
        "_filled_through",
        "_last_stans",
        "_leaving",
        "_tables",
        "kept",
        "numbers",
        "stored",
    )

    def __init__(self, tables: Tables, kept: int = KEPT) -> None:
        """Begin with what must always be there."""
        self.kept = kept
        self.stored = ReadSet()
        self.numbers: dict[TransactionKey, int] = tables.load(self.stored)
        self._tables = tables
        self._last_stans: dict[str, tuple[str, str]] = {}
        self._leaving: deque[tuple[int, _Key, _Value]] = deque()
        self._filled_through = 0

    def fetch(self, batch: Sequence[Operation]) -> None:
        """Read from the tables what a batch needs and what is not in memory."""
        rows, caps = self.stored.transactions, self.stored.caps
        missing: list[CapKey] = []
        for operation in batch:
            for need in () if self._is_at_hand(operation) else needs(operation):
                if type(need) is TransactionKey:
                    row = rows.get(need) or self._fetch_row(need)
                    if row is not None and (row.cap is not None or row.taking is not None):
                        missing += self._brought_along(row)
                elif type(need) is RrnKey:
                    self._fetch_rrn(need.rrn)
                elif type(need) is BatchKey:
                    self._fetch_batch(need)
                elif type(need) is CapKey and need not in caps:
                    missing.append(need)
        if missing:
            for cap, day in self._tables.caps(missing).items():
                caps[cap] = day
                self._leaving.append((0, cap, day))

    def _is_at_hand(self, operation: Operation) -> bool:
        """Tell whether this is a close that needs nothing from the tables, as nearly all do."""
        if type(operation) is not Close:
            return False
        row = self.stored.transactions.get(operation.key)
        if row is None or row.cap is None or row.taking is not None:
            return False
        return CapKey(row.key.bucket, row.key.card, row.cap.day) in self.stored.caps

    def _brought_along(self, row: Row) -> list[CapKey]:
        """Read what a row takes of; return its day where that must be read too."""
        cap, original = cap_of(row), original_of(row)
        while original is not None:
            taken = self.stored.transactions.get(original) or self._fetch_row(original)
            original = original_of(taken) if taken is not None else None
        return [cap] if cap is not None and cap not in self.stored.caps else []

    def keep(self, written: WriteSet, sequence: int) -> None:
        """Take over what the batch numbered `sequence` wrote; it may leave once it is filled."""
        self.stored.apply(written)
        leaving = self._leaving
        for key, row in written.transactions.items():
            if row.state is not State.FORWARDED:
                leaving.append((sequence, key, row))
        for cap, day in written.caps.items():
            leaving.append((sequence, cap, day))
        for batch in written.batches.values():
            leaving.append((sequence, batch.key, batch))

    def let_go(self, filled_through: int) -> None:
        """Drop the oldest rows beyond the limit that the tables have, and that nothing changed."""
        leaving, self._filled_through = self._leaving, filled_through
        while len(leaving) > self.kept and leaving[0][0] <= filled_through:
            _, key, value = leaving.popleft()
            if type(key) is CapKey:
                if self.stored.caps.get(key) is value:
                    del self.stored.caps[key]
            elif type(key) is tuple:
                if self.stored.batches.get(key) is value:
                    del self.stored.batches[key]
            elif type(key) is TransactionKey and key not in self.stored.advices:
                self._drop(key, value)

    def _drop(self, key: TransactionKey, value: _Value) -> None:
        if self.stored.transactions.get(key) is not value:
            return
        row = self.stored.transactions.pop(key)
        self.stored.by_rrn.pop(row.record.rrn, None)
        del self.numbers[key]
        batch, stan = self._last_stans.get(key.terminal, ("", ""))
        if batch == key.batch and key.stan > stan:
            self._last_stans[key.terminal] = (batch, key.stan)

    def _fetch_row(self, key: TransactionKey) -> Row | None:
        """Return a row from the tables; what a terminal numbers upwards is not looked for."""
        batch, stan = self._last_stans.get(key.terminal, ("", ""))
        if batch != key.batch:
            batch, stan = key.batch, self._tables.last_stan(key.terminal, key.batch)
            self._last_stans[key.terminal] = batch, stan
        if key.stan > stan:
            return None
        found = self._tables.find(key)
        if found is None:
            return None
        return self._fetched(*found)

    def _fetch_rrn(self, rrn: str) -> None:
        """Read the row with this RRN; one that is in memory is the newer."""
        if rrn not in self.stored.by_rrn and (found := self._tables.find_rrn(rrn)) is not None:
            self._fetched(*found)

    def _fetch_batch(self, need: BatchKey) -> None:
        """Read a terminal's batch, and with a merchant all its transactions."""
        stored, place = self.stored, (need.terminal, need.number)
        if place not in stored.batches:
            batch = self._tables.batch(*place)
            if batch is not None:
                stored.batches[place] = batch
                self._leaving.append((0, place, batch))
        if need.merchant:
            stored.in_batch = {place: self._keys_of_batch(*place)}

    def _keys_of_batch(self, terminal: str, number: str) -> list[TransactionKey]:
        """Return the transactions of a batch: from the tables, and what is to be filled."""
        wanted = (terminal, number)
        keys = [key for key in self.stored.intents if (key.terminal, key.batch) == wanted]
        for sequence, key, _ in reversed(self._leaving):
            if 0 < sequence <= self._filled_through:
                break
            if type(key) is TransactionKey and (key.terminal, key.batch) == wanted:
                keys.append(key)
        for number_, row in self._tables.rows_of_batch(terminal, number):
            if row.key not in self.stored.transactions:
                self._fetched(number_, row)
            keys.append(row.key)
        return keys

    def _fetched(self, number: int, row: Row) -> Row:
        self.stored.put(row.key, row)
        self.numbers[row.key] = number
        self._leaving.append((0, row.key, row))
        return row
