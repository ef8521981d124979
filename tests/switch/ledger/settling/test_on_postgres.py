"""The store on PostgreSQL: two commands at once keep a day once."""

from __future__ import annotations

import threading

import pytest
from msgspec.structs import replace

from switch.ledger.postgres import PostgresLedger
from switch.ledger.protocol import LedgerFailed
from switch.ledger.settling.on_postgres import PostgresSettlement
from switch.ledger.settling.protocol import (
    AlreadyClearedError,
    ChangedMeanwhileError,
    Mark,
    MarkState,
)


def test_of_two_that_clear_a_day_at_once_one_is_refused(ledger_url: str) -> None:
    told: list[str] = []
    ledgers = [PostgresLedger(ledger_url) for _ in range(2)]

    def keep(number: int) -> None:
        marks = [Mark(f"{number}-{n}", 20140618, MarkState.CARRIED) for n in range(200)]
        try:
            PostgresSettlement(ledgers[number]).keep_clearing(20140618, b"%d" % number, marks)
            told.append("kept")
        except AlreadyClearedError:
            told.append("refused")

    threads = [threading.Thread(target=keep, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = PostgresSettlement(ledgers[0])
    kept = store.clearing(20140618)
    assert sorted(told) == ["kept", "refused"]
    assert {mark.rrn[:1].encode() for mark in store.carried()} == {kept}
    store.close()
    for ledger in ledgers:
        ledger.close()


# What a cancelled wait for a synchronous standby looks like: COMMIT succeeds, with a warning.
_WARNS = """
    CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE WARNING 'canceling wait for synchronous replication'; RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER warns AFTER INSERT OR UPDATE ON cases
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION warn()"""


def test_a_case_whose_commit_came_with_a_warning_is_not_taken_for_stored(
    postgres: PostgresLedger,
) -> None:
    store = PostgresSettlement(postgres)
    assert store.add_cases([("one", b"1")]) == 1
    (case,) = store.cases()
    store.change_case(case)
    postgres.on_line(lambda line: line.execute(_WARNS))
    with pytest.raises(LedgerFailed, match="nobody knows whether it was stored: 01000"):
        store.add_cases([("two", b"2")])
    with pytest.raises(LedgerFailed, match="nobody knows"):
        store.change_case(replace(case, version=2, body=b"changed"))
    postgres.on_line(lambda line: line.execute("DROP TRIGGER warns ON cases"))
    # Here it was stored after all; asked again, nothing is there twice.
    assert store.add_cases([("two", b"2")]) == 0
    with pytest.raises(ChangedMeanwhileError):
        store.change_case(replace(case, version=2, body=b"changed"))
