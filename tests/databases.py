"""PostgreSQL for tests: one server for a whole session, a database with tables for each test."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest

from bench.database import Database, running, why_not
from switch.ledger.postgres import PostgresLedger
from switch.ledger.shared.migrations import migrate

EMPTY_IT: Final = (
    "DELETE FROM transactions; DELETE FROM caps; DELETE FROM sessions;"
    " DELETE FROM blocks; DELETE FROM leases; DELETE FROM fences; DELETE FROM batches"
)
"""Takes every row of a ledger away."""


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    """Return a server that loses everything with the power: for tests that never cut it."""
    if reason := why_not():
        pytest.skip(reason)
    with running(
        is_durable=False, settings=("full_page_writes=off", "deadlock_timeout=100ms")
    ) as server:
        yield server


@pytest.fixture
def empty_url(database: Database) -> str:
    """Return the URL of a database without tables."""
    return database.create()


@pytest.fixture
def ledger_url(empty_url: str) -> str:
    """Return the URL of an empty ledger."""
    ledger = PostgresLedger(empty_url, is_checked=False)
    ledger.on_line(migrate)
    ledger.close()
    return empty_url


@pytest.fixture
def postgres(ledger_url: str) -> Iterator[PostgresLedger]:
    """Return an empty ledger, open."""
    ledger = PostgresLedger(ledger_url)
    yield ledger
    ledger.close()
