"""The tables for people: read-only, from any process, while the ledger is open."""

from __future__ import annotations

from contextlib import closing as closing_of
from pathlib import Path

import apsw
import pytest

from switch.core.transaction import State
from switch.ledger.embedded.books import SqliteBooks
from switch.ledger.protocol import LedgerOpenError, Where
from switch.ledger.sqlite import SqliteLedger
from tests.switch.ledger.making import CARD, DAY, closing, opening, reversing, rrn


def test_books_are_read_beside_the_ledger_and_show_the_last_fill(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with closing_of(SqliteLedger(path, fill_every_s=None)) as ledger:
        ledger.submit([opening(1, 1, 10), opening(2, 2, 20), closing(3, 2), reversing(4, 1)])
        with closing_of(SqliteBooks(path)) as books:
            assert books.transactions() == []
            ledger.fill()
            assert books.transactions() == ledger.transactions()
            assert [row.key.stan for row in books.transactions(1)] == ["000002"]
            approved = Where(state=State.APPROVED, day=DAY, rrn=rrn(2))
            assert [row.key.stan for row in books.transactions(where=approved)] == ["000002"]
            assert books.transactions(where=Where(terminal="50010002")) == []
            assert books.caps(CARD) == ledger.caps(CARD)
            assert books.advices() == ledger.advices()
            assert books.totals() == ledger.totals()


def test_books_cannot_write(tmp_path: Path) -> None:
    SqliteLedger(tmp_path / "ledger.db").close()
    with (
        closing_of(SqliteBooks(tmp_path / "ledger.db")) as books,
        pytest.raises(apsw.ReadOnlyError),
    ):
        books._connection.execute("DELETE FROM transactions")


def test_no_books_are_made_where_there_are_none(tmp_path: Path) -> None:
    with pytest.raises(LedgerOpenError, match="no ledger"):
        SqliteBooks(tmp_path / "ledger.db")
    assert list(tmp_path.iterdir()) == []
