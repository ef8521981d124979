"""The registry's changes in an embedded ledger (switch/ledger), written while its switch runs.

The file belongs to that switch: a change is checked before, and holds the file for one short
transaction, which the switch's own filling of the tables waits for.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import apsw

from switch.ledger.embedded.migrations import migrations
from switch.ledger.protocol import LedgerFailed, LedgerOpenError
from switch.ledger.registry.protocol import (
    FIRST,
    LAST,
    Entry,
    chained,
    check_next,
)
from switch.ledger.registry.reading import VERSION, has_table, read_entries
from switch.ledger.sqlite import SqliteLedger

PATIENCE_MS: Final = 5_000
"""How long the switch may be filling its tables."""
ADD: Final = "INSERT INTO registry_changes VALUES (?, ?, ?, ?, ?, ?)"


class SqliteRegistry:
    """The changes in the tables of an embedded ledger, which need not be there before the first."""

    def __init__(self, path: Path) -> None:
        """Open nothing yet."""
        self._path = path

    def entries(self, *, is_checked: bool = True) -> list[Entry]:
        """Return all changes in order. LedgerOpenError."""
        return read_entries(self._path, is_checked=is_checked)

    def append(self, entries: Sequence[Entry]) -> None:
        """Keep more changes, all or none, in a ledger that is made if there is none.

        OvertakenError, LedgerOpenError; LedgerFailed: nothing was written.
        """
        try:
            if not has_table(self._path):
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                # Opening makes the tables, or brings them up to date, where no switch has them.
                SqliteLedger(self._path, fill_every_s=None).close()
            with closing(
                apsw.Connection(str(self._path), flags=apsw.SQLITE_OPEN_READWRITE)
            ) as file:
                file.set_busy_timeout(PATIENCE_MS)
                file.pragma("synchronous", "full")
                append(file, entries)
        except OSError as error:
            raise LedgerOpenError(f"cannot be made: {error.strerror}") from error
        except apsw.Error as error:
            raise LedgerFailed(f"nothing was written: {error}") from error

    def close(self) -> None:
        """Do nothing: nothing is open."""


def append(file: apsw.Connection, entries: Sequence[Entry]) -> None:
    """Add changes in one transaction. OvertakenError, LedgerOpenError, apsw.Error."""
    file.execute("BEGIN IMMEDIATE")
    try:
        if (there := file.execute(VERSION).get) > max(migrations()):
            raise LedgerOpenError(f"has schema {there}: use the newer program")
        number, digest = file.execute(LAST).fetchone() or (0, FIRST)
        check_next(entries, number)
        file.executemany(ADD, chained(entries, digest))
        file.execute("COMMIT")
    finally:
        if file.in_transaction:
            file.execute("ROLLBACK")
