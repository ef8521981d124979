"""The tables (switch/ledger/embedded): written behind the log, read at the start.

A fill is one transaction of few statements, each over an array: row by row, a thread that fills
would ask for the interpreter's lock at every row, and wait for it up to 5 ms each time.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import apsw
import msgspec

from switch.core.batches.values import Batch
from switch.core.moment import local
from switch.core.operations import (
    RefusalKey,
    Row,
    Session,
    TransactionKey,
)
from switch.ledger.embedded.migrations import migrate
from switch.ledger.protocol import LedgerOpenError
from switch.ledger.rows import (
    EMPTY_DAY,
    Block,
    CapDay,
    CapKey,
    Lease,
    Queued,
    ReadSet,
    WriteSet,
    raise_counts,
)

K = TypeVar("K")
V = TypeVar("V")

_PATIENCE_MS: Final = 5_000
"""How long a reader of another program may keep the file from us."""
_SLICE: Final = 64
"""So many values are prepared before others get the interpreter's lock."""
_PAUSE_S: Final = 0.000_05
"""Long enough for them to wake up and take it: with no pause we would have it again first."""
_FILL_TRANSACTIONS: Final = """
    INSERT INTO transactions
    SELECT CAST(substr(value, 1, 12) AS INTEGER), rtrim(CAST(substr(value, 13, 8) AS TEXT)),
        rtrim(CAST(substr(value, 21, 6) AS TEXT)), rtrim(CAST(substr(value, 27, 6) AS TEXT)),
        rtrim(CAST(substr(value, 33, 12) AS TEXT)), CAST(substr(value, 45, 2) AS INTEGER),
        CAST(substr(value, 47, 8) AS INTEGER), CAST(substr(value, 55, 14) AS INTEGER),
        substr(value, 69)
    FROM carray(?) WHERE true
    ON CONFLICT (number) DO UPDATE SET state = excluded.state, body = excluded.body"""
_FILL_CAPS: Final = """
    INSERT OR REPLACE INTO caps (day, bucket, held_fen, committed_fen, card)
    SELECT CAST(substr(value, 1, 8) AS INTEGER), CAST(substr(value, 9, 4) AS INTEGER),
        CAST(substr(value, 13, 14) AS INTEGER), CAST(substr(value, 27, 14) AS INTEGER),
        substr(value, 41)
    FROM carray(?)"""
_FILL_ADVICES: Final = """
    INSERT OR REPLACE INTO advices
    SELECT CAST(substr(value, 1, 12) AS INTEGER), CAST(substr(value, 13, 6) AS INTEGER),
        CAST(substr(value, 19, 14) AS INTEGER), CAST(substr(value, 33) AS INTEGER)
    FROM carray(?)"""
_FILL_SESSIONS: Final = """
    INSERT OR REPLACE INTO sessions
    SELECT rtrim(CAST(substr(value, 1, 32) AS TEXT)), substr(value, 33) FROM carray(?)"""

_FILL_REFUSALS: Final = """
    INSERT INTO refusals VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET count = max(count, excluded.count)"""

encode: Final = msgspec.msgpack.Encoder().encode
"""Encodes whatever the log and the tables hold."""
_row: Final = msgspec.msgpack.Decoder(Row).decode
_session: Final = msgspec.msgpack.Decoder(Session).decode
_batch: Final = msgspec.msgpack.Decoder(Batch).decode


class Filling:
    """What the log has and the tables have not: the last value of each row."""

    __slots__ = (
        "advices", "batches", "blocks", "caps", "fences", "leases", "refusals", "rows", "sessions",
    )  # fmt: skip

    def __init__(self) -> None:
        """Begin with nothing."""
        self.rows: dict[int, tuple[Row, bytes]] = {}
        """Transactions by number, and as they are encoded."""
        self.advices: dict[int, Queued | None] = {}
        self.caps: dict[CapKey, CapDay] = {}
        self.sessions: dict[str, Session] = {}
        self.blocks: dict[str, Block] = {}
        self.leases: dict[int, Lease] = {}
        self.fences: dict[int, int] = {}
        self.batches: dict[tuple[str, str], Batch] = {}
        self.refusals: dict[RefusalKey, int] = {}

    def __bool__(self) -> bool:
        return any(getattr(self, name) for name in self.__slots__)

    def add(
        self, bodies: Mapping[int, bytes], written: WriteSet, numbers: Mapping[TransactionKey, int]
    ) -> None:
        """Add what a batch wrote; `bodies` are its transactions by number, encoded."""
        self.rows.update(
            zip(
                bodies,
                zip(written.transactions.values(), bodies.values(), strict=True),
                strict=True,
            )
        )
        for key, queued in written.advices.items():
            self.advices[numbers[key]] = queued
        self.caps.update(written.caps)
        self.sessions.update(written.sessions)
        self.blocks.update(written.blocks)
        self.leases.update(written.leases)
        self.fences.update(written.fences)
        self.batches.update(written.batches)
        raise_counts(self.refusals, written.refusals)


class Tables:
    """The tables in their file: one connection that fills them, and one that looks rows up."""

    def __init__(self, path: Path) -> None:
        """Open the file and bring its schema up to date. Raises LedgerOpenError."""
        try:
            self._writer = _connect(path)
            migrate(self._writer, path)
            self._reader = _connect(path)
            self._reader.pragma("query_only", 1)
        except apsw.Error as error:
            raise LedgerOpenError(f"{path} cannot be opened: {error}") from error

    @property
    def identity(self) -> int:
        """Which ledger this is; 0 when it is new."""
        return int(self._writer.pragma("application_id"))

    def adopt(self, identity: int) -> None:
        """Give a new ledger its identity."""
        self._writer.pragma("application_id", identity)

    @property
    def filled_through(self) -> int:
        """The sequence number of the last batch that is in the tables."""
        return int(self._reader.execute("SELECT filled_through FROM progress").get)

    @property
    def next_number(self) -> int:
        """The number of the next transaction."""
        return int(self._reader.execute("SELECT ifnull(max(number), 0) + 1 FROM transactions").get)

    def load(self, stored: ReadSet) -> dict[TransactionKey, int]:
        """Put into `stored` what is always in memory; return the numbers of its transactions.

        That is everything but caps and transactions that have an outcome and no queued 0420.
        """
        ask = self._reader.execute
        for (body,) in ask("SELECT body FROM sessions"):
            session = _session(body)
            stored.sessions[session.terminal] = session
        for name, free, attempt, first in ask("SELECT * FROM blocks"):
            stored.blocks[name] = Block(free, attempt, first)
        for incarnation, nonce, until_ms in ask("SELECT * FROM leases"):
            stored.leases[incarnation] = Lease(nonce, until_ms)
        stored.fences.update(ask("SELECT attempt, said_by FROM fences"))
        numbers: dict[TransactionKey, int] = {}
        for number, body in ask("SELECT number, body FROM transactions WHERE state = 3"):
            row = _row(body)
            stored.put(row.key, row)
            numbers[row.key] = number
        for number, tries, due_ms, owner, body in ask(
            "SELECT advices.*, body FROM advices JOIN transactions USING (number)"
        ):
            row = _row(body)
            stored.put(row.key, row)
            stored.queue(row.key, Queued(tries, due_ms, owner))
            numbers[row.key] = number
        return numbers

    def find(self, key: TransactionKey) -> tuple[int, Row] | None:
        """Return the transaction with this key and its number."""
        for number, body in self._reader.execute(
            "SELECT number, body FROM transactions WHERE terminal = ? AND batch = ? AND stan = ?",
            _request_columns(key),
        ):
            row = _row(body)
            if row.key == key:
                return number, row
        return None

    def find_rrn(self, rrn: str) -> tuple[int, Row] | None:
        """Return the transaction with this RRN and its number."""
        for number, body in self._reader.execute(
            "SELECT number, body FROM transactions WHERE rrn = ?", (_column(rrn, 12),)
        ):
            row = _row(body)
            if row.record.rrn == rrn:
                return number, row
        return None

    def batch(self, terminal: str, number: str) -> Batch | None:
        """Return a terminal's batch, None where nothing of it was settled."""
        found = self._reader.execute(
            "SELECT body FROM batches WHERE terminal = ? AND number = ?", (terminal, number)
        ).get
        return None if found is None else _batch(found)

    def rows_of_batch(self, terminal: str, number: str) -> list[tuple[int, Row]]:
        """Return the transactions of a terminal's batch with their numbers."""
        found = self._reader.execute(
            "SELECT number, body FROM transactions WHERE terminal = ? AND batch = ?",
            (_column(terminal, 8), _column(number, 6)),
        )
        rows = ((place, _row(body)) for place, body in found)
        wanted = (terminal, number)
        return [each for each in rows if (each[1].key.terminal, each[1].key.batch) == wanted]

    def last_stan(self, terminal: str, batch: str) -> str:
        """Return the greatest STAN of a terminal's batch, empty where there is none."""
        found = self._reader.execute(
            "SELECT max(stan) FROM transactions WHERE terminal = ? AND batch = ?",
            (_column(terminal, 8), _column(batch, 6)),
        ).get
        return "" if found is None else str(found)

    def caps(self, keys: Iterable[CapKey]) -> dict[CapKey, CapDay]:
        """Return what these days have; a day without a row has nothing."""
        found = dict.fromkeys(keys, EMPTY_DAY)
        by_day: dict[int, list[bytes]] = {}
        for key in found:
            by_day.setdefault(key.day, []).append(key.card)
        for day, cards in by_day.items():
            for card, bucket, held_fen, committed_fen in self._reader.execute(
                "SELECT card, bucket, held_fen, committed_fen FROM caps"
                " WHERE card IN (SELECT value FROM carray(?)) AND day = ?",
                (apsw.carray(tuple(cards)), day),
            ):
                found[CapKey(bucket, card, day)] = CapDay(held_fen, committed_fen)
        return found

    def write(self, filling: Filling, through: int) -> None:
        """Bring the tables up to the batch numbered `through`. Raises apsw.Error."""
        queued = {number: queue for number, queue in filling.advices.items() if queue is not None}
        rows = _paced(filling.rows.items(), _row_value)
        caps = _paced(filling.caps.items(), _cap_value)
        advices = _paced(queued.items(), _advice_value)
        sessions = _paced(filling.sessions.items(), _session_value)
        gone = array("q", filling.advices.keys() - queued.keys())
        tell = self._writer.execute
        tell("BEGIN IMMEDIATE")
        for sql, values in (
            (_FILL_TRANSACTIONS, rows),
            (_FILL_CAPS, caps),
            (_FILL_ADVICES, advices),
            (_FILL_SESSIONS, sessions),
        ):
            if values:
                tell(sql, (apsw.carray(values),))
        if gone:
            tell(
                "DELETE FROM advices WHERE number IN (SELECT value FROM carray(?))",
                (apsw.carray(gone),),
            )
        self._write_rare(filling)
        tell("UPDATE progress SET filled_through = ?", (through,))
        tell("COMMIT")

    def _write_rare(self, filling: Filling) -> None:
        tell = self._writer.executemany
        tell(
            "INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?)",
            ((name, b.free, b.attempt, b.first) for name, b in filling.blocks.items()),
        )
        tell(
            "INSERT OR REPLACE INTO leases VALUES (?, ?, ?)",
            ((number, lease.nonce, lease.until_ms) for number, lease in filling.leases.items()),
        )
        tell("INSERT OR REPLACE INTO fences VALUES (?, ?)", filling.fences.items())
        tell(
            "INSERT OR REPLACE INTO batches VALUES (?, ?, ?, ?)",
            ((*key, batch.day, encode(batch)) for key, batch in filling.batches.items()),
        )
        tell(
            _FILL_REFUSALS,
            (
                (r.day, r.incarnation, r.merchant, r.issuer, r.code, r.reason, count)
                for r, count in filling.refusals.items()
            ),
        )

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()
        self._writer.close()


def _connect(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path))
    connection.set_busy_timeout(_PATIENCE_MS)
    connection.pragma("journal_mode", "wal")
    # The log forgets what is here, so a fill must be as durable as a batch.
    connection.pragma("synchronous", "full")
    # Card data that was erased shall not stay readable between the rows of a page.
    connection.pragma("secure_delete", "fast")
    return connection


def _column(text: str, width: int) -> str:
    """Return a text as its column holds it."""
    return text[:width].encode("ascii", "replace").decode("ascii").rstrip(" ")


def _request_columns(key: TransactionKey) -> tuple[str, str, str]:
    return _column(key.terminal, 8), _column(key.batch, 6), _column(key.stan, 6)


def _paced(items: Iterable[tuple[K, V]], make: Callable[[K, V], bytes]) -> tuple[bytes, ...]:
    """Make values in short slices, so that whoever answers terminals hardly waits."""
    values = []
    for count, (key, item) in enumerate(items, 1):
        values.append(make(key, item))
        if not count % _SLICE:
            time.sleep(_PAUSE_S)
    return tuple(values)


def _row_value(number: int, row_and_body: tuple[Row, bytes]) -> bytes:
    """Stamp a row: its columns at fixed widths, for look-ups and for people, before its body."""
    row, body = row_and_body
    key, record = row.key, row.record
    stamp = (
        f"{number:012d}{key.terminal:8.8}{key.batch:6.6}{key.stan:6.6}{record.rrn:12.12}"
        f"{row.state:02d}{local(record.opened_ms).day:08d}{record.amount_fen:014d}"
    )
    return stamp.encode("ascii", "replace") + body


def _cap_value(key: CapKey, day: CapDay) -> bytes:
    amounts = f"{day.held_fen:014d}{day.committed_fen:014d}"
    return f"{key.day:08d}{key.bucket:04d}{amounts}".encode("ascii") + key.card


def _advice_value(number: int, queued: Queued) -> bytes:
    return f"{number:012d}{queued.tries:06d}{queued.due_ms:014d}{queued.owner:d}".encode("ascii")


def _session_value(terminal: str, session: Session) -> bytes:
    return f"{terminal:32.32}".encode("ascii", "replace") + encode(session)
