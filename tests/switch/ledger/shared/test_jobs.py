"""The job table: a share is one worker's at a time, and a silent one loses it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from switch.ledger.shared import jobs
from switch.ledger.shared.jobs import DONE, READY, TAKEN, WAITING, JobTable
from switch.ledger.shared.line import Line


@pytest.fixture
async def tables(ledger_url: str) -> AsyncIterator[tuple[JobTable, JobTable]]:
    lines = [await Line.open(ledger_url) for _ in range(2)]
    yield JobTable(lines[0]), JobTable(lines[1])
    for line in lines:
        await line.close()


async def test_shares_are_taken_once_and_results_come_back(
    tables: tuple[JobTable, JobTable],
) -> None:
    one, other = tables
    await one.put("run", [b"a", b"b"])
    first, second = await one.take("w1"), await other.take("w2")
    assert first is not None
    assert second is not None
    assert (first.body, second.body) == (b"a", b"b")
    assert await other.take("w3") is None
    assert first.starts_in_ms is None
    assert await one.beat(first, "w1", b"p", is_ready=True)
    await one.start("run", 5_000)
    told = await one.beat(first, "w1", b"p", is_ready=True)
    assert told is not None
    assert told.starts_in_ms is not None
    assert 3_000 < told.starts_in_ms <= 5_000
    assert await one.finish(first, "w1", DONE, b"found")
    shares = await other.look("run")
    assert [(share.state, share.worker) for share in shares] == [(DONE, "w1"), (TAKEN, "w2")]
    assert (shares[0].progress, shares[0].result) == (b"p", b"found")
    await one.drop("run")
    assert await other.look("run") == []


async def test_a_silent_workers_share_goes_to_another_and_it_hears_so(
    tables: tuple[JobTable, JobTable], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = tables
    await one.put("run", [b"a"])
    monkeypatch.setattr(jobs, "LEASE_MS", -1)
    taken = await one.take("w1")
    assert taken is not None
    monkeypatch.undo()
    assert await other.lapse("run") == [(taken.number, "w1")]
    assert (await other.look("run"))[0].state == WAITING
    again = await other.take("w2")
    assert again is not None
    assert await one.beat(taken, "w1", b"", is_ready=True) is None
    assert not await one.finish(taken, "w1", DONE, b"late")
    assert await other.beat(again, "w2", b"", is_ready=True)
    assert await other.lapse("run") == []
    assert (await one.look("run"))[0].state == READY
