"""Numbered migrations: each runs once, and what is newer than we are is refused."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest

from switch.ledger.embedded.migrations import migrate, migrations
from switch.ledger.protocol import LedgerOpenError

NOWHERE = Path("ledger.db")


def test_migrations_are_numbered_without_a_gap() -> None:
    known = migrations()
    assert list(known) == list(range(1, len(known) + 1))


def test_a_migration_runs_once() -> None:
    with apsw.Connection(":memory:") as connection:
        migrate(connection, NOWHERE)
        migrate(connection, NOWHERE)
        versions = connection.execute("SELECT number, name FROM schema_versions").fetchall()
        assert versions == [(number, name) for number, (name, _) in migrations().items()]
        assert connection.execute("SELECT filled_through FROM progress").get == 0


def test_a_newer_schema_is_refused_with_a_way_out() -> None:
    with apsw.Connection(":memory:") as connection:
        migrate(connection, NOWHERE)
        connection.execute("INSERT INTO schema_versions VALUES (99, 'newer', '2030-01-01')")
        with pytest.raises(LedgerOpenError, match=r"schema 99.*use the newer program"):
            migrate(connection, NOWHERE)
