"""Terms of cases (switch/settlement): how long who may ask, and how long the other may answer.

Days are those of Shanghai, YYYYMMDD, and the last one counts to its end. An installation says how
many there are, and whether only working days count (`[cases]` of `banks.toml`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

import msgspec

INQUIRY_DAYS, ANSWER_DAYS = 120, 20
"""An issuer asks within 120 days, an acquirer answers within 20."""
CROSSING_MINUTES: Final = 10
"""So near the end of its clearing day a transaction may be booked by its issuer a day later."""
LOOK_BACK_DAYS: Final = 31
"""A batch that is settled may have begun so many days before."""


class Terms(msgspec.Struct, frozen=True):
    """How long each side has; `is_working` tells working days where only those count."""

    inquiry_days: int = INQUIRY_DAYS
    answer_days: int = ANSWER_DAYS
    crossing_minutes: int = CROSSING_MINUTES
    look_back_days: int = LOOK_BACK_DAYS
    is_working: Callable[[date], bool] | None = None

    def inquiry(self, day: int) -> int:
        """Return the last day to ask about what was cleared on a day, or claimed on it."""
        return self._last(day, self.inquiry_days)

    def answer(self, day: int) -> int:
        """Return the last day to answer what was found or said on a day."""
        return self._last(day, self.answer_days)

    def _last(self, day: int, days: int) -> int:
        if self.is_working is None:
            return after(day, days)
        while days:
            day = after(day, 1)
            days -= self.is_working(dated(day))
        return day


TERMS: Final = Terms()
"""Those of an installation that says nothing else."""


def dated(day: int) -> date:
    """Return the day that YYYYMMDD is."""
    return date(day // 10_000, day // 100 % 100, day % 100)


def after(day: int, days: int) -> int:
    """Return the day so many days later."""
    return int((dated(day) + timedelta(days=days)).strftime("%Y%m%d"))
