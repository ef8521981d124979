"""Recorded days moved to others (simulators/replay): all by as many days, so that a week stays one.

Messages carry days without a year; the year is that of the recording.
"""

from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Final

_US: Final = 1_000_000
_YEARS: Final = (-1, 0, 1)
_CENTURY: Final = 2000


class Dates:
    """Moves days: the first of the recording becomes `target`, the next the day after."""

    def __init__(self, first_us: int, zone: timezone, target: date) -> None:
        """Take the time of the first recorded frame; ValueError where there is no such day."""
        try:
            self._first = datetime.fromtimestamp(first_us // _US, zone).date()
        except (OverflowError, OSError, ValueError):
            raise ValueError("the recording begins outside all calendars") from None
        self._shift = target - self._first

    def month_and_day(self, text: str) -> str:
        """Return MMDD moved; what is no day stays as it is."""
        days = [day for add in _YEARS if (day := _day(self._first.year + add, text)) is not None]
        if not days:
            return text
        recorded = min(days, key=lambda day: abs(day - self._first))
        return f"{self._moved(recorded):%m%d}"

    def with_year(self, text: str) -> str:
        """Return YYMMDD moved; what is no day stays as it is."""
        if len(text) != len("YYMMDD") or not text.isdecimal():
            return text
        recorded = _day(_CENTURY + int(text[:2]), text[2:])
        return text if recorded is None else f"{self._moved(recorded):%y%m%d}"

    def _moved(self, day: date) -> date:
        try:
            return day + self._shift
        except OverflowError:
            return day


def target_of(text: str, today: date) -> date | None:
    """Return the day that a rule names: `today`, or YYYY-MM-DD; None for `keep`.

    ValueError where it is neither.
    """
    if text == "keep":
        return None
    try:
        return today if text == "today" else date.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text[:20]!r}: should be keep, today, or a day like 2026-03-01"
        ) from None


def _day(year: int, text: str) -> date | None:
    if len(text) != len("MMDD") or not text.isdecimal():
        return None
    try:
        return date(year, int(text[:2]), int(text[2:]))
    except ValueError:
        return None
