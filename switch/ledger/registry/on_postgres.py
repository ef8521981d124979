"""The registry's changes on PostgreSQL (switch/ledger), for all switches that share the database.

Of two that write at once the second waits, and then finds its number taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from switch.ledger.postgres import PostgresLedger
from switch.ledger.registry.protocol import (
    CHANGES,
    FIRST,
    LAST,
    Entry,
    Kept,
    chained,
    check_next,
    entries_of,
)
from switch.ledger.shared.line import Line
from switch.ledger.shared.migrations import check_version, version

_ADD: Final = """
    INSERT INTO registry_changes
    SELECT * FROM unnest(
        $1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bytea[]
    )"""
# Whoever reads goes on; whoever writes too waits, so that a number is never given twice.
_BEGIN: Final = "BEGIN; LOCK TABLE registry_changes IN EXCLUSIVE MODE"


class PostgresRegistry:
    """The changes in the ledger's database."""

    def __init__(self, ledger: PostgresLedger) -> None:
        """Use the connections of a ledger, whose tables may not be there, and close it at last."""
        self._ledger = ledger

    def kept(self) -> list[Kept]:
        """Return the rows of all changes; none where the database holds no ledger yet.

        LedgerOpenError: its tables are of another version. LedgerFailed.
        """

        async def read(line: Line) -> list[Kept]:
            if await version(line) == 0:
                return []
            await check_version(line)
            return [tuple(row) for row in await line.fetch(CHANGES)]

        return self._ledger.on_line(read)

    def entries(self, *, is_checked: bool = True) -> list[Entry]:
        """Return all changes in order. LedgerOpenError, LedgerFailed."""
        return list(entries_of(self.kept(), is_checked=is_checked))

    def append(self, entries: Sequence[Entry]) -> None:
        """Keep more changes, all or none. OvertakenError, LedgerOpenError, LedgerFailed."""

        async def add(line: Line) -> None:
            await check_version(line)
            await line.execute(_BEGIN)
            await append(line, entries)
            await line.commit()

        self._ledger.on_line(add)

    def close(self) -> None:
        """Disconnect."""
        self._ledger.close()


async def append(line: Line, entries: Sequence[Entry]) -> None:
    """Add changes within the transaction that is open. OvertakenError."""
    if not entries:
        return
    found = await line.fetch(LAST)
    number, digest = found[0] if found else (0, FIRST)
    check_next(entries, number)
    rows = chained(entries, digest)
    await line.fetch(_ADD, *map(list, zip(*rows, strict=True)))
