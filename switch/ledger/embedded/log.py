"""One half of the log (switch/ledger/embedded): a SQLite file that is only appended to.

One row is one batch. Two halves are written in turn: while one is written, the other goes into the
tables and is emptied, so that a commit never waits for a checkpoint or for a deletion.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import apsw

from switch.ledger.protocol import LedgerOpenError

_FORMAT: Final = 1
_COPY_AT: Final = 8 * 2**20
"""Bytes of batches after which the write-ahead log begins again. Emptied pages are used again, so
the later this is, the less is ever copied into the file."""
_PRAGMAS: Final = (
    # Held until the file is closed: two processes with one ledger would each trust its memory.
    ("locking_mode", "exclusive"),
    ("journal_mode", "wal"),
    # NORMAL loses acknowledged batches when the power is cut.
    ("synchronous", "full"),
    ("wal_autocheckpoint", 0),
)


class LogHalf:
    """Batches in order, each under its sequence number."""

    __slots__ = ("_connection", "_uncopied", "path")

    def __init__(self, path: Path) -> None:
        """Open the file and lock it. Raises LedgerOpenError."""
        self.path = path
        self._uncopied = 0
        try:
            self._connection = apsw.Connection(str(path))
            for name, value in _PRAGMAS:
                self._connection.pragma(name, value)
            self._connection.execute("BEGIN EXCLUSIVE; COMMIT")
            found = self._connection.pragma("user_version")
            if not found:
                self._create()
        except (apsw.BusyError, apsw.LockedError) as error:
            raise LedgerOpenError(f"{path} is open in another process") from error
        except apsw.Error as error:
            raise LedgerOpenError(f"{path} cannot be opened: {error}") from error
        if found not in {0, _FORMAT}:
            raise LedgerOpenError(f"{path} has format {found}; this version knows {_FORMAT}")

    @property
    def identity(self) -> int:
        """Which ledger this is a part of; 0 when it is new."""
        return int(self._connection.pragma("application_id"))

    def adopt(self, identity: int) -> None:
        """Make a new file a part of a ledger."""
        self._connection.pragma("application_id", identity)

    def append(self, sequence: int, body: bytes) -> None:
        """Make a batch durable. Raises apsw.Error, after which nothing may be promised."""
        self._connection.execute("INSERT INTO batches VALUES (?, ?)", (sequence, body))
        self._uncopied += len(body)

    def batches(self) -> Iterator[tuple[int, bytes]]:
        """Yield the batches in order; an empty one says how far the tables were filled."""
        yield from self._connection.execute("SELECT sequence, body FROM batches ORDER BY sequence")

    def clear(self, through: int) -> None:
        """Forget the batches, which are in the tables now, up to the one numbered `through`.

        What stays is that number, which tells when the tables are older than their log.
        """
        with self._connection:
            self._connection.execute("DELETE FROM batches")
            self._connection.execute("INSERT INTO batches VALUES (?, x'')", (through,))
        if self._uncopied > _COPY_AT:
            # The next batch is written over the old ones: a file that does not grow syncs faster.
            self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
            self._uncopied = 0

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _create(self) -> None:
        with self._connection:
            self._connection.execute(
                "CREATE TABLE batches (sequence INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT"
            )
            self._connection.pragma("user_version", _FORMAT)
