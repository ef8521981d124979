"""A terminal in its world: it trades until its time is over, then finishes what it owes."""

from __future__ import annotations

import pytest

from simulators.terminal_memory import Job, Kind, Verdict
from simulators.world.weather.faults import Faults
from tests.simulators.world.staging import Parts

_TRADE_NS = 120 * 1_000_000_000


@pytest.mark.parametrize("seed", range(4))
def test_it_trades_and_stops(seed: int) -> None:
    parts = Parts(seed=seed)
    parts.host.start()
    parts.booth.trade(_TRADE_NS)
    parts.run(121)
    parts.run(120)
    made = len(parts.terminal.results)
    assert any(result.verdict is Verdict.APPROVED for result in parts.terminal.results)
    parts.run(600)
    assert len(parts.terminal.results) == made
    assert parts.booth.is_idle


def test_what_it_owes_is_sent_after_its_time_is_over() -> None:
    parts = Parts(Faults(terminal_power=0.3))
    parts.host.start()
    parts.booth.trade(_TRADE_NS)
    parts.run(120)
    parts.faults.is_on = False
    parts.run(900)
    assert parts.booth.is_idle
    assert not parts.terminal.memory.owed


def test_it_waits_for_a_switch_that_is_down() -> None:
    parts = Parts()
    parts.booth.trade(1)
    parts.run(20)
    parts.terminal.ask(Job(kind=Kind.SIGN_ON), parts.agenda.moment)
    assert not parts.terminal.results
    parts.host.start()
    parts.run(20)
    assert [result.verdict for result in parts.terminal.results] == [Verdict.APPROVED]


def test_a_line_that_is_cut_is_made_again() -> None:
    parts = Parts()
    parts.host.start()
    parts.booth.trade(_TRADE_NS)
    for _ in range(12):
        parts.run(10)
        if parts.booth.line is not None:
            parts.booth.line.cut()
    parts.run(600)
    assert parts.booth.is_idle
    assert any(result.verdict is Verdict.APPROVED for result in parts.terminal.results)


def test_it_sleeps_over_what_it_owes_and_settles_in_the_morning() -> None:
    slept = 0
    for seed in range(8):
        parts = Parts(Faults(terminal_sleeps=1.0), seed=seed)
        parts.host.start()
        parts.booth.trade(_TRADE_NS, sleeps=True)
        parts.run(400)
        slept += parts.booth.is_asleep
        owed = bool(parts.terminal.memory.owed)
        assert owed == parts.booth.is_asleep
        assert parts.booth.is_idle
        parts.faults.is_on = False
        parts.booth.wake()
        parts.run(120)
        assert parts.booth.has_settled
        assert not parts.terminal.memory.owed
    assert slept


def test_on_its_last_day_it_does_not_sleep() -> None:
    parts = Parts(Faults(terminal_sleeps=1.0))
    parts.host.start()
    parts.booth.trade(_TRADE_NS)
    parts.run(200)
    assert not parts.booth.is_asleep
    assert not parts.faults.fired
