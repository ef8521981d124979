"""Faults drawn from a seed: the same for one seed, each kind off at times, all ended at once."""

from __future__ import annotations

from msgspec.structs import asdict

from simulators.world.faults import Faults, draw, stream

_SEEDS = range(400)


def test_a_seed_decides() -> None:
    assert asdict(draw(7)) == asdict(draw(7))
    assert asdict(draw(7)) != asdict(draw(8))


def test_streams_of_one_seed_are_apart() -> None:
    first, second = stream(1, "network"), stream(1, "crash")
    assert [first.random() for _ in range(4)] != [second.random() for _ in range(4)]
    assert stream(1, "network").random() == stream(1, "network").random()


def test_every_kind_is_off_in_some_worlds_and_on_in_others() -> None:
    drawn = [asdict(draw(seed)) for seed in _SEEDS]
    for name in drawn[0]:
        if name != "is_on" and not name.endswith("_ms"):
            is_on = sum(faults[name] > 0 for faults in drawn)
            assert len(_SEEDS) / 4 < is_on < len(_SEEDS) * 3 / 4, name


def test_some_worlds_are_at_peace() -> None:
    peaceful = sum(asdict(draw(seed)).get("cut_link") == 0 == draw(seed).crash for seed in _SEEDS)
    assert peaceful


def test_faults_that_are_over_do_not_happen_and_draw_all_the_same() -> None:
    on, off = stream(3, "x"), stream(3, "x")
    faults, ended = Faults(crash=1.0), Faults(crash=1.0, is_on=False)
    assert faults.happens(on, faults.crash)
    assert not ended.happens(off, ended.crash)
    assert on.random() == off.random()


def test_a_likelihood_of_nothing_never_happens() -> None:
    faults, chance = Faults(), stream(0, "x")
    assert not any(faults.happens(chance, faults.crash) for _ in range(100))
