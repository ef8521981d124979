"""Changes in an embedded ledger: whole or not at all, one of a number, and for ever."""

from __future__ import annotations

import threading
from contextlib import closing, suppress
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from switch.ledger.protocol import LedgerFailed, LedgerOpenError
from switch.ledger.registry import embedded
from switch.ledger.registry.embedded import SqliteRegistry
from switch.ledger.registry.protocol import OvertakenError
from switch.ledger.sqlite import SqliteLedger
from tests.switch.ledger.making import enlisting
from tests.switch.ledger.moving.stories import CHANGES


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ledger.db"


def test_the_first_change_makes_the_ledger_and_a_switch_goes_on_with_it(path: Path) -> None:
    with closing(SqliteRegistry(path)) as registry:
        assert registry.entries() == []
        assert not path.exists()
        registry.append(CHANGES[:1])
        with closing(SqliteLedger(path)) as ledger:
            ledger.submit([enlisting()])
            registry.append(CHANGES[1:])
            ledger.fill()
            assert registry.entries() == CHANGES
    assert SqliteRegistry(path).entries() == CHANGES


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE registry_changes SET reason = 'x' WHERE number = 2",
        "DELETE FROM registry_changes WHERE number = 3",
        "INSERT INTO registry_changes VALUES (5, '', '', '', '', X'')",
        "INSERT OR REPLACE INTO registry_changes VALUES (3, '', '', '', '', X'')",
        "INSERT INTO registry_changes VALUES (0, '', '', '', '', X'')",
    ],
)
def test_nothing_is_altered_removed_or_left_out_by_accident(path: Path, sql: str) -> None:
    SqliteRegistry(path).append(CHANGES)
    with closing(apsw.Connection(str(path))) as file, pytest.raises(apsw.ConstraintError):
        file.execute(sql)
    assert SqliteRegistry(path).entries() == CHANGES


def test_of_many_that_write_a_number_at_once_one_does(path: Path) -> None:
    SqliteRegistry(path).append(CHANGES[:1])
    told: list[str] = []

    def write(name: str) -> None:
        try:
            SqliteRegistry(path).append([replace(each, by=name) for each in CHANGES[1:]])
            told.append(name)
        except OvertakenError:
            told.append("")

    threads = [threading.Thread(target=write, args=(f"{number}",)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = filter(None, told)
    assert len(told) == len(threads)
    assert [each.by for each in SqliteRegistry(path).entries()] == ["wang", winner, winner]


class _DiedError(Exception):
    pass


def test_a_writer_that_dies_between_two_steps_leaves_all_or_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SqliteRegistry(path).append(CHANGES[:1])
    steps = 0

    class Dying(apsw.Connection):
        """Leaves a statement undone, and says no more, as a process does that dies."""

        def execute(self, statements: str) -> apsw.Cursor:  # type: ignore[override]
            nonlocal steps
            steps -= 1
            if steps <= 0:
                raise _DiedError
            return super().execute(statements)

    outcomes = set()
    for dies_at in range(1, 7):
        steps = dies_at
        with monkeypatch.context() as patch:
            patch.setattr(apsw, "Connection", Dying)
            with suppress(_DiedError):
                SqliteRegistry(path).append(CHANGES[1:])
        there = SqliteRegistry(path).entries()
        outcomes.add(len(there))
        assert there in (CHANGES[:1], CHANGES)
    assert outcomes == {1, 3}


def test_a_ledger_of_before_that_a_switch_has_open_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with closing(SqliteLedger(path)):
        with closing(apsw.Connection(str(path))) as file:
            file.execute("DROP TABLE registry_changes")
        with pytest.raises(LedgerOpenError, match="open in another process"):
            SqliteRegistry(path).append(CHANGES)


def test_what_cannot_be_written_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    SqliteRegistry(path).append(CHANGES[:1])
    monkeypatch.setattr(embedded, "PATIENCE_MS", 10)
    with closing(apsw.Connection(str(path))) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerFailed, match=r"nothing was written: .*locked"):
            SqliteRegistry(path).append(CHANGES[1:])
        other.execute("ROLLBACK")
    (path.parent / "file").write_bytes(b"")
    with pytest.raises(LedgerOpenError, match="cannot be made: "):
        SqliteRegistry(path.parent / "file" / "ledger.db").append(CHANGES)
