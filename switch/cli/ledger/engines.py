"""What `jinbao ledger` does on each engine (switch/cli).

Whatever is on PostgreSQL is imported only where an installation asks for it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from switch.cli import load as on_demand
from switch.cli.ledger.settlement_rules import check_settlement
from switch.config.registry.changes import Place
from switch.ledger.embedded.books import SqliteBooks
from switch.ledger.moving.checks import check_embedded
from switch.ledger.moving.embedded import beside, put_in_place, read_embedded, write_embedded
from switch.ledger.moving.records import Digest, Record, line_of
from switch.ledger.protocol import LedgerOpenError
from switch.ledger.registry.protocol import damaged
from switch.ledger.registry.reading import read_kept
from switch.ledger.settling.embedded import SqliteSettlement
from switch.ledger.settling.embedded import beside as settlement_beside
from switch.ledger.sqlite import SqliteLedger
from switch.settlement.rules import Rules

if TYPE_CHECKING:
    from switch.ledger.postgres import PostgresLedger
    from switch.ledger.shared.line import Line


REGISTERED: Final = "the registry's changes have no gap, and each is as it was written"


class Engine(Protocol):
    """A ledger as a whole. Everything may raise LedgerOpenError and LedgerFailed."""

    name: str

    def migrate(self, *, is_new: bool) -> list[str]:
        """Make the tables, or bring them up to date; return what was done."""

    def check(self, rules: Rules) -> list[tuple[str, int]]:
        """Return each rule, and how many rows break it; `rules` say which kinds are cleared."""

    def read(self) -> Iterator[Record]:
        """Yield everything."""

    def write(self, records: Iterable[Record], digest: Callable[[], str]) -> str:
        """Write all into an empty ledger; keep it where its digest, which is returned, is right."""

    def close(self) -> None:
        """Let go of it."""


def engine_of(place: Place, on_postgres: Callable[..., PostgresLedger]) -> Engine:
    """Return the engine of an installation."""
    if place.url:
        return OnPostgres(on_postgres(place.url, is_checked=False), place.url)
    return Embedded(place.ledger)


class Embedded:
    """An embedded ledger, which no switch may have open for most of this."""

    def __init__(self, path: Path) -> None:
        """Open nothing yet."""
        self.name = str(path)
        self._path = path

    def migrate(self, *, is_new: bool) -> list[str]:
        """Make the files, or bring them up to date; both happen as they are opened."""
        was_there = self._path.exists()
        if not was_there and not is_new:
            raise LedgerOpenError("it is not there: `jinbao ledger init` makes it")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        SqliteLedger(self._path, fill_every_s=None).close()
        return [] if was_there else ["made"]

    def check(self, rules: Rules) -> list[tuple[str, int]]:
        """Return each rule, and how many rows break it; `rules` say which kinds are cleared."""
        if not self._path.exists():
            raise LedgerOpenError("it is not there: no switch has run here yet")
        found = list(check_embedded(self._path))
        found.append((REGISTERED, damaged(read_kept(self._path))))
        with ExitStack() as stack:
            books = stack.enter_context(closing(SqliteBooks(self._path)))
            place, store = settlement_beside(self._path), None
            if place.exists():
                store = stack.enter_context(closing(SqliteSettlement(place)))
            return found + check_settlement(books, store, rules)

    def read(self) -> Iterator[Record]:
        """Yield everything."""
        return read_embedded(self._path)

    def write(self, records: Iterable[Record], digest: Callable[[], str]) -> str:
        """Write all beside the place, and move it there where its digest is right."""
        write_embedded(self._path, records)
        there = Digest()
        for record in read_embedded(beside(self._path)):
            there.add(line_of(record))
        if there.text == digest():
            put_in_place(self._path)
        return there.text

    def close(self) -> None:
        """Do nothing: nothing is open."""


class OnPostgres:
    """A ledger on PostgreSQL."""

    def __init__(self, ledger: PostgresLedger, url: str) -> None:
        """Use `ledger`, whose tables may not be there yet."""
        self.name = url
        self._ledger = ledger
        self._tools = on_demand.postgres_tools()

    def migrate(self, *, is_new: bool) -> list[str]:
        """Make the tables, or bring them up to date."""
        if not is_new and self._ledger.on_line(self._tools.version) == 0:
            raise LedgerOpenError("it holds no ledger: `jinbao ledger init` makes one")
        return self._ledger.on_line(self._tools.migrate)

    def check(self, rules: Rules) -> list[tuple[str, int]]:
        """Return each rule, and how many rows break it; `rules` say which kinds are cleared."""
        self._ledger.on_line(self._tools.check_version)
        found: list[tuple[str, int]] = self._ledger.on_line(self._tools.check)
        found.append((REGISTERED, damaged(on_demand.postgres_registry()(self._ledger).kept())))
        store = on_demand.postgres_settlement()(self._ledger)
        return found + check_settlement(self._ledger, store, rules)

    def read(self) -> Iterator[Record]:
        """Yield everything, as it was at one moment."""
        self._ledger.on_line(self._tools.check_version)
        return self._ledger.pump(self._tools.read)

    def write(self, records: Iterable[Record], digest: Callable[[], str]) -> str:
        """Write all in one transaction, and commit it where its digest is right."""

        async def write(line: Line) -> str:
            await self._tools.check_version(line)
            await self._tools.write(line, records)
            there = Digest()
            found: AsyncIterator[Record] = self._tools.read_within(line)
            async for record in found:
                there.add(line_of(record))
            if there.text == digest():
                await line.commit()
            else:
                await line.roll_back()
            return there.text

        return self._ledger.on_line(write)

    def close(self) -> None:
        """Disconnect."""
        self._ledger.close()
