"""Changes on PostgreSQL: one of a number, whole, for ever, and of one database alone."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest
from msgspec.structs import replace

from bench.database import Database
from switch.ledger.postgres import PostgresLedger
from switch.ledger.protocol import LedgerFailed, LedgerOpenError
from switch.ledger.registry import on_postgres
from switch.ledger.registry.on_postgres import PostgresRegistry
from switch.ledger.registry.protocol import Entry, OvertakenError
from switch.ledger.shared.line import Line
from switch.ledger.shared.migrations import migrate
from tests.switch.ledger.moving.stories import CHANGES


def test_changes_are_there_for_all_and_in_no_other_database(
    postgres: PostgresLedger, ledger_url: str, database: Database
) -> None:
    registry = PostgresRegistry(postgres)
    assert registry.entries() == []
    registry.append(CHANGES[:1])
    registry.append(CHANGES[1:])
    with closing(PostgresRegistry(PostgresLedger(ledger_url))) as other:
        assert other.entries() == registry.entries() == CHANGES
    elsewhere = PostgresLedger(database.create(), is_checked=False)
    with closing(PostgresRegistry(elsewhere)) as third:
        assert third.entries() == []
        with pytest.raises(LedgerOpenError, match="ledger init"):
            third.append(CHANGES)
        elsewhere.on_line(migrate)
        assert third.entries() == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE registry_changes SET reason = 'x' WHERE number = 2",
        "DELETE FROM registry_changes WHERE number = 3",
        "TRUNCATE registry_changes",
        "INSERT INTO registry_changes VALUES (5, '', '', '', '', '')",
        "INSERT INTO registry_changes VALUES (3) ON CONFLICT (number) DO UPDATE SET reason = 'x'",
    ],
)
def test_nothing_is_altered_removed_or_left_out_by_accident(
    postgres: PostgresLedger, sql: str
) -> None:
    registry = PostgresRegistry(postgres)
    registry.append(CHANGES)
    with pytest.raises(LedgerFailed, match="a change of the registry"):
        postgres.on_line(lambda line: line.execute(sql))
    assert registry.entries() == CHANGES


def test_of_many_that_write_a_number_at_once_one_does(ledger_url: str) -> None:
    told: list[str] = []

    def write(name: str) -> None:
        with closing(PostgresRegistry(PostgresLedger(ledger_url))) as registry:
            try:
                registry.append([replace(each, by=name) for each in CHANGES])
                told.append(name)
            except OvertakenError:
                told.append("")

    threads = [threading.Thread(target=write, args=(f"{number}",)) for number in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = filter(None, told)
    assert len(told) == len(threads)
    with closing(PostgresRegistry(PostgresLedger(ledger_url))) as registry:
        assert [each.by for each in registry.entries()] == [winner] * 3


def test_a_writer_whose_connection_is_gone_before_its_commit_wrote_nothing(
    postgres: PostgresLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, append = PostgresRegistry(postgres), on_postgres.append

    async def cut(line: Line, entries: list[Entry]) -> None:
        await append(line, entries)
        line.cut()

    with monkeypatch.context() as patch:
        patch.setattr(on_postgres, "append", cut)
        with pytest.raises(LedgerFailed):
            registry.append(CHANGES)
    assert registry.entries() == []


def test_tables_of_another_version_are_told(postgres: PostgresLedger) -> None:
    postgres.on_line(lambda line: line.execute("DELETE FROM schema_versions WHERE number > 1"))
    for do in (PostgresRegistry(postgres).entries, lambda: PostgresRegistry(postgres).append([])):
        with pytest.raises(LedgerOpenError, match="run `jinbao ledger migrate`"):
            do()
