"""The fleet: whoever has been free longest goes first; what waits too much is dropped, counted."""

from __future__ import annotations

import asyncio
from heapq import heappop, heappush
from pathlib import Path
from random import Random
from time import perf_counter_ns

import pytest

from bench.load.host import Answers
from messages.crypto.keys import Mak, Pik
from messages.dialects.loader import load_dialect
from simulators.installation import MAK, PIK
from simulators.load.driving import crowd as crowd_module
from simulators.load.driving import terminals as terminals_module
from simulators.load.driving.crowd import Crowd
from simulators.load.driving.lines import Hub, Line
from simulators.load.driving.part import Driver
from simulators.load.measuring.recorder import Recorder, Ticket
from simulators.load.scenario import fleet
from simulators.wire import Wire
from tests.simulators.load.hosting import Served, hosted, job

_MS = 1_000_000
_S = 1_000_000_000


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


class _Kept(Hub):
    """A hub without a network: what is sent is kept for whoever answers."""

    def __init__(self) -> None:
        super().__init__(0)
        self.kept: list[tuple[Line, bytes]] = []

    def put(self, line: Line, frame: bytes | bytearray) -> None:
        self.kept.append((line, bytes(frame)))


@pytest.mark.parametrize("delays_ms", [(50,), (5, 5, 5, 50)], ids=["fixed", "bimodal"])
async def test_known_delays_are_told_within_two_percent_of_p50_and_p99(
    monkeypatch: pytest.MonkeyPatch, delays_ms: tuple[int, ...]
) -> None:
    """On a clock of the test's own, so that no machine is in it: terminals, frames, answers."""
    now = [_S]
    for module in (crowd_module, terminals_module):
        monkeypatch.setattr(module, "perf_counter_ns", lambda: now[0])
    hub, scenario, wire = _Kept(), job(1).scenario, Wire(load_dialect("pos"))
    recorder, host, chance = Recorder(_S, 0, None), Answers(), Random(8)  # noqa: S311 - a test
    crowd = Crowd(hub, wire, scenario, recorder)
    cards = fleet.cards(scenario.cards, Path())
    crowd.gather(fleet.terminals(scenario.fleet, Path()), cards, ("", 0))
    for agent in crowd.agents:
        memory = agent.terminal.memory
        memory.pik, memory.mak = Pik.from_hex(PIK), Mak.from_hex(MAK)
        memory.mac, memory.is_signed_on = wire.mac(memory.mak), True
        agent.connected(Line(hub, wire.framing, agent), now[0])
    due = [_S + number * 20 * _MS for number in range(1_000)]
    answers: list[tuple[int, int, Line, bytes]] = []
    while due or answers:
        if not answers or (due and due[0] <= answers[0][0]):
            now[0] = due.pop(0)
            crowd.offer(Ticket(now[0], "withdrawal", 0, 1_000), now[0])
        else:
            now[0], _, line, answer = heappop(answers)
            line.owner.took(answer[2:], now[0])
        for line, frame in hub.kept:
            at_ns = now[0] + chance.choice(delays_ms) * _MS
            heappush(answers, (at_ns, len(due), line, host.of(frame[2:])))
        hub.kept.clear()
    crowd.halt()
    (cell,) = recorder.part().cells
    assert cell.outcomes == {"approved": 1_000}
    for percentile in (50, 99):
        true_ms = sorted(delays_ms)[len(delays_ms) * percentile // 100]
        assert cell.intended.percentile_ms(percentile) == pytest.approx(true_ms, rel=0.02)
        assert cell.actual.percentile_ms(percentile) == pytest.approx(true_ms, rel=0.02)
