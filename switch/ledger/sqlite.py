"""The embedded ledger (switch/ledger): a log of batches in SQLite, and tables filled behind it.

A commit appends one row, the rows that its batch wrote, to one half of the log. A thread turns to
the other half, brings the tables up to date and empties the first. Truth is the tables plus every
batch of the log after `filled_through`; what is in memory is a copy.
"""

from __future__ import annotations

import os
import secrets
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

import apsw
import msgspec

from switch.core.batches.values import Batch
from switch.core.operations import (
    Advice,
    Operation,
    RefusalKey,
    Row,
    Session,
    Totals,
    TransactionKey,
)
from switch.core.outcomes import (
    Outcome,
    TotalsAre,
)
from switch.ledger.decide import decide
from switch.ledger.embedded.books import SqliteBooks
from switch.ledger.embedded.log import LogHalf
from switch.ledger.embedded.shelf import KEPT, Shelf
from switch.ledger.embedded.tables import Filling, Tables, encode
from switch.ledger.protocol import (
    EVERYWHERE,
    NEWEST,
    CapShown,
    LedgerFailed,
    LedgerOpenError,
    Refusals,
    Where,
)
from switch.ledger.rows import FENCED, Block, CapDay, CapKey, Lease, Queued, WriteSet

FILL_EVERY_S: Final = 1.0
"""How far the tables are behind the log, besides the time that a fill takes."""
FILL_AT: Final = 1_000
"""With so many rows to fill the tables are filled at once."""
_LAST: Final = 19
_IDENTITIES: Final = 2**31 - 1
MOST_UNFILLED: Final = 100_000
"""With so many rows to fill a batch waits for the tables."""


class LogEntry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a batch wrote, as the log holds it; a new list goes to the end and has a default."""

    rows: list[tuple[int, bytes]]
    caps: list[tuple[CapKey, CapDay]]
    advices: list[tuple[TransactionKey, Queued | None]]
    sessions: list[Session]
    blocks: list[tuple[str, Block]]
    leases: list[tuple[int, Lease]]
    fences: list[tuple[int, int]]
    batches: list[Batch] = []
    refusals: list[tuple[RefusalKey, int]] = []


_row: Final = msgspec.msgpack.Decoder(Row).decode
_entry: Final = msgspec.msgpack.Decoder(LogEntry).decode


class SqliteLedger:
    """A ledger in three files: `path` (the tables), `path.log-a` and `path.log-b`."""

    def __init__(
        self, path: Path, *, fill_every_s: float | None = FILL_EVERY_S, kept: int = KEPT
    ) -> None:
        """Open or make the ledger, and bring the tables up to its log.

        Without `fill_every_s` nothing is filled but by `fill`. Raises LedgerOpenError.
        """
        self._sequence = self._filled_through = 0
        self._next_number = 1
        self._filling = Filling()
        self._turning = threading.Lock()
        self._writing = threading.Lock()
        self._failure: apsw.Error | None = None
        self._wake = threading.Event()
        self._is_closing = False
        self._thread: threading.Thread | None = None
        with ExitStack() as opened:
            self._halves = [
                opened.enter_context(closing(LogHalf(path.with_name(f"{path.name}.log-{name}"))))
                for name in "ab"
            ]
            self._tables = opened.enter_context(closing(Tables(path)))
            self._books = opened.enter_context(closing(SqliteBooks(path)))
            try:
                self._identify(path)
                self._shelf = Shelf(self._tables, kept)
                self._recover(path)
            except (apsw.Error, msgspec.MsgspecError) as error:
                raise LedgerOpenError(f"{path} cannot be brought up to date: {error}") from error
            self._opened = opened.pop_all()
        if fill_every_s is not None:
            self._thread = threading.Thread(
                target=self._keep_filling, args=(fill_every_s,), name="ledger-tables", daemon=True
            )
            self._thread.start()

    def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        """Decide a batch in order, make it durable, and return its outcomes in that order.

        One batch at a time, from any thread. Raises LedgerFailed when it cannot be made durable
        and InvariantBroken when a decision is impossible; in both cases the process must stop.
        """
        if Totals in map(type, batch):
            self._shelf.stored.totals = self.totals()
        elif len(self._filling.rows) > MOST_UNFILLED:
            self.fill()
        with self._turning:
            if self._failure is not None:
                raise LedgerFailed("the ledger failed before") from self._failure
            try:
                self._shelf.fetch(batch)
                decision = decide(batch, self._shelf.stored)
                if decision.written:
                    self._commit(decision.written)
            except apsw.Error as error:
                self._failure = error
                raise LedgerFailed(f"a batch may be lost: {error}") from error
            self._shelf.let_go(self._filled_through)
        if len(self._filling.rows) > FILL_AT:
            self._wake.set()
        return decision.outcomes

    def fill(self) -> None:
        """Bring the tables up to the last batch. Raises LedgerFailed."""
        with self._writing:
            with self._turning:
                if self._failure is not None:
                    raise LedgerFailed("the ledger failed before") from self._failure
                if not self._filling:
                    return
                filling, self._filling = self._filling, Filling()
                through = self._sequence
                self._halves.reverse()
            try:
                self._tables.write(filling, through)
                self._halves[1].clear(through)
            except apsw.Error as error:
                self._failure = error
                raise LedgerFailed(f"the tables cannot be written: {error}") from error
            self._filled_through = through

    def transactions(self, limit: int = NEWEST, where: Where = EVERYWHERE) -> list[Row]:
        """Return at most `limit` transactions, the newest first."""
        self.fill()
        return self._books.transactions(limit, where)

    def caps(self, card: bytes) -> list[CapShown]:
        """Return the days of a card (its keyed hash) in order."""
        self.fill()
        return self._books.caps(card)

    def advices(self) -> list[Advice]:
        """Return the queued reversals, the first due first."""
        self.fill()
        return self._books.advices()

    def batches(self, from_day: int, until_day: int) -> list[Batch]:
        """Return terminals' batches by clearing day, terminal and number; days inclusive."""
        self.fill()
        return self._books.batches(from_day, until_day)

    def rows(self, from_day: int, until_day: int, *, only_reversed: bool = False) -> Iterator[Row]:
        """Yield the transactions of receipt days, both inclusive, by day and number."""
        self.fill()
        return self._books.rows(from_day, until_day, only_reversed=only_reversed)

    def first_day(self) -> int:
        """Return the first receipt day of all, 0 where there is no transaction."""
        self.fill()
        return self._books.first_day()

    def full_days(
        self, from_day: int, until_day: int, limit_fen: int
    ) -> Iterator[tuple[bytes, int]]:
        """Yield the days of cards (keyed hash and YYYYMMDD) that have no less than a limit."""
        self.fill()
        return self._books.full_days(from_day, until_day, limit_fen)

    def refusals(self, from_day: int, until_day: int) -> Iterator[Refusals]:
        """Yield what was refused without a row, by day, point, bank, code and reason."""
        self.fill()
        return self._books.refusals(from_day, until_day)

    def totals(self) -> TotalsAre:
        """Return the sums over everything, added up from the rows: the whole file is read."""
        self.fill()
        return self._books.totals()

    def close(self) -> None:
        """Bring the tables up to date, where that is still possible, and let go of the files."""
        if self._thread is not None:
            self._is_closing = True
            self._wake.set()
            self._thread.join()
        with self._opened:
            if self._failure is None:
                self.fill()

    def abandon(self) -> None:
        """Let go of the files as a process that dies does: the tables stay behind their log."""
        self._failure = self._failure or apsw.Error("abandoned")
        self.close()

    def _commit(self, written: WriteSet) -> None:
        numbers = self._shelf.numbers
        bodies: dict[int, bytes] = {}
        for key, row in written.transactions.items():
            number = numbers.get(key)
            if number is None:
                number = numbers[key] = self._next_number
                self._next_number += 1
            bodies[number] = encode(row)
        entry = LogEntry(
            list(bodies.items()),
            list(written.caps.items()),
            list(written.advices.items()),
            list(written.sessions.values()),
            list(written.blocks.items()),
            list(written.leases.items()),
            list(written.fences.items()),
            list(written.batches.values()),
            list(written.refusals.items()),
        )
        self._halves[0].append(self._sequence + 1, encode(entry))
        self._sequence += 1
        self._shelf.keep(written, self._sequence)
        self._filling.add(bodies, written, numbers)

    def _keep_filling(self, every_s: float) -> None:
        """Fill until the ledger closes or fails; what failed, the next batch raises."""
        if sys.platform == "linux":
            # A thread has a priority of its own there; whoever answers terminals goes first.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LAST)
        while not self._is_closing:
            self._wake.wait(every_s)
            self._wake.clear()
            try:
                self.fill()
            except LedgerFailed:
                return

    def _identify(self, path: Path) -> None:
        """Refuse files that are not of one ledger: a log of another would be replayed into it."""
        identity, is_new = self._tables.identity, self._tables.filled_through == 0
        if not identity:
            identity = secrets.randbelow(_IDENTITIES) + 1
            self._tables.adopt(identity)
        for half in self._halves:
            if not half.identity and is_new:
                half.adopt(identity)
            elif half.identity != identity:
                raise LedgerOpenError(f"{half.path} is missing or no part of {path}")

    def _recover(self, path: Path) -> None:
        """Take from the log what the tables have not; then begin with an empty log."""
        filled = self._sequence = self._filled_through = self._tables.filled_through
        self._next_number = self._tables.next_number
        batches = sorted(batch for half in self._halves for batch in half.batches())
        if any(number > filled for number, body in batches if not body):
            raise LedgerOpenError(f"{path} is older than its log: a copy was put in its place")
        for number, body in batches:
            if number > filled and body:
                self._sequence += 1
                if number != self._sequence:
                    raise LedgerOpenError(f"batch {self._sequence} is missing in the log of {path}")
                self._replay(_entry(body))
        self._end_leases()
        if self._filling:
            self._tables.write(self._filling, self._sequence)
            self._filling = Filling()
        if any(body for _, body in batches):
            for half in self._halves:
                half.clear(self._sequence)
        self._filled_through = self._sequence

    def _replay(self, entry: LogEntry) -> None:
        written = WriteSet()
        for number, body in entry.rows:
            row = _row(body)
            written.transactions[row.key] = row
            self._shelf.numbers[row.key] = number
            self._next_number = max(self._next_number, number + 1)
        written.caps.update(entry.caps)
        written.advices.update(entry.advices)
        written.sessions.update((session.terminal, session) for session in entry.sessions)
        written.blocks.update(entry.blocks)
        written.leases.update(entry.leases)
        written.fences.update(entry.fences)
        written.batches.update((batch.key, batch) for batch in entry.batches)
        written.refusals.update(entry.refusals)
        self._shelf.keep(written, self._sequence)
        self._filling.add(dict(entry.rows), written, self._shelf.numbers)

    def _end_leases(self) -> None:
        """End all leases: whoever holds these files knows that all before it are dead."""
        written = WriteSet()
        for incarnation, lease in self._shelf.stored.leases.items():
            if lease.until_ms != FENCED:
                written.leases[incarnation] = Lease(lease.nonce, FENCED)
        self._shelf.keep(written, self._sequence)
        self._filling.add({}, written, self._shelf.numbers)
