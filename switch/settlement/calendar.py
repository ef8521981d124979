"""China's working days (switch/settlement): public holidays, make-up days, and corrections.

A quarter's report is due 6 working days after its end (notice 四(四)4). The make-up days of a
year are known once the State Council has announced them; before that a date is provisional.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import holidays
import msgspec

DUE_DAYS: Final = 6
"""Working days after the end of a quarter (四(四)4)."""
_QUARTER: Final = re.compile(r"(\d{4})[Qq]([1-4])")
_YEARS: Final = range(2000, 2101)
_WEEKEND: Final = 5


class Quarter(msgspec.Struct, frozen=True, order=True):
    """A quarter of a year."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Quarter:
        """Return the quarter that a text like `2014Q3` names; ValueError for any other."""
        found = _QUARTER.fullmatch(text)
        if found is None or int(found[1]) not in _YEARS:
            raise ValueError(f"{text!r} should be a quarter like 2014Q3")
        return cls(int(found[1]), int(found[2]))

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next.first - timedelta(days=1)

    @property
    def next(self) -> Quarter:
        """The quarter after it."""
        is_last = self.number == 4  # noqa: PLR2004 - a year has four
        return Quarter(self.year + is_last, 1 if is_last else self.number + 1)

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"


class Calendar:
    """Tells working days; `corrections` say of a day whether it is one, over all else."""

    def __init__(self, corrections: Mapping[date, bool] | None = None) -> None:
        """Take the corrections of a file."""
        self._corrections = dict(corrections or {})
        self._china = holidays.country_holidays("CN")

    def is_working(self, day: date) -> bool:
        """Tell whether people work on a day."""
        corrected = self._corrections.get(day)
        return bool(self._china.is_working_day(day)) if corrected is None else corrected

    def is_known(self, year: int) -> bool:
        """Tell whether the make-up days of a year are known: announced, or in the corrections."""
        if any(day.year == year for day in self._corrections):
            return True
        first, days = date(year, 1, 1), 366
        return any(
            self._china.is_working_day(day)
            for day in (first + timedelta(days=n) for n in range(days))
            if day.weekday() >= _WEEKEND and day.year == year
        )

    def due(self, quarter: Quarter, working_days: int = DUE_DAYS) -> date:
        """Return the last day for a quarter's report."""
        day = quarter.last
        while working_days:
            day += timedelta(days=1)
            working_days -= self.is_working(day)
        return day


def number_of(day: date) -> int:
    """Return a day as the ledger writes it, YYYYMMDD."""
    return day.year * 10_000 + day.month * 100 + day.day
