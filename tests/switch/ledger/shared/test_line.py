"""What an error means: try again, nobody knows, or no use."""

from __future__ import annotations

import asyncpg
import pytest

from bench.database import Database
from switch.ledger.protocol import LedgerFailed, LedgerOpenError
from switch.ledger.shared.line import InDoubtError, Line, NotStoredError, failed


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (asyncpg.DeadlockDetectedError("deadlock"), NotStoredError),
        (asyncpg.SerializationError("no"), NotStoredError),
        (asyncpg.UniqueViolationError("second"), NotStoredError),
        (asyncpg.LockNotAvailableError("lock_timeout"), NotStoredError),
        (asyncpg.CannotConnectNowError("starting up"), NotStoredError),
        (asyncpg.ReadOnlySQLTransactionError("a standby"), NotStoredError),
        (asyncpg.DiskFullError("full"), NotStoredError),
        (asyncpg.InterfaceError("closed"), NotStoredError),
        (ConnectionResetError("reset"), NotStoredError),
        (asyncpg.UndefinedTableError("no table"), LedgerFailed),
        (asyncpg.CheckViolationError("held_fen"), LedgerFailed),
        (asyncpg.DataCorruptedError("page"), LedgerFailed),
    ],
)
def test_an_error_before_commit_passes_or_stays(error: Exception, kind: type) -> None:
    assert type(failed(error)) is kind


async def test_who_cannot_be_reached_may_be_tried_again_and_who_refuses_may_not(
    database: Database,
) -> None:
    with pytest.raises(NotStoredError):
        await Line.open("postgresql://postgres@127.0.0.1:1/x")
    with pytest.raises(LedgerOpenError, match="refuses"):
        await Line.open(database.url("nowhere"))
    with pytest.raises(LedgerOpenError, match="cannot be used"):
        await Line.open("http://127.0.0.1/x")


async def test_every_connection_has_the_settings_that_promises_rest_on(database: Database) -> None:
    line = await Line.open(database.url())
    for name, value in (
        ("synchronous_commit", "on"),
        ("transaction_isolation", "read committed"),
        ("idle_in_transaction_session_timeout", "5s"),
        ("enable_seqscan", "off"),
    ):
        assert [tuple(found) for found in await line.fetch(f"SHOW {name}")] == [(value,)]
    await line.close()
    assert not line.is_open


async def test_a_commit_of_a_failed_transaction_stored_nothing(database: Database) -> None:
    line = await Line.open(database.url())
    await line.execute("BEGIN")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await line.fetch("SELECT 1 / 0")
    with pytest.raises(NotStoredError, match="ROLLBACK"):
        await line.commit()
    line.cut()


@pytest.mark.parametrize(
    ("state", "kind"),
    [("40001", NotStoredError), ("40P01", NotStoredError), ("40003", InDoubtError)],
)
async def test_a_commit_that_says_nobody_knows_is_in_doubt_although_its_class_is_rollback(
    database: Database, state: str, kind: type[Exception]
) -> None:
    line = await Line.open(database.url())
    await line.execute(
        "CREATE TEMPORARY TABLE t (n integer);"
        " CREATE FUNCTION pg_temp.refuse() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION 'ambiguous' USING ERRCODE = '{state}'; END $$;"
        " CREATE CONSTRAINT TRIGGER late AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION pg_temp.refuse()"
    )
    await line.begin()
    await line.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(kind, match=state):
        await line.commit()
    line.cut()
