"""Numbered migrations of the embedded ledger's tables (switch/ledger/embedded).

Each `schema/sqlite-NNNN-name.sql` runs once, in order, in one transaction with its line in
`schema_versions`. Those of other engines lie in the same folder and are found here too.
"""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Final

import apsw

from switch.ledger.protocol import LedgerOpenError

_PREFIX: Final = "sqlite-"
_VERSIONS: Final = """
    CREATE TABLE IF NOT EXISTS schema_versions (
        number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL
    ) STRICT"""


def migrations(prefix: str = _PREFIX) -> dict[int, tuple[str, str]]:
    """Return name and SQL of every migration by its number, in order."""
    found = sorted(
        (entry.name, entry.read_text("utf-8"))
        for entry in files("switch.ledger").joinpath("schema").iterdir()
        if entry.name.startswith(prefix)
    )
    stems = ((name.removeprefix(prefix).removesuffix(".sql"), sql) for name, sql in found)
    return {int(stem.partition("-")[0]): (stem, sql) for stem, sql in stems}


def migrate(connection: apsw.Connection, path: Path, prefix: str = _PREFIX) -> None:
    """Bring a file's schema up to date. Raises LedgerOpenError when it is newer than we are."""
    known = migrations(prefix)
    with connection:
        connection.execute(_VERSIONS)
        there = connection.execute("SELECT ifnull(max(number), 0) FROM schema_versions").get
        if there > max(known):
            raise LedgerOpenError(
                f"{path} has schema {there}; this version knows up to {max(known)}:"
                " use the newer program, or restore a copy from before the change"
            )
        for number, (name, sql) in known.items():
            if number > there:
                connection.execute(sql)
                connection.execute(
                    "INSERT INTO schema_versions VALUES (?, ?, ?)",
                    (number, name, datetime.now(UTC).isoformat(timespec="seconds")),
                )
