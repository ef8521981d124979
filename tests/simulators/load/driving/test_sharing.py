"""A run over a job table: shares add up, and a worker that dies is reported and replaced."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from simulators.load.driving.part import LoadError
from simulators.load.driving.running import Plan
from simulators.load.driving.sharing import GivenOut, Hand
from switch.ledger.shared import jobs
from switch.ledger.shared.jobs import JobTable
from switch.ledger.shared.line import Line
from tests.simulators.load.hosting import Served, hosted, job

Opener = Callable[[], Awaitable[JobTable]]


@pytest.fixture
async def open_table(ledger_url: str) -> AsyncIterator[Opener]:
    lines: list[Line] = []

    async def opened() -> JobTable:
        lines.append(await Line.open(ledger_url))
        return JobTable(lines[-1])

    yield opened
    for line in lines:
        await line.close()


def _plan(served: Served, seconds: float, workers: int) -> Plan:
    scenario = job(served.port, seconds=seconds, limits={"timeout_ms": 9_000}).scenario
    return Plan(scenario=scenario, target=f"127.0.0.1:{served.port}", workers=workers)


async def test_two_workers_drive_a_run_together(open_table: Opener) -> None:
    said: list[str] = []
    async with hosted() as served:
        hands = [Hand(await open_table(), f"w{n}", said.append) for n in (1, 2)]
        working = [asyncio.create_task(hand.work(once=True)) for hand in hands]
        shared = GivenOut(_plan(served, 2.0, 2), await open_table(), "r")
        result = await shared.run()
        await asyncio.gather(*working)
    accounts = result.whole.accounts
    assert result.lost_workers == []
    assert accounts.is_whole
    assert accounts.outcomes == {"approved": accounts.intended}
    assert len(result.parts) == 2
    assert sorted(word.split(":")[0] for word in said) == ["done", "done", "taken", "taken"]


async def test_the_share_of_a_worker_that_dies_is_driven_on(
    open_table: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LEASE_MS", 2_500)
    async with hosted() as served:
        dying = Hand(await open_table(), "dying", str)
        spare = Hand(await open_table(), "spare", str)
        shared = GivenOut(_plan(served, 16.0, 1), await open_table(), "r")
        first = asyncio.create_task(dying.work(once=True))
        running = asyncio.create_task(shared.run())
        async with asyncio.timeout(60):
            while not served.host.kept_us:  # noqa: ASYNC110 - a poll
                await asyncio.sleep(0.05)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        second = asyncio.create_task(spare.work(once=True))
        result = await running
        await second
    (lost,) = result.lost_workers
    assert "dying" in lost
    assert "driven on by another" in lost
    assert not result.is_valid
    assert result.whole.accounts.is_whole
    assert 0 < result.whole.accounts.intended < 1_600


async def test_what_cannot_be_shared_says_why(open_table: Opener) -> None:
    async with hosted() as served:
        plan = _plan(served, 1.0, 1)
        plan.target = "127.0.0.1:1"
        hand = Hand(await open_table(), "w", str)
        working = asyncio.create_task(hand.work(once=True))
        with pytest.raises(LoadError, match="w: 10 terminals cannot connect"):
            await GivenOut(plan, await open_table(), "r").run()
        await working
