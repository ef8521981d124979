"""Stores on the ledger of a test, and a server that waits for a standby that never comes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from bench.database import Database
from switch.ledger.shared.store import PostgresStore

MakeStore = Callable[..., PostgresStore]
Waiting = Callable[[], AbstractContextManager[None]]


@pytest.fixture
async def store(ledger_url: str) -> AsyncIterator[PostgresStore]:
    """Return a store on an empty ledger."""
    made = PostgresStore(ledger_url)
    yield made
    await made.close()


@pytest.fixture
async def another(ledger_url: str) -> AsyncIterator[MakeStore]:
    """Return what makes more stores on the same ledger, as other processes have."""
    made: list[PostgresStore] = []

    def make(url: str = ledger_url, patience_s: float = 5.0) -> PostgresStore:
        made.append(PostgresStore(url, patience_s))
        return made[-1]

    yield make
    await asyncio.gather(*(each.close() for each in made))


@pytest.fixture
def without_standby(database: Database) -> Waiting:
    """Return a context in which every COMMIT waits for a standby, and there is none."""

    def set_names(names: str) -> None:
        database.run_sql(f"ALTER SYSTEM SET synchronous_standby_names = '{names}'")
        database.run_sql("SELECT pg_reload_conf()")
        last = time.monotonic() + 5
        while database.run_sql("SHOW synchronous_standby_names") != names:
            assert time.monotonic() < last
            time.sleep(0.01)

    @contextmanager
    def waiting() -> Iterator[None]:
        set_names("nobody")
        try:
            yield
        finally:
            set_names("")

    return waiting
