"""A whole ledger goes to PostgreSQL and back, and its digest stays what it was."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from switch.ledger.moving.embedded import read_embedded
from switch.ledger.moving.on_postgres import read_shared, write_shared
from switch.ledger.moving.records import ChangeKept, Digest, Record, line_of
from switch.ledger.postgres import PostgresLedger
from switch.ledger.protocol import LedgerOpenError
from switch.ledger.registry.on_postgres import PostgresRegistry
from switch.ledger.registry.protocol import Entry
from switch.ledger.settling.on_postgres import PostgresSettlement
from switch.ledger.settling.protocol import MarkState
from switch.ledger.shared.line import Line
from tests.databases import EMPTY_IT
from tests.switch.ledger.moving.stories import CHANGES, STORY, settle, settled


def digest_of(records: Iterable[Record]) -> str:
    """Return the digest of these records."""
    digest = Digest()
    for record in records:
        digest.add(line_of(record))
    return digest.text


def fill(ledger: PostgresLedger, records: Iterable[Record]) -> None:
    """Write records into an empty ledger."""

    async def write(line: Line) -> None:
        await write_shared(line, records)
        await line.commit()

    ledger.on_line(write)


def test_what_goes_to_postgresql_comes_back(postgres: PostgresLedger, tmp_path: Path) -> None:
    there = list(read_embedded(settled(tmp_path / "ledger.db")))
    fill(postgres, there)
    back = list(postgres.pump(read_shared))
    assert digest_of(back) == digest_of(there)
    with pytest.raises(LedgerOpenError, match="already"):
        fill(postgres, there)


def test_settlement_comes_with_it_and_goes_on_with_the_next_case(
    postgres: PostgresLedger, tmp_path: Path
) -> None:
    there = read_embedded(settled(tmp_path / "ledger.db"))
    fill(postgres, (each for each in there if not isinstance(each, ChangeKept)))
    store = PostgresSettlement(postgres)
    assert store.days() == [20140618]
    assert [mark.state for mark in store.carried()] == [MarkState.CARRIED]
    before = store.cases()
    assert [(case.key, case.is_open) for case in before] == [
        ("a/1", False),
        ("b/1", True),
        ("c/1", True),
    ]
    assert store.add_cases([("fourth", b"")]) == 1
    assert store.cases()[-1].number > before[-1].number
    # A database that has nothing but cases is no empty place.
    postgres.on_line(lambda line: line.execute(EMPTY_IT))
    postgres.on_line(lambda line: line.execute("DELETE FROM clearings"))
    with pytest.raises(LedgerOpenError, match="already"):
        fill(postgres, [])


def test_a_registry_comes_whole_and_is_no_empty_place(postgres: PostgresLedger) -> None:
    changes = [ChangeKept(each) for each in CHANGES]
    with pytest.raises(LedgerOpenError, match="registry cannot be written"):
        fill(postgres, changes[1:])
    assert list(postgres.pump(read_shared)) == []
    fill(postgres, changes)
    with pytest.raises(LedgerOpenError, match="already"):
        fill(postgres, [])
    goes_on = Entry(4, "", "", "", "{}")
    PostgresRegistry(postgres).append([goes_on])
    assert PostgresRegistry(postgres).entries() == [*CHANGES, goes_on]


def test_both_engines_come_to_the_same_from_the_same_operations(
    postgres: PostgresLedger, tmp_path: Path
) -> None:
    for batch in STORY:
        postgres.submit(batch)
    settle(PostgresSettlement(postgres))
    PostgresRegistry(postgres).append(CHANGES)
    assert digest_of(postgres.pump(read_shared)) == digest_of(
        read_embedded(settled(tmp_path / "ledger.db"))
    )
