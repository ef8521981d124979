"""Each row is written once, and an insert that comes second fails."""

from __future__ import annotations

import asyncpg
import pytest

from switch.ledger.decide import decide
from switch.ledger.rows import ReadSet
from switch.ledger.shared.store import PostgresStore
from switch.ledger.shared.writing import write
from tests.switch.ledger.making import closing, enlisting, key, opening


async def test_a_row_that_was_not_seen_is_never_written_over(store: PostgresStore) -> None:
    await store.submit([enlisting(), opening(1)])
    stale = ReadSet()
    decision = decide([opening(2)], stale)
    line = await store.line()
    await line.execute("BEGIN")
    with pytest.raises(asyncpg.UniqueViolationError):
        await write(line.fetch, decision.written, stale)
    line.cut()


async def test_a_row_that_changes_twice_in_a_batch_is_written_once(store: PostgresStore) -> None:
    await store.submit([enlisting()])
    await store.submit([opening(1), closing(2), opening(3, 2, 10)])
    line = await store.line()
    found = await line.fetch("SELECT state, cap_day, amount_fen FROM transactions ORDER BY attempt")
    assert [tuple(row) for row in found] == [(6, 20140618, 50_000), (3, 20140618, 10)]
    versions = await line.fetch("SELECT count(*) FROM transactions WHERE xmin = xmin")
    assert versions[0][0] == 2
    assert key().stan == "000001"
    line.cut()
