"""Time as an argument: read once per event by the shell, never by the core.

Deadlines in memory count elapsed nanoseconds; whatever is stored counts UTC milliseconds. The
business calendar is Asia/Shanghai, which is UTC+8 all year.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import msgspec

SHANGHAI = timedelta(hours=8)
"""Asia/Shanghai has had no daylight saving since 1991."""
_SHANGHAI_MS = 8 * 3_600_000
_DAY_MS = 24 * 3_600_000
_HALF_YEAR = 6
_MONTHS = frozenset(f"{month:02d}" for month in range(1, 13))


class Moment(msgspec.Struct, frozen=True, gc=False):
    """One instant on two clocks: monotonic `elapsed_ns`, and `utc_ms` since 1970."""

    elapsed_ns: int
    utc_ms: int


class Local(msgspec.Struct, frozen=True, gc=False):
    """A second in Shanghai, in the forms that messages and rules use."""

    day: int
    """YYYYMMDD as a number: the cap day."""
    time: str
    """hhmmss (DE 12)."""
    date: str
    """MMDD (DE 13)."""
    transmission: str
    """MMDDhhmmss (DE 7)."""


def day_near(day: int, month_and_day: str) -> int:
    """Return the day (YYYYMMDD) that MMDD means beside `day`: at most half a year away."""
    year, month = day // 10_000, day // 100 % 100
    turn = int(month_and_day[:2]) - month
    return (year + (turn < -_HALF_YEAR) - (turn > _HALF_YEAR)) * 10_000 + int(month_and_day)


def clearing_day(at: Local, cut_over: str) -> int:
    """Return the clearing day (YYYYMMDD) of a second: after the cut-over (hhmmss) the next one.

    Without a cut-over it is the day itself.
    """
    return next_day(at.day) if cut_over and at.time >= cut_over else at.day


def ms_until(time: str, utc_ms: int) -> int:
    """Return the milliseconds from a moment to the next hhmmss in Shanghai; empty: midnight."""
    second = (int(time[:2]) * 60 + int(time[2:4])) * 60 + int(time[4:]) if time else 0
    return (second * 1_000 - utc_ms - _SHANGHAI_MS) % _DAY_MS or _DAY_MS


@lru_cache(maxsize=8)
def next_day(day: int) -> int:
    """Return the day (YYYYMMDD) after a day."""
    after = date(day // 10_000, day // 100 % 100, day % 100) + timedelta(days=1)
    return int(after.strftime("%Y%m%d"))


def is_date(text: str) -> bool:
    """Tell whether a text may be MMDD."""
    return (
        len(text) == len("MMDD")
        and text.isdecimal()
        and text[:2] in _MONTHS
        and "01" <= text[2:] <= "31"
    )


def local(utc_ms: int) -> Local:
    """Return the local second that `utc_ms` falls in."""
    return _local(utc_ms // 1000)


@lru_cache(maxsize=64)
def _local(second: int) -> Local:
    """Thousands of transactions share a second, so the last ones are kept."""
    days, rest = divmod(second + _SHANGHAI_MS // 1000, _DAY_MS // 1000)
    day, date = _named(days)
    minutes, seconds = divmod(rest, 60)
    time = f"{minutes // 60:02d}{minutes % 60:02d}{seconds:02d}"
    return Local(day, time, date, date + time)


@lru_cache(maxsize=8)
def _named(days: int) -> tuple[int, str]:
    """Return a day of so many since 1970 as YYYYMMDD, and as MMDD."""
    on = date(1970, 1, 1) + timedelta(days)
    return on.year * 10_000 + on.month * 100 + on.day, f"{on.month:02d}{on.day:02d}"
