"""Reading the registry makes nothing and locks nothing, whoever has the ledger open."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from switch.ledger.protocol import LedgerOpenError
from switch.ledger.registry import reading
from switch.ledger.registry.embedded import SqliteRegistry
from switch.ledger.registry.protocol import Kept
from switch.ledger.registry.reading import has_table, read_entries, read_kept
from switch.ledger.sqlite import SqliteLedger
from tests.switch.ledger.moving.stories import CHANGES


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.db"
    SqliteRegistry(path).append(CHANGES)
    return path


def _change(path: Path, sql: str) -> None:
    with closing(apsw.Connection(str(path))) as file:
        file.execute(sql)


def test_reading_leaves_no_trace(path: Path, tmp_path: Path) -> None:
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}
    assert read_entries(path) == CHANGES
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before
    assert "ledger.db-wal" not in before
    nowhere = tmp_path / "none" / "ledger.db"
    assert read_entries(nowhere) == []
    assert not nowhere.parent.exists()
    assert not has_table(nowhere)


def test_what_a_switch_has_open_is_read_beside_it(path: Path) -> None:
    with closing(SqliteLedger(path)), closing(apsw.Connection(str(path))) as other:
        other.execute("BEGIN IMMEDIATE")
        assert read_entries(path) == CHANGES
        other.execute("ROLLBACK")


def test_what_a_switch_has_open_is_seen_through_a_link(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "there" / "ledger.db"
    link.parent.mkdir()
    link.symlink_to(path)
    with closing(SqliteLedger(link, fill_every_s=None)):
        more = [replace(CHANGES[-1], number=4)]
        SqliteRegistry(link).append(more)
        assert read_entries(link) == [*CHANGES, *more]


def test_a_reader_whom_a_writer_overlaps_reads_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = reading._rows

    def torn(path: Path, how: str) -> list[Kept]:
        if how:
            raise apsw.CorruptError("database disk image is malformed")
        return rows(path, how)

    monkeypatch.setattr(reading, "_rows", torn)
    assert read_entries(path) == CHANGES


def test_a_ledger_of_before_the_registry_has_no_change(path: Path) -> None:
    _change(path, "DROP TABLE registry_changes")
    assert (read_kept(path), has_table(path)) == ([], False)
    path.write_bytes(b"")
    assert (read_kept(path), has_table(path)) == ([], False)


def test_what_cannot_be_read_is_told(path: Path) -> None:
    _change(path, "DROP TRIGGER registry_changes_stay")
    _change(path, "UPDATE registry_changes SET reason = CAST(X'ff' AS TEXT) WHERE number = 2")
    with pytest.raises(LedgerOpenError, match=r"change 2 of the registry .*no UTF-8"):
        read_kept(path)
    _change(path, "UPDATE schema_versions SET number = 99 WHERE number = 1")
    with pytest.raises(LedgerOpenError, match="use the newer program"):
        read_kept(path)
    with pytest.raises(LedgerOpenError, match="use the newer program"):
        SqliteRegistry(path).append([replace(CHANGES[-1], number=4)])
    path.write_bytes(b"no database" * 100)
    with pytest.raises(LedgerOpenError, match="cannot be read"):
        read_kept(path)
