"""Moments: Shanghai is UTC+8 in every form of an instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.core.moment import Local, day_near, is_date, local


@given(st.integers(0, 4_102_444_800_000))
def test_local_is_the_second_in_shanghai(utc_ms: int) -> None:
    at = datetime.fromtimestamp(utc_ms // 1000, UTC).astimezone(timezone(timedelta(hours=8)))
    assert local(utc_ms) == Local(
        int(f"{at:%Y%m%d}"), f"{at:%H%M%S}", f"{at:%m%d}", f"{at:%m%d%H%M%S}"
    )


def test_the_day_changes_at_midnight_in_shanghai() -> None:
    midnight = 1_403_107_200_000
    assert local(midnight - 1).day == 20140618
    assert local(midnight).day == 20140619
    assert local(midnight).transmission == "0619000000"


@pytest.mark.parametrize(
    ("day", "date", "meant"),
    [
        (20140618, "0619", 20140619),
        (20140618, "0617", 20140617),
        (20141231, "0101", 20150101),
        (20150101, "1231", 20141231),
        (20140630, "1231", 20141231),
    ],
)
def test_a_date_without_its_year_is_the_nearest(day: int, date: str, meant: int) -> None:
    assert day_near(day, date) == meant


@pytest.mark.parametrize("text", ["", "0", "0100", "0132", "1301", "0001", "ab12", "061"])
def test_what_is_no_date_is_told(text: str) -> None:
    assert not is_date(text)
    assert is_date("1231")
