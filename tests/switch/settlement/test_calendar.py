"""Working days in China: holidays, make-up days, and a file that knows better."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.settlement.calendar import Calendar, Quarter, number_of


@pytest.mark.parametrize(
    ("quarter", "due"),
    [
        ("2014Q2", date(2014, 7, 8)),
        # 1 to 7 October off, Saturday 11 October worked.
        ("2014Q3", date(2014, 10, 14)),
        # 1 to 3 January off, Sunday 4 January worked.
        ("2014Q4", date(2015, 1, 9)),
        # Monday 6 April off for Qingming.
        ("2015Q1", date(2015, 4, 9)),
    ],
)
def test_a_report_is_due_six_working_days_after_its_quarter(quarter: str, due: date) -> None:
    assert Calendar().due(Quarter.parse(quarter)) == due


def test_a_correction_counts_over_the_calendar() -> None:
    quarter = Quarter.parse("2014Q3")
    assert Calendar({date(2014, 10, 11): False}).due(quarter) == date(2014, 10, 15)
    assert Calendar({date(2014, 10, 1): True}).due(quarter) == date(2014, 10, 13)


def test_a_year_whose_make_up_days_nobody_announced_is_not_known() -> None:
    assert Calendar().is_known(2014)
    assert not Calendar().is_known(2098)
    assert Calendar({date(2098, 1, 4): True}).is_known(2098)


@given(st.integers(2001, 2100), st.integers(1, 4))
def test_quarters_follow_each_other_without_a_gap(year: int, number: int) -> None:
    quarter = Quarter(year, number)
    assert Quarter.parse(str(quarter)) == quarter
    assert quarter.next > quarter
    assert (quarter.next.first - quarter.last).days == 1
    assert 90 <= (quarter.last - quarter.first).days + 1 <= 92
    assert number_of(quarter.first) == year * 10_000 + (3 * number - 2) * 100 + 1


@pytest.mark.parametrize("text", ["0000Q1", "9999Q4", "2014", "2014Q5", "14Q1", "2014-Q1", ""])
def test_what_is_no_quarter_is_told(text: str) -> None:
    with pytest.raises(ValueError, match="a quarter like 2014Q3"):
        Quarter.parse(text)
