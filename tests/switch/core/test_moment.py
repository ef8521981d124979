"""Moments: Shanghai is UTC+8 in every form of an instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from switch.core.moment import Local, local


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
