"""Faults drawn from a seed: the same for one seed, each kind off at times, all ended at once."""

from __future__ import annotations

import pytest

from simulators.world.weather.faults import Faults, draw, stream
from simulators.world.weather.kinds import KINDS
from simulators.world.weather.profiles import PROFILES

_SEEDS = range(400)
_MIXED = PROFILES["mixed"]


def test_a_seed_decides() -> None:
    assert draw(7, _MIXED).likelihood == draw(7, _MIXED).likelihood
    assert draw(7, _MIXED).likelihood != draw(8, _MIXED).likelihood
    assert draw(7, _MIXED).longest_ms == draw(7, _MIXED).longest_ms


def test_streams_of_one_seed_are_apart() -> None:
    first, second = stream(1, "network"), stream(1, "crash")
    assert [first.random() for _ in range(4)] != [second.random() for _ in range(4)]
    assert stream(1, "network").random() == stream(1, "network").random()


def test_every_kind_is_off_in_some_worlds_and_on_in_others() -> None:
    drawn = [draw(seed, _MIXED).likelihood for seed in _SEEDS]
    for name in KINDS:
        is_on = sum(faults[name] > 0 for faults in drawn)
        assert len(_SEEDS) / 4 < is_on < len(_SEEDS) * 3 / 4, name


def test_some_worlds_are_at_peace() -> None:
    assert any(not any(draw(seed, _MIXED).likelihood.values()) for seed in _SEEDS)


@pytest.mark.parametrize("name", PROFILES)
def test_only_kinds_that_a_profile_names_are_drawn(name: str) -> None:
    profile = PROFILES[name]
    seen = {
        kind
        for seed in range(100)
        for kind, likelihood in draw(seed, profile).likelihood.items()
        if likelihood
    }
    assert seen == set(profile.kinds)


def test_what_is_left_out_leaves_the_draws_of_the_others() -> None:
    whole, less = draw(3, _MIXED), draw(3, _MIXED, ("crash", "delay"))
    assert less.likelihood["crash"] == less.likelihood["delay"] == 0
    rest = set(KINDS) - {"crash", "delay"}
    assert all(whole.likelihood[name] == less.likelihood[name] for name in rest)


def test_faults_that_are_over_do_not_happen_and_draw_all_the_same() -> None:
    on, off = stream(3, "x"), stream(3, "x")
    faults, ended = Faults(crash=1.0), Faults(crash=1.0)
    ended.is_on = False
    assert faults.happens(on, "crash")
    assert not ended.happens(off, "crash")
    assert on.random() == off.random()


def test_what_happens_is_counted_by_kind() -> None:
    faults, chance = Faults(crash=1.0), stream(0, "x")
    for _ in range(3):
        faults.happens(chance, "crash")
        faults.happens(chance, "delay")
    assert faults.fired == {"crash": 3}


def test_what_comes_by_the_minute_comes_as_often_as_it_should() -> None:
    faults, chance = Faults(cut_link=2.0), stream(0, "x")
    waits = [faults.comes_in_ns(chance, "cut_link", 5) for _ in range(1_000)]
    assert 5.5 < sum(waits) / len(waits) / 1e9 < 6.5
    faults.is_on = False
    assert faults.comes_in_ns(chance, "cut_link") == 0
    assert Faults().comes_in_ns(chance, "cut_link") == 0


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(KeyError):
        Faults(earthquake=1.0)


def test_a_time_is_drawn_up_to_its_longest() -> None:
    faults, chance = Faults(delay_ms=5), stream(0, "x")
    drawn = {faults.lasts_ns(chance, "delay_ms") for _ in range(100)}
    assert drawn == {ms * 1_000_000 for ms in range(1, 6)}
