"""Numbered migrations of the tables on PostgreSQL (switch/ledger/shared).

Each `schema/postgres-NNNN-name.sql` runs once, in order, in one transaction with its line in
`schema_versions`. Only `jinbao ledger init` and `migrate` run them.
"""

from __future__ import annotations

from typing import Final

from switch.ledger.embedded.migrations import migrations
from switch.ledger.protocol import LedgerOpenError
from switch.ledger.shared.line import Line

_PREFIX: Final = "postgres-"
_LOCK: Final = 0x6A696E62616F
"""The advisory lock of whoever migrates: two at a time would each begin with the first step."""
_VERSIONS: Final = """
    CREATE TABLE IF NOT EXISTS schema_versions (
        number integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL
    )"""
_THERE: Final = "SELECT coalesce(max(number), 0) FROM schema_versions"
_IS_NEW: Final = "SELECT to_regclass('schema_versions') IS NULL"


async def version(line: Line) -> int:
    """Return the number of the last migration that has run; 0 for a new database."""
    ((is_new,),) = await line.fetch(_IS_NEW)
    if is_new:
        return 0
    ((there,),) = await line.fetch(_THERE)
    return int(there)


async def check_version(line: Line) -> None:
    """Raise LedgerOpenError where the tables are not those that this program knows."""
    there, newest = await version(line), max(migrations(_PREFIX))
    if there > newest:
        raise LedgerOpenError(
            f"the database has schema {there}; this version knows up to {newest}:"
            " use the newer program, or restore a copy from before the change"
        )
    if there == 0:
        raise LedgerOpenError("the database holds no ledger: make one with `jinbao ledger init`")
    if there < newest:
        raise LedgerOpenError(
            f"the database has schema {there} and {newest} is needed: run `jinbao ledger migrate`"
        )


async def migrate(line: Line) -> list[str]:
    """Bring the schema up to date; return the names of what was run. Raises LedgerOpenError."""
    ran = []
    await line.execute(f"BEGIN; SELECT pg_advisory_xact_lock({_LOCK}); {_VERSIONS}")
    there = await version(line)
    for number, (name, sql) in migrations(_PREFIX).items():
        if number > there:
            await line.execute(sql)
            await line.fetch("INSERT INTO schema_versions VALUES ($1, $2, now())", number, name)
            ran.append(name)
    await line.commit()
    await check_version(line)
    return ran
