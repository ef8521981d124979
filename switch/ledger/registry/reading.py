"""The registry's changes read from an embedded ledger (switch/ledger): nothing is made or locked.

Most verbs read them, whether a switch runs or not, so that little else is imported here.
"""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Final

import apsw

from switch.ledger.embedded.migrations import migrations
from switch.ledger.protocol import LedgerOpenError
from switch.ledger.registry.protocol import CHANGES, Entry, Kept, entries_of

_PATIENCE_MS: Final = 5_000
_READ_ONLY: Final = apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI
_TABLES: Final = """
    SELECT count(*) FROM sqlite_schema
    WHERE type = 'table' AND name IN ('schema_versions', 'registry_changes')"""
VERSION: Final = "SELECT ifnull(max(number), 0) FROM schema_versions"
"""What an embedded ledger is of."""
_BOTH: Final = 2


def read_kept(path: Path) -> list[Kept]:
    """Return the rows of all changes, none where the ledger has no such table yet.

    LedgerOpenError: it cannot be read, or is of a newer version.
    """
    try:
        # What SQLite puts beside a ledger is where the file is, not where a link to it is.
        path = path.resolve()
        before = _state(path)
        if before is not None:
            found = _rows_at_rest(path)
            if found is not None and _state(path) == before:
                return found
        return _rows(path, "")
    except FileNotFoundError:
        return []
    except (OSError, apsw.Error) as error:
        raise LedgerOpenError(f"cannot be read: {error}") from error


def read_entries(path: Path, *, is_checked: bool = True) -> list[Entry]:
    """Return all changes in order. LedgerOpenError."""
    return list(entries_of(read_kept(path), is_checked=is_checked))


def has_table(path: Path) -> bool:
    """Tell whether a change can be added: the ledger is there, and of this version."""
    if not path.exists():
        return False
    with _open(path, "") as connection:
        return bool(connection.execute(_TABLES).get == _BOTH)


def _state(path: Path) -> tuple[int, int, int] | None:
    """Return what changes with the file, None while somebody has it open."""
    if path.with_name(f"{path.name}-wal").exists():
        return None
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _open(path: Path, how: str) -> closing[apsw.Connection]:
    connection = apsw.Connection(path.absolute().as_uri() + how, flags=_READ_ONLY)
    connection.set_busy_timeout(_PATIENCE_MS)
    return closing(connection)


def _rows_at_rest(path: Path) -> list[Kept] | None:
    """Read what nobody has open without the files that SQLite would put beside it.

    None where it cannot be read so: somebody may be writing by now.
    """
    try:
        return _rows(path, "?immutable=1")
    except (apsw.Error, LedgerOpenError):
        return None


def _rows(path: Path, how: str) -> list[Kept]:
    found: list[Kept] = []
    with _open(path, how) as connection:
        if connection.execute(_TABLES).get != _BOTH:
            return found
        there, known = connection.execute(VERSION).get, max(migrations())
        if there > known:
            raise LedgerOpenError(
                f"has schema {there}; this version knows up to {known}: use the newer program"
            )
        try:
            found.extend(connection.execute(CHANGES))
        except UnicodeDecodeError as error:
            # What is no text was put there by hand.
            reason = f"change {len(found) + 1} of the registry is not as it was written: no UTF-8"
            raise LedgerOpenError(reason) from error
    return found
