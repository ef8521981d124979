"""Kinds of faults: each likely enough to happen, and said in words."""

from __future__ import annotations

import pytest

from simulators.world.weather.kinds import KINDS, LONGEST_MS


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_can_happen_and_has_words(name: str) -> None:
    assert 0 < KINDS[name].most <= 2
    assert KINDS[name].words


def test_longest_times_are_whole_milliseconds_below_the_bound_in_which_a_world_settles() -> None:
    assert all(0 < ms < 1_800_000 for ms in LONGEST_MS.values())
