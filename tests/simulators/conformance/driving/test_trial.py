"""Our own terminal keeps every requirement, in any order of the cases, on virtual time."""

from __future__ import annotations

import pytest

from simulators.conformance.driving.trial import Trial, own_setup, plan, run

SEEDS = 50


@pytest.mark.parametrize("seed", range(SEEDS))
def test_no_false_alarm_on_the_healthy_terminal(seed: int) -> None:
    ran = run(Trial(seed=seed, shuffles=bool(seed)))
    assert ran.is_whole
    assert not ran.host.tally.failures
    (station,) = ran.host.stations.values()
    assert {p.state for p in station.progress.values()} == {"done"}
    if not seed:
        open_ones = {n for n, v in ran.host.tally.verdicts().items() if v == "open"}
        assert not open_ones


def test_the_same_seed_is_the_same_run() -> None:
    one, other = (run(Trial(seed=7, shuffles=True)) for _ in range(2))
    assert [n.frame for n in one.notes] == [n.frame for n in other.notes]
    assert [n.at for n in one.notes] == [n.at for n in other.notes]


def test_a_case_brings_those_that_it_needs_before_it() -> None:
    suite = own_setup().suite
    names = [case.id for case in plan(suite, Trial(cases=("sale-void",)))]
    assert names == ["sign-on", "sale", "sale-void"]


@pytest.mark.parametrize("seed", range(4))
def test_no_false_alarm_on_the_healthy_composite_terminal(seed: int) -> None:
    ran = run(Trial(seed=seed, shuffles=bool(seed), is_composite=True))
    assert ran.is_whole
    assert not ran.host.tally.failures
    (station,) = ran.host.stations.values()
    assert {p.state for p in station.progress.values()} == {"done"}
    if not seed:
        assert {n for n, v in ran.host.tally.verdicts().items() if v == "open"} == set()
