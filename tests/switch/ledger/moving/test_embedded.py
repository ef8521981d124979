"""A whole embedded ledger is read, written elsewhere, and goes on from there."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from switch.core.operations import LeaseNumbers
from switch.core.outcomes import Enlisted, NumbersLeased, Repeated
from switch.ledger.moving.embedded import beside, put_in_place, read_embedded, write_embedded
from switch.ledger.moving.records import ChangeKept
from switch.ledger.protocol import LedgerOpenError
from switch.ledger.registry.embedded import SqliteRegistry
from switch.ledger.sqlite import SqliteLedger
from tests.switch.ledger.making import attempt, enlisting, opening
from tests.switch.ledger.moving.stories import CHANGES, embedded


def test_a_copy_holds_the_same_and_goes_on_where_the_other_was(tmp_path: Path) -> None:
    path, copy = embedded(tmp_path / "ledger.db"), tmp_path / "copy" / "ledger.db"
    records = list(read_embedded(path))
    write_embedded(copy, records)
    assert not copy.exists()
    assert list(read_embedded(beside(copy))) == records
    put_in_place(copy)
    with closing(SqliteLedger(path)) as old, closing(SqliteLedger(copy)) as ledger:
        assert ledger.transactions() == old.transactions()
        assert ledger.totals() == old.totals()
        (again,) = ledger.submit([opening(20, 1, 30_000)])
        assert isinstance(again, Repeated)
        outcomes = ledger.submit([enlisting(b"new"), LeaseNumbers(attempt(93), "stan", 1)])
        assert outcomes == [Enlisted(3), NumbersLeased(501, 1)]


def test_a_registry_comes_whole_or_the_ledger_does_not(tmp_path: Path) -> None:
    path, changes = tmp_path / "ledger.db", [ChangeKept(each) for each in CHANGES]
    with pytest.raises(LedgerOpenError, match="registry cannot be written"):
        write_embedded(path, changes[1:])
    assert not path.exists()
    write_embedded(path, changes)
    put_in_place(path)
    assert SqliteRegistry(path).entries() == CHANGES


def test_a_place_that_is_taken_or_missing_is_refused(tmp_path: Path) -> None:
    path = embedded(tmp_path / "ledger.db")
    with pytest.raises(LedgerOpenError, match="already"):
        write_embedded(path, [])
    with pytest.raises(LedgerOpenError, match="not there"):
        list(read_embedded(tmp_path / "none.db"))
    with closing(SqliteLedger(path)), pytest.raises(LedgerOpenError, match="open in another"):
        list(read_embedded(path))
