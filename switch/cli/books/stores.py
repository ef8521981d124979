"""Which ledger an installation has (switch/cli), and what opens it: embedded, or PostgreSQL.

Whatever is on PostgreSQL is imported only where an installation asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from switch.cli import load as on_demand
from switch.cli.books.settling import Store
from switch.cli.outcome import BAD, stop
from switch.config.installation import Installation
from switch.ledger.embedded.books import SqliteBooks
from switch.ledger.protocol import Books, LedgerFailed, LedgerOpenError
from switch.ledger.sqlite import SqliteLedger

if TYPE_CHECKING:
    from switch.ledger.postgres import PostgresLedger


@contextmanager
def reading(installation: Installation) -> Iterator[Books]:
    """Open the books; status 2 where there are none, or they cannot be read."""
    if installation.ledger_url:
        with closing(on_postgres(installation.ledger_url)) as ledger:
            try:
                yield ledger
            except LedgerFailed as error:
                stop(str(error))
        return
    if not installation.ledger.exists():
        stop(f"{installation.ledger} is not there: no switch has run here yet")
    try:
        books = SqliteBooks(installation.ledger)
    except LedgerOpenError as error:
        stop(str(error))
    with closing(books):
        yield books


@contextmanager
def writing(installation: Installation) -> Iterator[Store]:
    """Open the ledger as a writer, where none other keeps it; a refusal ends with status 1."""
    store: Store
    if installation.ledger_url:
        store = on_postgres(installation.ledger_url)
    else:
        if not installation.ledger.exists():
            stop(f"{installation.ledger} is not there: no switch has run here yet")
        try:
            store = SqliteLedger(installation.ledger, fill_every_s=None)
        except LedgerOpenError as error:
            stop(f"no switch answers on the control socket, and {error}", BAD)
    with closing(store):
        try:
            yield store
        except (ValueError, LedgerFailed) as error:
            stop(str(error), BAD)


def on_postgres(url: str, *, is_checked: bool = True) -> PostgresLedger:
    """Open the ledger on PostgreSQL; status 2 where that cannot be."""
    try:
        return on_demand.postgres_ledger()(url, is_checked=is_checked)
    except ImportError:
        stop(on_demand.NO_DRIVER)
    except LedgerOpenError as error:
        stop(f"{url}: {error}")
