"""The switch in its world: it starts, dies between any two effects, and starts again."""

from __future__ import annotations

import pytest

from simulators.world.weather.faults import Faults
from switch.core.transaction import HELD
from tests.simulators.world.staging import Parts


def test_it_takes_connections_once_the_ledger_has_told_it_who_it_is() -> None:
    parts = Parts()
    seen = [(parts.host.is_started, parts.host.is_up)]
    parts.host.start()
    seen.append((parts.host.is_started, parts.host.is_up))
    parts.run(1)
    seen.append((parts.host.is_started, parts.host.is_up))
    assert seen == [(False, False), (True, False), (True, True)]


def test_after_its_death_it_starts_again_and_reaches_its_banks() -> None:
    parts = Parts()
    parts.host.start()
    parts.run(10)
    assert list(parts.host.links) == ["bank-1"]
    parts.host.die()
    assert not parts.host.is_started
    assert not parts.host.links
    parts.run(30)
    assert parts.host.is_up
    assert list(parts.host.links) == ["bank-1"]
    assert parts.history.crashes == 1


def test_a_dead_process_hears_nothing() -> None:
    parts = Parts()
    parts.host.start()
    parts.run(10)
    submitted = len(parts.history.applied)
    parts.host.die()
    parts.host.terminal_frame(1, b"\0" * 40)
    parts.run(0.1)
    assert len(parts.history.applied) == submitted


@pytest.mark.parametrize("seed", range(3))
def test_crashes_between_effects_leave_nothing_open_in_the_end(seed: int) -> None:
    parts = Parts(Faults(crash=0.02), seed)
    parts.host.start()
    parts.booth.trade(200 * 1_000_000_000)
    parts.run(200)
    assert parts.history.crashes
    parts.faults.is_on = False
    parts.run(900)
    assert parts.rows
    assert not [row.record.rrn for row in parts.rows if row.state in HELD]
