"""The pay-out file of a world: delivered again, cut short by deaths, and taken in the end."""

from __future__ import annotations

from simulators.world.actors.agency import AGAIN, CUT_SHORT
from simulators.world.setting import Setting
from simulators.world.world import World
from switch.core.social.payouts import TERMINAL
from switch.core.transaction import State
from tests.simulators import recording

SEED = 2
"""A world that pays out."""


def test_it_is_delivered_again_and_every_order_is_recorded_once() -> None:
    history = recording.world(SEED)
    rows = [row for row in history.end.rows if row.key.terminal == TERMINAL]
    assert history.counts[AGAIN] >= 1
    assert len(rows) == len(history.end.payouts)
    assert {State.APPROVED, State.DECLINED} <= {row.state for row in rows}


def test_a_process_dies_over_it_in_some_worlds() -> None:
    deaths = 0
    for seed in range(12):
        history = World(Setting(seed=seed, profile="services", minutes=1)).run()
        deaths += history.counts[CUT_SHORT]
        if deaths:
            return
    assert deaths


def test_the_results_come_back_to_the_host() -> None:
    end = recording.world(SEED).end
    assert end.social is not None
    assert {each.status for each in end.social.benefits.values()} & {"paid", "sent"}
