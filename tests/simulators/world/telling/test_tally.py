"""The sums over many worlds, and what was too rare for them to prove anything."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from simulators.world.telling.stakes import BUSINESS, OVER_NIGHT, STAKES
from simulators.world.telling.tally import JUDGED_FROM, STAKES_FROM, Tally
from simulators.world.trial import Verdict, Violation
from simulators.world.weather.profiles import PROFILES


def _verdict(fired: dict[str, int] | None = None, stakes: dict[str, int] | None = None) -> Verdict:
    return Verdict(
        seed=0, violations=[], lasted_s=1_800.0, requests=10, fired=fired or {}, stakes=stakes or {}
    )


def _many(
    profile: str = "mixed",
    *,
    fired: dict[str, int] | None = None,
    stakes: dict[str, int] | None = None,
    on_disk: bool = False,
) -> Tally:
    tally = Tally(profile=profile, is_on_disk=on_disk)
    for _ in range(STAKES_FROM):
        tally.add(_verdict(fired, stakes))
    return tally


_EVERY_KIND = dict.fromkeys(PROFILES["mixed"].kinds, 1)
_EVERY_STAKE = dict.fromkeys(STAKES, 1)


def test_worlds_are_added_up() -> None:
    tally = Tally()
    tally.add(_verdict(fired={"crash": 2}))
    broken = Verdict(seed=1, violations=[Violation("cap", "too much"), Violation("cap", "again")])
    tally.add(broken)
    assert (tally.worlds, tally.broken, tally.hours) == (2, 1, 0.5)
    assert ("crash", "2", "the switch dies between two effects") in tally.faults()
    assert tally.promises()[0][:2] == ("cap", "1")
    assert tally.sentence.endswith("1 broke a promise")


def test_a_run_with_everything_at_stake_has_no_complaint() -> None:
    assert not _many(fired=_EVERY_KIND, stakes=_EVERY_STAKE).complaints()


def test_a_fault_that_never_fired_is_complained_of() -> None:
    fired = {**_EVERY_KIND, "freeze": 0}
    assert _many(fired=fired, stakes=_EVERY_STAKE).complaints() == ["the fault freeze never fired"]


def test_a_stake_that_is_rare_is_complained_of() -> None:
    stakes = {**_EVERY_STAKE, "cap exceeded": 0}
    [complaint] = _many(fired=_EVERY_KIND, stakes=stakes).complaints()
    assert complaint == "at stake too seldom: cap exceeded, 0 times, 100 wanted"


def test_a_profile_is_judged_by_its_own_kinds_and_a_short_run_not_at_all() -> None:
    assert not _many("calm", fired=dict.fromkeys(PROFILES["calm"].kinds, 1)).complaints()
    assert not Tally().complaints()
    some = Tally()
    for _ in range(JUDGED_FROM):
        some.add(_verdict(_EVERY_KIND))
    assert not some.complaints()


def test_each_ledger_is_judged_by_the_faults_that_it_can_have() -> None:
    on_disk = dict.fromkeys([k for k in _EVERY_KIND if k != "two_switches"], 1)
    assert not _many("storm", on_disk=True, fired=on_disk).complaints()


def test_pairs_that_no_world_met_are_left_over() -> None:
    tally = Tally()
    before = len(tally.never_met())
    tally.add(Verdict(seed=0, violations=[], engine_pairs=[("FORWARDED", "TimePassed")]))
    assert len(tally.never_met()) == before - 1


@pytest.mark.parametrize(("profile", "own"), [("days", OVER_NIGHT), ("services", BUSINESS)])
def test_what_one_profile_is_about_is_wanted_of_it_alone(
    profile: str, own: tuple[str, ...]
) -> None:
    kinds = dict.fromkeys(PROFILES[profile].kinds, 1)
    stakes = {**_EVERY_STAKE, **dict.fromkeys(own, 0)}
    assert own
    assert set(own) <= set(STAKES)
    assert not _many(fired=_EVERY_KIND, stakes=stakes).complaints()
    complaints = _many(profile, fired=kinds, stakes=stakes).complaints()
    assert len(complaints) == len(own)
    assert not _many(profile, fired=kinds, stakes=dict.fromkeys(own, 1)).complaints()


def test_one_target_runs_every_profile_that_wants_stakes_and_enough_worlds_of_each() -> None:
    makefile = (Path(__file__).parents[4] / "Makefile").read_text(encoding="utf-8")
    target = makefile.partition("\nsimulate-stakes:")[2].partition("\n\n")[0]
    [named] = re.findall(r"for profile in ([a-z ]+);", target)
    assert f"--seeds $(or $(SEEDS),{STAKES_FROM})" in target
    wanting = {
        profile
        for profile, kinds in ((name, each.kinds) for name, each in PROFILES.items())
        if _many(profile, fired=dict.fromkeys(kinds, 1)).complaints()
    }
    assert set(named.split()) == wanting
