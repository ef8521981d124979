"""The traps of a commit over a network: what is unknown is said to be, and never guessed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import asyncpg
import pytest
from msgspec.structs import replace

from bench.database import Database
from switch.core.errors import InvariantBroken
from switch.core.operations import CapCheck, LoadSession, Open, Operation, Resolve
from switch.core.outcomes import (
    CapExceeded,
    Closed,
    NotReversible,
    Opened,
    Outcome,
    Repeated,
    Resolved,
    SessionIs,
    Unknown,
)
from switch.core.transaction import State
from switch.ledger.decide import decide
from switch.ledger.protocol import LedgerFailed
from switch.ledger.shared.reading import read
from switch.ledger.shared.store import PostgresStore
from switch.ledger.shared.writing import write
from tests.switch.ledger.making import (
    DAY,
    LIMIT_FEN,
    attempt,
    closing,
    enlisting,
    freeing,
    key,
    opening,
    record,
    reversing,
    voiding,
)
from tests.switch.ledger.shared.conftest import MakeStore, Waiting
from tests.switch.ledger.shared.proxy import proxy

SOON_S = 0.4


async def _row_state(store: PostgresStore, of: Operation) -> Outcome:
    (outcome,) = await store.submit([Resolve(attempt(900), of.attempt, key())])
    return outcome


# -------------------------------------------------------------------------- a COMMIT in doubt


@pytest.mark.parametrize(("is_heard", "verdict"), [(True, "done"), (False, "never")])
async def test_a_commit_whose_answer_is_lost_is_unknown_and_can_be_asked_about(
    database: Database, ledger_url: str, another: MakeStore, is_heard: bool, verdict: str
) -> None:
    async with proxy(database.port) as wire:
        store = another(ledger_url.replace(f":{database.port}", f":{wire.port}"))
        await store.submit([enlisting()])
        wire.word, wire.is_heard = b"COMMIT", is_heard
        asked = opening(1)
        assert await store.submit([asked]) == [Unknown()]
        assert (wire.cuts, store.tallies.in_doubt) == (1, 1)
        outcome = await _row_state(store, asked)
        assert isinstance(outcome, Resolved)
        assert outcome.verdict == verdict
        again = await store.submit([asked])
        assert isinstance(again[0], Opened) is (verdict == "done")


async def test_a_synchronous_commit_that_was_cancelled_and_reports_success_is_unknown(
    database: Database, store: PostgresStore, another: MakeStore, without_standby: Waiting
) -> None:
    await store.submit([enlisting()])
    with without_standby():
        asked = asyncio.create_task(store.submit([opening(1)]))
        # The driver is told "COMMIT"; only a warning (01000) on the side says what it is worth.
        await _until_waiting(database)
        database.run_sql(
            "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        )
        assert await asked == [Unknown()]
        assert "01000" in store.tallies.last
        # The row can be seen, and is not safe: whoever asks waits for the standby as well.
        asking = another(patience_s=SOON_S)
        assert await _row_state(asking, opening(1)) == Unknown()
    outcome = await _row_state(store, opening(1))
    assert isinstance(outcome, Resolved)
    assert outcome.verdict == "done"


async def test_a_commit_that_never_comes_back_is_unknown_in_time_and_is_not_cancelled(
    database: Database, ledger_url: str, another: MakeStore, without_standby: Waiting
) -> None:
    store = another(patience_s=SOON_S)
    await store.submit([enlisting()])
    name = ledger_url.rpartition("/")[2]
    # The server's own time-out does not end the wait for a standby.
    database.run_sql(f"ALTER DATABASE {name} SET statement_timeout = '100ms'")
    fresh = another(patience_s=SOON_S)
    with without_standby():
        begun = time.monotonic()
        assert await fresh.submit([opening(1)]) == [Unknown()]
        assert SOON_S * 0.9 <= time.monotonic() - begun < SOON_S + 2
        # Had it been cancelled, it would be there for everyone and safe nowhere.
        assert await _count(ledger_url) == 0
        # It may still come: nobody may say that it never will.
        assert await _row_state(fresh, opening(1)) == Unknown()
    outcome = await _row_state(store, opening(1))
    assert isinstance(outcome, Resolved)
    assert outcome.verdict == "done"


@pytest.mark.parametrize(("is_kept", "verdict"), [(True, "done"), (False, "never")])
async def test_an_intent_that_may_still_be_committed_is_waited_for(
    store: PostgresStore, another: MakeStore, is_kept: bool, verdict: str
) -> None:
    await store.submit([enlisting()])
    # The connection of a batch that we lost sight of, just before its COMMIT is carried out.
    late = await another().line()
    await late.begin()
    stored = await read(late.fetch, [opening(1)])
    await write(late.fetch, decide([opening(1)], stored).written, stored)
    asked = asyncio.create_task(_row_state(store, opening(1)))
    await asyncio.sleep(0.3)
    assert not asked.done()
    await (late.commit() if is_kept else late.roll_back())
    outcome = await asked
    assert isinstance(outcome, Resolved)
    assert outcome.verdict == verdict
    late.cut()


async def _until_waiting(database: Database) -> None:
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    last = time.monotonic() + 5
    while database.run_sql(waits) == "0":
        assert time.monotonic() < last
        await asyncio.sleep(0.01)


async def _count(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        return int(await connection.fetchval("SELECT count(*) FROM transactions"))
    finally:
        await connection.close()


# --------------------------------------------------------------------- what is not in doubt


async def test_a_deadlock_is_decided_again(store: PostgresStore, ledger_url: str) -> None:
    await store.submit([enlisting(), opening(1, 1, 10), opening(2, 2, 10)])
    other = await asyncpg.connect(ledger_url)
    lock = "SELECT 1 FROM transactions WHERE attempt = $1 FOR UPDATE"
    async with other.transaction():
        # We are the first to look for a deadlock, and so its victim.
        await other.execute("SET LOCAL deadlock_timeout = '10s'")
        await other.execute(lock, attempt(2))
        closes = asyncio.create_task(store.submit([closing(3, 1), closing(4, 2)]))
        await asyncio.sleep(0.05)
        await other.execute(lock, attempt(1))
    assert [type(outcome) for outcome in await closes] == [Closed, Closed]
    assert store.tallies.again >= 1
    assert "40P01" in store.tallies.last
    await other.close()


async def test_a_serialization_failure_is_decided_again(
    store: PostgresStore, ledger_url: str
) -> None:
    await store.submit([enlisting()])
    await _fail_once(ledger_url, "40001")
    assert await store.submit([opening(1)]) == [Opened(0, 50_000)]
    assert store.tallies.again == 1
    assert "40001" in store.tallies.last


async def test_what_cannot_pass_ends_the_process_and_what_can_is_given_up_as_unknown(
    ledger_url: str, another: MakeStore
) -> None:
    store = another(patience_s=SOON_S)
    await store.submit([enlisting()])
    await _fail_once(ledger_url, "42501")
    with pytest.raises(LedgerFailed, match="42501"):
        await store.submit([opening(1)])
    nowhere = another("postgresql://postgres@127.0.0.1:1/nowhere", patience_s=SOON_S)
    assert await nowhere.submit([opening(1), opening(2)]) == [Unknown(), Unknown()]
    assert nowhere.tallies.given_up == 1
    assert await nowhere.clock_ms() is None


async def _fail_once(url: str, state: str) -> None:
    """Have the first insert fail; a sequence counts on over what is rolled back."""
    connection = await asyncpg.connect(url)
    await connection.execute(
        f"""CREATE SEQUENCE tries;
        CREATE FUNCTION fail_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('tries') = 1 THEN RAISE 'no' USING ERRCODE = '{state}'; END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER t BEFORE INSERT ON transactions FOR EACH ROW EXECUTE FUNCTION fail_once()"""
    )
    await connection.close()


async def test_the_first_error_is_told_when_the_connection_dies_after_it(
    database: Database, ledger_url: str, another: MakeStore
) -> None:
    async with proxy(database.port) as wire:
        store = another(ledger_url.replace(f":{database.port}", f":{wire.port}"))
        await store.submit([enlisting()])
        await _fail_once(ledger_url, "40001")
        # Rolling back over a dead connection raises another error, which says nothing.
        wire.word = b"ROLLBACK\0"
        assert await store.submit([opening(1)]) == [Opened(0, 50_000)]
        assert wire.cuts == 1
        assert store.tallies.last.startswith("40001")


async def test_a_backend_that_is_ended_in_the_middle_changes_nothing(
    database: Database, store: PostgresStore, ledger_url: str
) -> None:
    await store.submit([enlisting(), opening(1)])
    other = await asyncpg.connect(ledger_url)
    async with other.transaction():
        await other.execute("SELECT 1 FROM transactions FOR UPDATE")
        closes = asyncio.create_task(store.submit([closing(2)]))
        end = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'jinbao' AND wait_event_type = 'Lock'"
        )
        last = time.monotonic() + 5
        while database.run_sql(end) == "0":
            assert time.monotonic() < last
            await asyncio.sleep(0.01)
    (outcome,) = await closes
    assert isinstance(outcome, Closed)
    assert store.tallies.again >= 1
    await other.close()


async def test_an_invariant_that_breaks_leaves_nothing_behind(store: PostgresStore) -> None:
    await store.submit([enlisting()])
    bad = closing(2, state=State.FORWARDED)
    with pytest.raises(InvariantBroken):
        await store.submit([opening(1), bad])
    outcome = await _row_state(store, opening(1))
    assert isinstance(outcome, Resolved)
    assert outcome.verdict == "never"


# ------------------------------------------------------------------- several at the same time


async def test_one_of_two_processes_that_open_the_same_request_is_the_first(
    another: MakeStore,
) -> None:
    stores = [another() for _ in range(4)]
    await stores[0].submit([enlisting()])
    for stan in range(1, 11):
        outcomes = await asyncio.gather(
            *(each.submit([opening(10 * stan + n, stan, 10)]) for n, each in enumerate(stores))
        )
        kinds = sorted(type(outcome).__name__ for (outcome,) in outcomes)
        assert kinds == ["Opened", "Repeated", "Repeated", "Repeated"]


async def test_a_cap_holds_from_the_first_row_on_whoever_asks(another: MakeStore) -> None:
    stores = [another() for _ in range(4)]
    await stores[0].submit([enlisting()])
    each_fen, count = LIMIT_FEN // 5, 0
    for day in range(DAY, DAY + 6):
        asked: list[Sequence[Open]] = []
        for _ in stores:
            batch = []
            for _ in range(3):
                count += 1
                batch.append(replace(opening(count, count, each_fen), cap=CapCheck(day, LIMIT_FEN)))
            asked.append(batch)
        decided = await asyncio.gather(
            *(store.submit(batch) for store, batch in zip(stores, asked, strict=True))
        )
        outcomes = [outcome for batch in decided for outcome in batch]
        assert sum(isinstance(outcome, Opened) for outcome in outcomes) == 5
        assert sum(isinstance(outcome, CapExceeded) for outcome in outcomes) == 7


async def test_a_process_frozen_in_a_transaction_does_not_keep_its_locks(
    another: MakeStore,
) -> None:
    store = another()
    await store.submit([enlisting(), opening(1)])
    frozen = await another().line()
    # As every connection of ours has it, but sooner.
    await frozen.execute("SET idle_in_transaction_session_timeout = '300ms'; BEGIN")
    await frozen.fetch("SELECT 1 FROM transactions FOR UPDATE")
    (outcome,) = await store.submit([closing(2)])
    assert isinstance(outcome, Closed)
    frozen.cut()


async def test_text_that_postgresql_cannot_hold_is_no_way_to_stop_a_switch(
    store: PostgresStore,
) -> None:
    odd = replace(key(), merchant="a\0b", stan="\u4e00")
    asked = replace(opening(1), key=odd, record=record(rrn="\0"))
    await store.submit([enlisting()])
    assert await store.submit([asked]) == [Opened(0, 50_000)]
    (again,) = await store.submit([replace(asked, attempt=attempt(2))])
    assert isinstance(again, Repeated)
    assert again.row.key == odd
    assert await store.submit([LoadSession(attempt(3), "\0")]) == [SessionIs(None)]


async def test_the_ledgers_clock_is_the_servers(store: PostgresStore) -> None:
    shown = await store.clock_ms()
    assert shown is not None
    assert abs(shown - time.time() * 1000) < 5_000


async def test_reversals_come_first_and_their_originals_are_refused_after(
    store: PostgresStore,
) -> None:
    await store.submit([enlisting()])
    await store.submit([reversing(1)])
    (outcome,) = await store.submit([opening(2)])
    assert type(outcome).__name__ == "Forestalled"


async def test_a_voided_completion_frees_its_authorisation_in_batches_of_one(
    store: PostgresStore,
) -> None:
    steps: list[Operation] = [
        enlisting(),
        opening(1, 1),
        closing(2, 1),
        voiding(3, 2, of=1),
        closing(4, 2),
        freeing(5, 3, of=2),
        closing(6, 3),
        voiding(7, 4, of=1),
    ]
    outcomes = [(await store.submit([step]))[0] for step in steps]
    assert outcomes[-1] == Opened(0, 0)
    (refused,) = await store.submit([reversing(20, 3)])
    assert isinstance(refused, NotReversible)
