"""Profiles: they name kinds that exist, and the midnights that matter are among their starts."""

from __future__ import annotations

import pytest

from simulators.world.weather.kinds import KINDS
from simulators.world.weather.profiles import PROFILES


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_names_known_kinds_once(name: str) -> None:
    kinds = PROFILES[name].kinds
    assert set(kinds) <= set(KINDS)
    assert len(set(kinds)) == len(kinds)
    assert PROFILES[name].starts


def test_every_kind_is_in_a_profile_besides_those_that_have_all() -> None:
    special = [p for name, p in PROFILES.items() if name not in {"mixed", "storm"}]
    assert {kind for profile in special for kind in profile.kinds} == set(KINDS)


def test_midnight_includes_a_years_end_a_leap_day_and_the_day_before_the_cap_is_raised() -> None:
    days = {(start.month, start.day) for start in PROFILES["midnight"].starts}
    assert {(12, 31), (2, 28), (9, 9)} <= days
    assert all(start.hour == 23 for start in PROFILES["midnight"].starts)
