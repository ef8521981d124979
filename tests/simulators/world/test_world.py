"""A whole world: drawn from its seed, run once, left to settle."""

from __future__ import annotations

import pytest

from simulators.world.agenda import SECOND
from simulators.world.setting import Setting
from simulators.world.world import SETTLES_WITHIN, World
from switch.core.moment import local
from tests.simulators import recording


def test_it_settles_long_before_its_time_is_over() -> None:
    for seed in range(3):
        settled_ns = recording.world(seed).end.settled_after_ns
        assert settled_ns is not None
        assert settled_ns < SETTLES_WITHIN


def test_all_parties_are_in_its_end() -> None:
    end = recording.world(0).end
    assert end.rows
    assert end.memories
    assert end.issuers
    assert end.totals.by_state
    assert not end.advices


def test_worlds_begin_by_day_at_midnight_and_when_the_cap_changes() -> None:
    days = {local(World(Setting(seed=seed))._agenda.moment.utc_ms).day for seed in range(40)}
    assert {20140618, 20140909, 20141231} <= days


def test_a_world_without_trade_is_quiet_at_once() -> None:
    world = World(Setting(seed=0))
    world._booths.clear()
    history = world.run()
    assert not history.end.rows
    assert history.end.settled_after_ns is not None
    assert history.end.settled_after_ns < 60 * SECOND


def test_an_unknown_plant_is_refused() -> None:
    with pytest.raises(KeyError):
        World(Setting(seed=0, plant="roses"))
