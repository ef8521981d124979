"""Deadlines: the last day counts, in calendar days or in working ones."""

from __future__ import annotations

from datetime import date

import pytest

from switch.settlement.calendar import Calendar
from switch.settlement.differences.terms import TERMS, Terms, after, dated


def test_days_are_those_of_the_calendar_over_months_and_years() -> None:
    assert dated(20140630) == date(2014, 6, 30)
    assert after(20141230, 3) == 20150102
    assert after(20140301, -1) == 20140228


def test_an_acquirer_has_twenty_days_and_an_issuer_a_hundred_and_twenty() -> None:
    assert (TERMS.answer(20140618), TERMS.inquiry(20140618)) == (20140708, 20141016)


@pytest.mark.parametrize(
    ("day", "days", "last"),
    [
        # 2014-09-28 was a Sunday on which people worked; 1 to 7 October they did not, nor on 8
        # September (mid-autumn).
        (20140926, 1, 20140928),
        (20140930, 1, 20141008),
        (20140905, 1, 20140909),
        (20140618, 20, 20140716),
    ],
)
def test_only_working_days_count_where_that_is_said(day: int, days: int, last: int) -> None:
    terms = Terms(answer_days=days, is_working=Calendar().is_working)
    assert terms.answer(day) == last


def test_a_corrected_calendar_moves_the_deadline() -> None:
    terms = Terms(answer_days=1, is_working=Calendar({date(2014, 6, 19): False}).is_working)
    assert terms.answer(20140618) == 20140620
