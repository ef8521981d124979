"""Recorded days move together, over the ends of years too."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.replay.again.dates import Dates, target_of
from simulators.replay.capture.logs import SHANGHAI
from tests.simulators.replay.days import START_US

_FIRST = date(2014, 6, 18)


@given(
    st.integers(-150, 150),
    st.dates(date(2000, 6, 1), date(2090, 6, 1)),
)
def test_every_day_near_the_first_moves_by_as_much(ahead: int, target: date) -> None:
    dates = Dates(START_US, SHANGHAI, target)
    recorded, wanted = _FIRST + timedelta(ahead), target + timedelta(ahead)
    assert dates.month_and_day(f"{recorded:%m%d}") == f"{wanted:%m%d}"
    assert dates.with_year(f"{recorded:%y%m%d}") == f"{wanted:%y%m%d}"


@given(st.text(max_size=8))
def test_what_is_no_day_stays(text: str) -> None:
    dates = Dates(START_US, SHANGHAI, date(2026, 3, 1))
    for move in (dates.month_and_day, dates.with_year):
        moved = move(text)
        assert moved == text or (len(moved) == len(text) and moved.isdecimal())
    assert dates.month_and_day("1399") == "1399"
    assert dates.with_year("991332") == "991332"


def test_the_end_of_a_year_is_no_end() -> None:
    dates = Dates(START_US, SHANGHAI, date(2025, 12, 31))
    assert [dates.month_and_day(day) for day in ("0618", "0619")] == ["1231", "0101"]


def test_rules_name_days() -> None:
    today = date(2026, 11, 25)
    assert target_of("keep", today) is None
    assert target_of("today", today) == today
    assert target_of("2026-03-01", today) == date(2026, 3, 1)
    with pytest.raises(ValueError, match="should be keep"):
        target_of("tomorrow", today)
    with pytest.raises(ValueError, match="outside all calendars"):
        Dates(1 << 62, SHANGHAI, today)
