"""Counters per card and day: each with years of its own in the ledger, and limits as data."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.reasons import Reason
from switch.core.configuration import Cap
from switch.core.operations import CapCheck
from switch.core.rules import Decline, Rule
from switch.core.transfers.counters import (
    COUNTERS,
    MOST_ACQUIRERS,
    check_of,
    counted_day,
    told_day,
    told_place,
    withdrawal_day,
    withdrawal_days,
)
from tests.switch.core.stage import configuration

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31)).map(
    lambda day: day.year * 10_000 + day.month * 100 + day.day
)
LIMITED = configuration(
    caps=(Cap(20110101, 100_000, "177"), Cap(20140910, 200_000, "235", "remittance"))
)


@given(DAYS, st.sampled_from(COUNTERS), DAYS, st.sampled_from(COUNTERS))
def test_no_two_days_of_counters_are_one_and_each_is_told_again(
    day: int, counter: str, other_day: int, other: str
) -> None:
    counted = counted_day(day, counter)
    assert told_day(counted) == (day, counter)
    assert len(str(counted)) == 8
    assert (counted == counted_day(other_day, other)) is ((day, counter) == (other_day, other))


def test_withdrawals_have_the_days_of_the_calendar() -> None:
    assert counted_day(20140618, "withdrawal") == 20140618


@pytest.mark.parametrize("counter", ["", "transfer"])
def test_a_counter_without_any_limit_counts_nothing(counter: str) -> None:
    assert check_of(counter, 20140910, LIMITED) is None


def test_a_limit_holds_from_its_day_on_and_before_it_nothing_is_open() -> None:
    assert check_of("remittance", 20140910, LIMITED) == CapCheck(60140910, 200_000)
    refused = check_of("remittance", 20140909, LIMITED)
    assert isinstance(refused, Decline)
    assert (refused.reason, refused.rule) == (Reason.SERVICE_NOT_OPEN, Rule.COUNTER_ROOM)


@given(DAYS, st.integers(0, MOST_ACQUIRERS))
def test_each_acquirer_has_days_of_its_own(day: int, place: int) -> None:
    acquirers = tuple(f"{number}" for number in range(MOST_ACQUIRERS))
    each = configuration(cap_per_acquirer=acquirers)
    asked = acquirers[place - 1] if place else "nobody"
    counted = withdrawal_day(day, asked, each)
    assert counted == withdrawal_days(day, MOST_ACQUIRERS)[place]
    assert (told_place(counted), told_day(counted)) == (place, (day, "withdrawal"))
    assert counted < counted_day(20000101, "transfer")
    assert withdrawal_day(day, asked, configuration()) == day


@given(DAYS, st.sampled_from(COUNTERS))
def test_a_count_of_all_is_nobody_s(day: int, counter: str) -> None:
    assert told_place(counted_day(day, counter)) == 0
