"""The ledger on PostgreSQL as commands and tests have it: opened, refused, read, closed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bench.database import Database
from switch.core.outcomes import Enlisted
from switch.ledger.postgres import PostgresLedger
from switch.ledger.protocol import LedgerFailed, LedgerOpenError
from switch.ledger.shared.line import InDoubtError, Line, NotStoredError
from tests.switch.core.transfers import acquirers
from tests.switch.ledger.making import enlisting, opening
from tests.switch.ledger.test_sqlite import STORY


def test_two_processes_see_what_each_other_did(ledger_url: str, postgres: PostgresLedger) -> None:
    other = PostgresLedger(ledger_url)
    for batch, ledger in zip(STORY, [postgres, other] * len(STORY), strict=False):
        ledger.submit(batch)
    assert postgres.totals() == other.totals()
    assert len(other.transactions()) == 7
    assert isinstance(other.submit([enlisting(b"second")])[0], Enlisted)
    other.close()
    other.close()


def test_a_database_without_tables_is_refused_with_what_to_do(empty_url: str) -> None:
    with pytest.raises(LedgerOpenError, match="jinbao ledger init"):
        PostgresLedger(empty_url)


def test_a_server_that_is_not_there_is_told(database: Database) -> None:
    with pytest.raises(LedgerOpenError, match="cannot be reached"):
        PostgresLedger("postgresql://postgres@127.0.0.1:1/x")
    with pytest.raises(LedgerOpenError, match="refuses us"):
        PostgresLedger(database.url("nowhere"))


def test_tables_that_are_gone_fail_the_ledger(postgres: PostgresLedger) -> None:
    postgres.on_line(lambda line: line.execute("DROP TABLE caps"))
    with pytest.raises(LedgerFailed, match="42P01"):
        postgres.submit([opening(1)])
    with pytest.raises(LedgerFailed):
        postgres.totals()


def test_reading_a_whole_ledger_may_stop_in_the_middle(postgres: PostgresLedger) -> None:
    postgres.submit([enlisting()])

    async def count(line: Line) -> AsyncIterator[int]:
        await line.execute("BEGIN")
        for number in range(20_000):
            yield number

    some = postgres.pump(count)
    assert [next(some), next(some)] == [0, 1]
    some.close()
    assert sum(1 for _ in postgres.pump(count)) == 20_000


def test_an_error_in_the_middle_of_reading_is_raised(postgres: PostgresLedger) -> None:
    async def fail(line: Line) -> AsyncIterator[int]:
        yield 1
        await line.fetch("SELECT nothing")

    with pytest.raises(LedgerFailed, match="42703"):
        list(postgres.pump(fail))


@pytest.mark.parametrize(
    ("error", "told"),
    [(NotStoredError("x"), "nothing was stored"), (InDoubtError("x"), "nobody knows")],
)
def test_a_commit_that_is_not_plain_is_told_to_whoever_waits(
    postgres: PostgresLedger, error: Exception, told: str
) -> None:
    async def fail(line: Line) -> None:
        await line.begin()
        raise error

    with pytest.raises(LedgerFailed, match=told):
        postgres.on_line(fail)


def test_an_error_of_the_callers_own_leaves_no_transaction_open(postgres: PostgresLedger) -> None:
    async def fail(line: Line) -> None:
        await line.execute("BEGIN; CREATE TEMPORARY TABLE t (n integer)")
        raise LedgerOpenError("not here")

    with pytest.raises(LedgerOpenError, match="not here"):
        postgres.on_line(fail)
    with pytest.raises(LedgerFailed, match="42P01"):
        postgres.on_line(lambda line: line.fetch("SELECT n FROM t"))


def test_the_cap_of_each_acquirer_is_its_own_whoever_counts(
    ledger_url: str, postgres: PostgresLedger
) -> None:
    acquirers.begin(postgres)
    other = PostgresLedger(ledger_url)
    acquirers.look(other, lambda: None)
    other.close()
