"""Which ledger is opened, and what is said where it cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from switch.cli import load as load_module
from switch.cli.books.stores import on_postgres, reading, writing
from switch.cli.outcome import BAD, USAGE
from switch.config.installation import load
from switch.ledger.embedded.books import SqliteBooks
from switch.ledger.postgres import PostgresLedger
from switch.ledger.protocol import LedgerFailed
from tests.switch.cli.ledger import test_verbs
from tests.switch.config import folders
from tests.switch.ledger.moving.stories import embedded


def test_an_installation_has_an_embedded_ledger_or_one_on_postgresql(
    tmp_path: Path, ledger_url: str
) -> None:
    folder = folders.make(tmp_path / "city")
    with pytest.raises(typer.Exit), reading(load(folder)):
        pass
    path = load(folder).ledger
    path.parent.mkdir()
    embedded(path)
    with reading(load(folder)) as books:
        assert isinstance(books, SqliteBooks)
    test_verbs.on_postgres(folder, ledger_url)
    with reading(load(folder)) as books:
        assert isinstance(books, PostgresLedger)
        assert books.transactions() == []
    with pytest.raises(typer.Exit) as end, writing(load(folder)):
        raise LedgerFailed("gone")
    assert end.value.exit_code == BAD


def test_without_the_driver_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ImportError("asyncpg")

    monkeypatch.setattr(load_module, "postgres_ledger", missing)
    with pytest.raises(typer.Exit) as end:
        on_postgres("postgresql://x/y")
    assert end.value.exit_code == USAGE
