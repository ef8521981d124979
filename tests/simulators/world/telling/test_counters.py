"""What remittances had at stake: caps, payers, what was taken back."""

from __future__ import annotations

from collections import Counter

from simulators.world.setting import Setting
from simulators.world.telling.counters import REMITTANCES, count_remittances
from simulators.world.world import World
from tests.simulators import recording


def test_worlds_of_the_profile_have_everything_at_stake() -> None:
    counted: Counter[str] = Counter()
    for seed in range(4):
        count_remittances(World(Setting(seed=seed, profile="remittances")).run(), counted)
    assert set(REMITTANCES) == set(counted)
    assert all(counted.values())


def test_a_world_without_a_settlement_card_has_nothing() -> None:
    counted: Counter[str] = Counter()
    count_remittances(recording.blank(), counted)
    assert not counted
