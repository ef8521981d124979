"""The fleet: whoever has been free longest goes first; what waits too much is dropped, counted."""

from __future__ import annotations

import asyncio
from time import perf_counter_ns

from simulators.load.driving.crowd import Crowd
from simulators.load.driving.part import Driver
from simulators.load.measuring.recorder import Ticket
from tests.simulators.load.hosting import Served, hosted, job


async def _crowd(served: Served, **changes: object) -> tuple[Driver, Crowd]:
    limits = {"timeout_ms": 20_000, "patience_ms": 20_000}
    driver = Driver(job(served.port, **({"limits": limits} | changes)))
    await driver.prepare()
    assert driver.crowd is not None
    return driver, driver.crowd


def _offer(crowd: Crowd, count: int) -> None:
    for _ in range(count):
        now_ns = perf_counter_ns()
        crowd.offer(Ticket(now_ns, "withdrawal", 0, 1_000), now_ns)


async def test_terminals_take_turns() -> None:
    async with hosted() as served:
        _, crowd = await _crowd(served)
        order = list(crowd.idle)
        _offer(crowd, 4)
        assert [agent.ticket is not None for agent in order] == [True] * 4 + [False] * 6
        assert crowd.in_flight == 4
        assert list(crowd.idle) == order[4:]
        assert await crowd.quiet(20)
        crowd.close()


async def test_what_finds_no_terminal_waits_and_the_queue_has_a_limit() -> None:
    async with hosted(0.05) as served:
        limits = {"timeout_ms": 20_000, "waiting": 3}
        driver, crowd = await _crowd(served, limits=limits)
        _offer(crowd, 15)
        accounts = driver.recorder.accounts
        assert (accounts.waited, len(crowd.waiting)) == (5, 3)
        assert accounts.outcomes == {"dropped": 2}
        assert await crowd.quiet(20)
        assert driver.recorder.accounts.outcomes == {"dropped": 2, "approved": 13}
        crowd.close()


async def test_the_lateness_of_what_waits_counts_as_the_generators_too() -> None:
    """Ten terminals are free: five of fifteen arrivals wait, and all came two seconds late."""
    async with hosted() as served:
        driver, crowd = await _crowd(served)
        now_ns = perf_counter_ns()
        for _ in range(15):
            crowd.offer(Ticket(now_ns - 2_000_000_000, "withdrawal", 0, 1_000), now_ns)
        assert len(crowd.waiting) == 5
        assert driver.recorder.late.share_above(1_900_000) == 1.0
        assert len(driver.recorder.late) == 15
        assert await crowd.quiet(20)
        crowd.close()


async def test_what_has_not_ended_when_all_is_over_still_has_an_end() -> None:
    async with hosted(60.0) as served:
        driver, crowd = await _crowd(served)
        _offer(crowd, 15)
        assert not await crowd.quiet(0.1)
        crowd.close()
        await asyncio.sleep(0.01)
        accounts = driver.recorder.accounts
        assert accounts.is_whole
        assert accounts.outcomes == {"no_answer": 10, "dropped": 5}
        assert accounts.owed == 10
