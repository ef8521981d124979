"""What settlement keeps goes with its ledger, and is in nobody's way where there is none."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from switch.ledger.moving.embedded import beside, put_in_place, read_embedded, write_embedded
from switch.ledger.moving.records import CaseKept, ClearingKept, MarkKept
from switch.ledger.moving.settled import read_settled, write_settled
from switch.ledger.protocol import LedgerOpenError
from switch.ledger.settling.embedded import SqliteSettlement
from switch.ledger.settling.embedded import beside as settlement_beside
from switch.ledger.settling.protocol import MarkState
from tests.switch.ledger.moving.stories import CLEARED, embedded, settle, settled


def test_clearings_marks_and_cases_are_read_and_written(tmp_path: Path) -> None:
    path, copy = tmp_path / "settlement.sqlite", tmp_path / "copy.sqlite"
    with closing(SqliteSettlement(path)) as store:
        settle(store)
        found = list(read_settled(path))
        kinds = [type(each) for each in found]
        counts = [kinds.count(kind) for kind in (ClearingKept, MarkKept, CaseKept)]
        assert counts == [1, len(MarkState), 3]
        # In two parts, as a big file comes.
        write_settled(copy, found[:3])
        write_settled(copy, found[3:])
        with closing(SqliteSettlement(copy)) as written:
            assert written.days() == store.days()
            assert written.clearing(20140618) == CLEARED
            assert written.carried() == store.carried()
            assert written.cases() == store.cases()
            assert [case.version for case in written.cases()] == [2, 1, 1]


def test_nothing_settled_is_no_file(tmp_path: Path) -> None:
    path = tmp_path / "settlement.sqlite"
    assert list(read_settled(path)) == []
    write_settled(path, [])
    assert not path.exists()


def test_it_moves_with_its_ledger_and_is_put_in_place_with_it(tmp_path: Path) -> None:
    path, copy = settled(tmp_path / "ledger.db"), tmp_path / "copy" / "ledger.db"
    records = list(read_embedded(path))
    assert sum(isinstance(each, CaseKept) for each in records) == 3
    write_embedded(copy, records)
    place = settlement_beside(copy)
    assert not place.exists()
    assert list(read_embedded(beside(copy))) == records
    put_in_place(copy)
    assert place.exists()
    assert list(read_embedded(copy)) == records
    assert [each.name for each in copy.parent.glob("*.importing*")] == []


def test_the_settlement_of_another_ledger_is_not_adopted(tmp_path: Path) -> None:
    records = list(read_embedded(embedded(tmp_path / "ledger.db")))
    place = tmp_path / "again" / "ledger.db"
    place.parent.mkdir()
    SqliteSettlement(settlement_beside(place)).close()
    with pytest.raises(LedgerOpenError, match="another ledger"):
        write_embedded(place, records)
