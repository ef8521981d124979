"""What the matrix had at stake: edges of days, of cards, and of reloads."""

from __future__ import annotations

from collections import Counter

from simulators.world.setting import Setting
from simulators.world.telling.stages import STAGES, count_stages
from simulators.world.world import World
from tests.simulators import recording


def test_worlds_of_the_profile_have_every_edge_at_stake() -> None:
    counted: Counter[str] = Counter()
    for seed in (4, 5, 7):
        count_stages(World(Setting(seed=seed, profile="stages", minutes=2)).run(), counted)
    assert set(STAGES) == set(counted)
    assert all(counted.values())


def test_a_world_without_a_registry_has_none() -> None:
    counted: Counter[str] = Counter()
    count_stages(recording.blank(), counted)
    assert not any(counted.values())
