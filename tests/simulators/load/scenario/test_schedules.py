"""Arrivals: as many as the rate says, where it says, whoever shares them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.load.scenario.draws import stream
from simulators.load.scenario.model import Arrivals
from simulators.load.scenario.schedules import (
    Piece,
    ScheduleError,
    is_random,
    moments,
    pieces,
    rate_at,
    total,
)

_RATES = st.floats(0, 500)
_PIECES = st.lists(st.builds(Piece, st.floats(0.1, 20), _RATES, _RATES), min_size=1, max_size=6)


@settings(max_examples=25)
@given(_PIECES)
def test_even_arrivals_are_as_many_as_the_area_and_ascend(parts: list[Piece]) -> None:
    found = list(moments(parts, chance=None))
    assert abs(len(found) - total(parts)) <= 1
    assert all(one <= other for one, other in pairwise(found))
    assert all(0 <= moment <= sum(part.seconds for part in parts) * 1e9 + 1 for moment in found)


@settings(max_examples=25)
@given(_PIECES, st.integers(2, 5))
def test_shares_together_are_the_whole_schedule(parts: list[Piece], of: int) -> None:
    whole = list(moments(parts, chance=None))
    shared = sorted(m for k in range(of) for m in moments(parts, chance=None, share=(k, of)))
    assert len(shared) == len(whole)
    assert all(abs(one - other) <= 1 for one, other in zip(shared, whole, strict=True))


def test_strangers_come_at_the_rate_and_their_gaps_vary_as_poisson_has_it() -> None:
    parts = pieces(Arrivals(schedule="poisson", rate=1_000), 60)
    found = list(moments(parts, chance=stream(7, "test")))
    assert abs(len(found) - 60_000) < 4 * 60_000**0.5
    gaps = [other - one for one, other in pairwise(found)]
    mean = sum(gaps) / len(gaps)
    variance = sum((gap - mean) ** 2 for gap in gaps) / len(gaps)
    assert variance == pytest.approx(mean**2, rel=0.05)


def test_each_second_of_a_ramp_has_its_own_rate() -> None:
    parts = pieces(Arrivals(schedule="ramp", rate=0, to_rate=100), 10)
    found = list(moments(parts, chance=None))
    by_second = [sum(n * 1e9 <= m < (n + 1) * 1e9 for m in found) for n in range(10)]
    assert by_second == [5, 15, 25, 35, 45, 55, 65, 75, 85, 95]


def test_schedules_are_what_they_are_called() -> None:
    steps = pieces(Arrivals(schedule="steps", steps=((4, 10), (6, 20))), 10)
    assert [rate_at(steps, second) for second in (0, 3.9, 4, 9.9, 10)] == [10, 10, 20, 20, 0]
    spike = pieces(Arrivals(schedule="spike", rate=5, to_rate=50, at_s=2, for_s=1), 10)
    assert [rate_at(spike, second) for second in (1, 2.5, 4)] == [5, 50, 5]
    hours = (0.0,) * 8 + (2.0,) * 8 + (1.0,) * 8
    day = pieces(Arrivals(schedule="day", rate=10, hours=hours), 24)
    assert total(day) == pytest.approx(240)
    assert rate_at(day, 1) == 0
    assert rate_at(day, 9) == pytest.approx(2 * rate_at(day, 20))
    assert not is_random(Arrivals(schedule="constant", rate=1))
    assert not is_random(Arrivals(schedule="ramp", random=False))


@pytest.mark.parametrize(
    ("arrivals", "named"),
    [
        (Arrivals(schedule="poisson"), "arrivals.rate"),
        (Arrivals(schedule="ramp", rate=1), "arrivals.to_rate"),
        (Arrivals(schedule="steps", steps=((3, 1),)), "arrivals.steps"),
        (Arrivals(schedule="steps", steps=((0, 1),)), "arrivals.steps"),
        (Arrivals(schedule="spike", rate=1, to_rate=2, at_s=9, for_s=2), "arrivals.at_s"),
        (Arrivals(schedule="day", rate=1, hours=(1.0,) * 23), "arrivals.hours"),
    ],
)
def test_a_schedule_that_cannot_be_followed_names_its_key(arrivals: Arrivals, named: str) -> None:
    with pytest.raises(ScheduleError, match=named):
        pieces(arrivals, 10)
